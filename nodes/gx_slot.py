"""A lease as a schedule slot: in the GX's own wall clock, marked as ours, over by itself.

The GX adds Duration to Start on the wall clock, without regard to the clocks going forward or back. In autumn one hour
comes twice, and a slot that covers any time of its first pass runs again in the second: none can be written then that
ends by itself. So a lease ends where that hour begins, and none is taken until its first pass is over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zlib import crc32
from zoneinfo import ZoneInfo

from .gx_topics import FIELDS, Value, slot_path
from .messages import Lease

OFF = -7  # a disabled slot, on old and new firmware
DAY = timedelta(days=1)
AGAIN = timedelta(hours=3)  # beyond any clock change
MINUTE = timedelta(minutes=1)
TWICE = "the clocks go back, and the GX would run the slot a second time"


def zone(name: Value) -> tzinfo | None:
    """The GX's zone: unset is `/UTC`."""
    if not isinstance(name, str) or not name:
        return None
    try:
        return ZoneInfo(name.lstrip("/"))
    except (LookupError, ValueError, OSError):
        return None


def stored(seen: Mapping[str, Value], slot: int) -> dict[str, float]:
    """The slot as the GX tells it; a field it does not tell is missing."""
    values = ((f, seen.get(path)) for f, path in _paths(slot))
    return {f: float(v) for f, v in values if isinstance(v, (int, float))}


def on(seen: Mapping[str, Value], slot: int) -> bool:
    day = seen.get(slot_path(slot, "Day"))
    return isinstance(day, int | float) and day >= 0


@cache
def _paths(slot: int) -> tuple[tuple[str, str], ...]:
    return tuple((f, slot_path(slot, f)) for f in FIELDS)


def mark(installation: str, now: datetime) -> int:
    """1 to 59: the odd seconds of our Durations. The GX's own display writes whole minutes."""
    return 1 + (crc32(installation.encode()) if installation else int(now.timestamp() * 1000)) % 59


def ours(values: Mapping[str, float], mark: int) -> bool:
    return values.get("Duration", 0) % 60 == mark


def odd(values: Mapping[str, float]) -> bool:
    """Written by a program such as ours, of this or another installation."""
    return values.get("Duration", 0) % 60 != 0


def covers(values: Mapping[str, float], wall: datetime) -> bool:
    """Whether the GX counts this naive wall-clock time as inside the slot, as its schedule.py does."""
    day, start, long = int(values.get("Day", OFF)), values.get("Start", 0), values.get("Duration", 0)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(int((start + long) // 86400) + 1):
        begin = midnight - back * DAY + timedelta(seconds=start)
        if _runs_on(day, begin) and begin <= wall < begin + timedelta(seconds=long):
            return True
    return False


def _runs_on(day: int, date: datetime) -> bool:
    sunday_first = date.isoweekday() % 7
    if 0 <= day <= 6:
        return day == sunday_first
    if day == 11:
        return date.day == 1
    return day == 7 or (day == 8 and 1 <= sunday_first <= 5) or (day == 9 and sunday_first in (0, 6))


def plan(
    lease: Lease,
    now: datetime,
    where: tzinfo,
    held: Mapping[str, float],
    most: float = 100,
    *,
    mark: int,
    last: float | None = None,
) -> dict[str, float] | str:
    """The slot's five values, or why there can be none. A slot that runs already keeps its start.

    `last` is the Soc of the lease before, which the GX remembers beyond its end.
    """
    end, begin = wall(lease.until, where), wall(now, where)
    running = ours(held, mark) and covers(held, begin) and held["Duration"] < 82_800
    if running:
        first = begin.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(seconds=held["Start"])
        first -= DAY if first > begin else timedelta()
        first += timedelta(seconds=((end - first).total_seconds() - mark) % 60)  # so that it ends on the dot
        first -= MINUTE if first > begin else timedelta()
    else:
        minutes = -(-((end - begin).total_seconds() - mark) // 60)
        first = end - timedelta(seconds=60 * minutes + mark)  # it began up to a minute ago and ends on the dot
    day, start = float(first.isoweekday() % 7), float(first.hour * 3600 + first.minute * 60 + first.second)
    values = {"Day": day, "Start": start, "Duration": (end - first).total_seconds(), "AllowDischarge": 0.0}
    values["Soc"] = 0.0 if lease.mode == "hold" else _target(lease, held.get("Soc"), last, running, most)
    if not covers(values, begin):
        return "the clocks change inside the lease, and the GX would not start its slot"
    if _returns(values, lease.until, where):
        return TWICE
    return values


def twice(now: datetime, where: tzinfo) -> bool:
    """Whether the wall clock will show this time once more."""
    local = now.astimezone(where)
    return local.fold == 0 and local.utcoffset() != local.replace(fold=1).utcoffset()


def before_twice(now: datetime, until: datetime, where: tzinfo) -> datetime:
    """The end that a lease can have: no later than where the hour that comes twice begins."""
    if now.astimezone(where).utcoffset() == (until + AGAIN).astimezone(where).utcoffset():
        return until
    first = now.replace(second=0, microsecond=0) + MINUTE
    minutes = (first + n * MINUTE for n in range(int((until - now) / MINUTE) + 1))
    return min((at for at in minutes if twice(at, where)), default=until) if not twice(now, where) else until


def wall(instant: datetime, where: tzinfo) -> datetime:
    return instant.astimezone(where).replace(tzinfo=None, microsecond=0)


def _target(lease: Lease, held: float | None, last: float | None, running: bool, most: float) -> float:
    target = float(int(100 if lease.soc is None else lease.soc))
    return held if running and held and abs(held - target) <= 2 else another(target, (held, last), most)


def another(target: float, stored: Collection[float | None], most: float) -> float:
    """Within 5 points of its target the GX charges only if Soc just changed: so write one that it does not know."""
    choice = (target + by for by in (0, 1, -1, 2, -2) if 0 < target + by <= most)
    return next((soc for soc in choice if soc not in stored), target)


def _returns(values: Mapping[str, float], until: datetime, where: tzinfo) -> bool:
    until = until.astimezone(UTC)
    if until.astimezone(where).utcoffset() == (until + AGAIN).astimezone(where).utcoffset():
        return False
    minutes = range(int(AGAIN.total_seconds()) // 60)
    return any(covers(values, wall(until + timedelta(minutes=m), where)) for m in minutes)
