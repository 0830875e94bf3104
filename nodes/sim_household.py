"""A simulated household: when its car comes and goes, what Octopus plans for it, what it takes; by a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from .messages import Dispatch
from .sim_chances import Chances
from .sim_plans import Slot, plans

CAPACITY, LIMIT, POWER = 75.0, 80.0, 7100.0  # kWh of the car; %, at which it stops by itself; W
CHAIN = 28  # days, after which the car is 60 % full whatever was before
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DRIVE = 25 * MINUTE  # before it comes and after it leaves


@dataclass(frozen=True)
class Draw:
    """The car draws; under a smart dispatch, in a boost, or on its own."""

    start: datetime
    end: datetime
    kind: Literal["smart", "boost", "own"]


@dataclass(frozen=True)
class Stay:
    """The car is at home, with its cable in."""

    start: datetime
    end: datetime
    soc: float  # % as it comes
    slots: tuple[Slot, ...]
    draws: tuple[Draw, ...]

    def soc_at(self, now: datetime) -> float:
        hours = sum((min(d.end, now) - d.start) / timedelta(hours=1) for d in self.draws if d.start < now)
        return min(LIMIT, self.soc + hours * POWER / 1000 / CAPACITY * 100)


@dataclass(frozen=True)
class Life:
    """What goes on at one moment."""

    plugged: bool
    driving: bool
    smart: bool  # a smart dispatch is on, whether the car takes it or not
    drawn: Draw | None
    soc: float | None


def life(seed: int, zone: str, now: datetime) -> Life:
    here = next((s for s in around(seed, zone, now) if s.start <= now < s.end), None)
    drives = any(s.start - DRIVE <= now < s.start or s.end <= now < s.end + DRIVE for s in around(seed, zone, now))
    if here is None:
        return Life(False, drives, False, None, None)
    smart = any(s.runs(now) and s.kind == "smart" for s in here.slots)
    drawn = next((d for d in here.draws if d.start <= now < d.end), None)
    return Life(True, False, smart, drawn, here.soc_at(now))


def planned(seed: int, zone: str, now: datetime, ahead: timedelta) -> tuple[Dispatch, ...]:
    """What Octopus says at this moment that it will do."""
    here = next((s for s in around(seed, zone, now) if s.start <= now < s.end), None)
    told = [s for s in here.slots if s.known(now) and s.end > now and s.start <= now + ahead] if here else []
    return tuple(Dispatch(start=s.start, end=s.end, kind=s.kind) for s in sorted(told, key=lambda s: s.start))


def done(seed: int, zone: str, since: datetime, until: datetime) -> list[Draw]:
    """What was charged under smart dispatches, as Octopus lists it afterwards."""
    stays = {s.start: s for at in (since, until) for s in around(seed, zone, at)}
    return [d for s in stays.values() for d in s.draws if d.kind == "smart" and since <= d.start and d.end <= until]


def next_change(seed: int, zone: str, now: datetime) -> datetime:
    """When anything of this is different next."""
    return next(at for n in (0, 1, 2, 3) for at in _turns(seed, zone, _day(zone, now + n * DAY)) if at > now)


def around(seed: int, zone: str, now: datetime) -> tuple[Stay, ...]:
    return _near(seed, zone, _day(zone, now))


def _day(zone: str, now: datetime) -> int:
    return now.astimezone(ZoneInfo(zone)).toordinal()


@lru_cache(maxsize=256)
def _near(seed: int, zone: str, day: int) -> tuple[Stay, ...]:
    return tuple(s for n in (-1, 0, 1) for evening in (False, True) if (s := stay(seed, zone, day + n, evening)))


@lru_cache(maxsize=256)
def _turns(seed: int, zone: str, day: int) -> tuple[datetime, ...]:
    found = set[datetime]()
    for s in _near(seed, zone, day):
        found |= {s.start - DRIVE, s.start, s.end, s.end + DRIVE}
        found |= {t for d in s.draws for t in (d.start, d.end)}
        found |= {t for slot in s.slots if slot.begins < slot.ends for t in (slot.begins, slot.ends)}
    return tuple(sorted(found)) or (_local(zone, day + 1, 12 * 60),)


@lru_cache(maxsize=1024)
def stay(seed: int, zone: str, day: int, evening: bool) -> Stay | None:
    """The stay of a day's noon, or of its evening and night; none where the car is elsewhere."""
    rolls = Chances(seed, day, "night" if evening else "noon")
    if not rolls.happens(0.85 if evening else 0.2):
        return None
    if evening:
        free = date.fromordinal(day + 1).weekday() >= 5
        start = _local(zone, day, rolls.between(16.5 * 60, 20.5 * 60))
        end = _local(zone, day + 1, rolls.between(9 * 60, 11 * 60) if free else rolls.between(400, 510))
    else:
        start, end = (_local(zone, day, rolls.between(*m)) for m in ((11.6 * 60, 12.7 * 60), (13.5 * 60, 15.5 * 60)))
    used = rolls.between(12, 40) if evening else rolls.between(3, 10)
    left = _left(seed, zone, day, evening)
    soc = max(5.0, left - (70 if evening and rolls.happens(0.15) else used))
    wanted = (LIMIT - soc) / 100 * CAPACITY / (POWER / 1000)
    night = (_local(zone, day, 23.5 * 60), _local(zone, day + 1, 5.5 * 60)) if evening else None
    slots = plans(rolls, start, end, wanted, night)
    return Stay(start, end, soc, slots, tuple(_draws(rolls, slots, start, end, wanted)))


def _left(seed: int, zone: str, day: int, evening: bool) -> float:
    """% as the car left last."""
    while day % CHAIN:
        day, evening = (day, False) if evening else (day - 1, True)
        if before := stay(seed, zone, day, evening):
            return before.soc_at(before.end)
    return 60.0


def _draws(rolls: Chances, slots: tuple[Slot, ...], start: datetime, end: datetime, wanted: float) -> Iterator[Draw]:
    """What the car takes, until it is as full as it may be."""
    wishes = list[Draw]()
    if rolls.happens(0.4):  # it begins as the cable goes in, until Octopus stops it
        wishes.append(Draw(start, start + rolls.seconds(20, 150), "own"))
    for slot in slots:
        if not slot.taken or slot.ends <= slot.begins:
            continue
        wishes.append(Draw(slot.begins + rolls.seconds(2, 80), slot.ends, slot.kind))
        wishes.append(Draw(slot.ends, slot.ends + rolls.seconds(0, 20), "own"))  # no car stops at once
    wishes = sorted((w for w in wishes if w.end > w.start), key=lambda w: w.start)
    cut = [Draw(a.start, min(a.end, b.start), a.kind) for a, b in pairwise([*wishes, Draw(end, end, "own")])]
    left = timedelta(hours=wanted)
    for d in cut:
        until = min(d.end, end, d.start + left)
        if until > d.start:
            left -= until - d.start
            yield Draw(d.start, until, d.kind)


def _local(zone: str, day: int, minutes: float) -> datetime:
    at = datetime.combine(date.fromordinal(day), time(), ZoneInfo(zone)) + timedelta(minutes=minutes)
    return at.replace(microsecond=0).astimezone(UTC)
