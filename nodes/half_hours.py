"""Half hours, counted from the epoch as settlement counts them, and the local wall clock that lies over them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo

HALF_HOUR = 1800
DAY = 86400
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


def half_hour(at: datetime) -> int:
    return int(at.timestamp() // HALF_HOUR)


def begins(half: int) -> datetime:
    return instant(half * HALF_HOUR)


@lru_cache(maxsize=256)
def instant(t: int) -> datetime:
    return datetime.fromtimestamp(t, UTC)


def zone(name: str) -> ZoneInfo:
    """A time zone by its name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"timezone: there is no {name!r}; write it like Europe/London") from None


@dataclass(frozen=True, kw_only=True)
class Window:
    """The hours of every night that are cheap by contract: local wall clock, half-open, across midnight if it must."""

    from_: time = time(23, 30)
    until: time = time(5, 30)
    days: tuple[Weekday, ...] = ()  # on which it opens; none named: every day
    clock: Literal["local", "utc"] = "local"  # utc: the hours of a meter that knows no summer time

    def __post_init__(self) -> None:
        if self.from_ == self.until and not self.days:
            raise ValueError("from and until are the same; write `window: false` if there is none")

    def holds(self, at: datetime) -> bool:
        """Whether it is open at a moment of its clock."""
        clock = at.time()
        if self.from_ < self.until:
            return self.from_ <= clock < self.until and self._opens(at.weekday())
        if clock >= self.from_:
            return self._opens(at.weekday())
        return clock < self.until and self._opens(at.weekday() - 1)

    def _opens(self, weekday: int) -> bool:
        return not self.days or WEEKDAYS[weekday] in self.days


def inside(window: Window, zone_name: str, t: float) -> bool:
    before, turns = _turns(window, zone_name, int(t // DAY))
    return before ^ bool(bisect_right(turns, t) & 1)


def turns_after(window: Window, zone_name: str, t: float) -> Iterator[int]:
    """When the window opens or closes next, and after that, within three days; or a week where it has days."""
    for day in range(int(t // DAY), int(t // DAY) + (8 if window.days else 3)):
        yield from (turn for turn in _turns(window, zone_name, day)[1] if turn > t)


def turned(window: Window, zone_name: str, t: float) -> int | None:
    """When the window opened or closed last."""
    for day in range(int(t // DAY), int(t // DAY) - (8 if window.days else 3), -1):
        for turn in reversed(_turns(window, zone_name, day)[1]):
            if turn <= t:
                return turn
    return None


@lru_cache(maxsize=256)
def _turns(window: Window, zone_name: str, day: int) -> tuple[bool, tuple[int, ...]]:
    """Whether a UTC day begins inside the window, and the instants in it at which that turns."""
    first, tz = day * DAY, ZoneInfo("UTC" if window.clock == "utc" else zone_name)

    def holds(t: int) -> bool:
        return window.holds(datetime.fromtimestamp(t, tz))

    marks = {
        _epoch(at, tz, day + n, fold) for at in (window.from_, window.until) for n in (-1, 0, 1) for fold in (0, 1)
    }
    marks |= set(_clock_change(tz, first))
    turns = sorted(t for t in marks if first <= t < first + DAY and holds(t) != holds(t - 1))
    return holds(first - 1), tuple(turns)


def _clock_change(tz: ZoneInfo, first: int) -> Iterator[int]:
    """The instant in a UTC day at which the clocks are changed, if they are."""

    def offset(t: int) -> timedelta | None:
        return datetime.fromtimestamp(t, tz).utcoffset()

    low, high = first - 1, first + DAY - 1
    if offset(low) != offset(high):
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
        yield high


def local_day(starts: time, zone_name: str, t: float) -> tuple[int, int]:
    """The day around an instant, from one local time of day to the next: 23, 24 or 25 hours."""
    marks = _marks(starts, zone_name, int(t // DAY))
    i = bisect_right(marks, t)
    return marks[i - 1], marks[i]


@lru_cache(maxsize=64)
def _marks(at: time, zone_name: str, day: int) -> tuple[int, ...]:
    tz = ZoneInfo(zone_name)
    return tuple(sorted({_epoch(at, tz, day + n) for n in range(-2, 4)}))


def _epoch(at: time, tz: ZoneInfo, day: int, fold: int = 0) -> int:
    date = datetime.fromtimestamp(day * DAY, UTC).date()
    return int(datetime.combine(date, at.replace(tzinfo=tz, fold=fold)).timestamp())


@lru_cache(maxsize=64)
def clock_time(zone_name: str, t: int) -> str:
    return f"{datetime.fromtimestamp(t, ZoneInfo(zone_name)):%H:%M}"
