"""What the simulated Octopus plans for a stay of the car, and how it changes its mind at the last minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from . import replace
from .sim_chances import Chances

HOUR = timedelta(hours=1)
NIGHT = 6 * HOUR
GAP = timedelta(minutes=5)


@dataclass(frozen=True)
class Slot:
    """A dispatch, and from when until when it is in the plan."""

    start: datetime
    end: datetime
    since: datetime
    until: datetime  # taken back then
    kind: Literal["smart", "boost"] = "smart"
    taken: bool = True  # the car charges in it

    @property
    def begins(self) -> datetime:
        return max(self.start, self.since)

    @property
    def ends(self) -> datetime:
        return min(self.end, self.until)

    def known(self, now: datetime) -> bool:
        return self.since <= now < self.until

    def runs(self, now: datetime) -> bool:
        return self.start <= now < self.end and self.known(now)


def plans(
    rolls: Chances, start: datetime, end: datetime, wanted: float, night: tuple[datetime, datetime] | None
) -> tuple[Slot, ...]:
    """`wanted` hours, in the night as far as it goes; and half hours outside it, as the grid has power to spare."""
    told = start + rolls.seconds(30, 240)
    found = list[Slot]()
    if night is not None:
        found += _night(rolls, told, end, wanted, night)
    for _ in range(int(rolls.between(1, 3.99)) if wanted > 6 or rolls.happens(0.6) else 0):
        early, late = (told, night[0]) if night else (told, end)
        if night and rolls.happens(0.35):
            early, late = night[1], end
        span = rolls.minutes(15, 80, 5)
        begins = _grid(early + (late - early) * rolls.next())
        found += _changed(rolls, Slot(begins, min(begins + span, end), told, end))
    if night is not None and rolls.happens(0.1):
        begins = told + rolls.minutes(5, 60)
        found.append(Slot(begins, begins + rolls.minutes(20, 60), begins - rolls.seconds(5, 60), end, "boost"))
    return tuple(_apart(found, told, end))


def _night(
    rolls: Chances, told: datetime, end: datetime, wanted: float, night: tuple[datetime, datetime]
) -> Iterator[Slot]:
    begin, over = night
    span = min(wanted * HOUR * rolls.between(0.9, 1.1), over - begin)
    first = _grid(begin + ((over - begin) - span) * rolls.next())
    if rolls.happens(0.3) and span > HOUR:  # in two parts
        half = _grid(first + span / 2)
        yield Slot(first, half, told, end)
        yield Slot(half + timedelta(minutes=30), min(half + timedelta(minutes=30) + span / 2, over), told, end)
    else:
        yield Slot(first, first + span, told, end, taken=rolls.happens(0.94))


def _changed(rolls: Chances, slot: Slot) -> list[Slot]:
    """As planned, or as it came."""
    shift = rolls.next()
    before = slot.start - rolls.seconds(5, 900)
    within = slot.start + (slot.end - slot.start) * rolls.between(0.2, 0.9)
    within = within.replace(microsecond=0)
    if shift < 0.12:
        return [replace(slot, until=before)]
    if shift < 0.22:
        return [replace(slot, until=within)]
    if shift < 0.34:
        later = rolls.minutes(20, 60, 5)
        return [
            replace(slot, until=before),
            replace(slot, start=slot.start + later, end=slot.end + later, since=before),
        ]
    if shift < 0.46:
        ends = slot.start + (slot.end - slot.start) * rolls.between(0.3, 0.95)
        return [replace(slot, until=within), replace(slot, end=max(within, _grid(ends)), since=within)]
    if shift < 0.58:
        return [replace(slot, since=slot.start - rolls.seconds(0, 240))]
    return [replace(slot, taken=rolls.happens(0.8))]


def _apart(slots: list[Slot], told: datetime, end: datetime) -> Iterator[Slot]:
    """No two at the same time, and none without end; a boost goes before all else."""
    kept = list[Slot]()
    for slot in sorted(slots, key=lambda s: s.kind != "boost"):
        slot = replace(slot, since=max(slot.since, told), end=min(slot.end, end))
        if (
            (slot.end - slot.start < GAP and slot.since < slot.start)
            or slot.end <= slot.start
            or slot.until <= slot.since
        ):
            continue
        other = (k for k in kept if min(k.until, slot.until) > max(k.since, slot.since))
        if not any(slot.start < k.end + GAP and k.start < slot.end + GAP for k in other):
            kept.append(slot)
    yield from sorted(kept, key=lambda s: s.start)


def _grid(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)
