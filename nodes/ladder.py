"""How far a dispatch can be trusted: offered, started, confirmed; and what counts at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from . import replace
from .half_hours import HALF_HOUR
from .messages import Car, Dispatch, House, Plan, Rate

Rung = Literal["window", "offered", "started", "confirmed"]
RANK: Mapping[Rung, int] = {"offered": 1, "started": 2, "confirmed": 3, "window": 4}
"""The window is certain: whoever trusts nothing less trusts no dispatch."""

IN_PROGRESS, BOOSTING = "SMART_CONTROL_IN_PROGRESS", "BOOSTING"
DRAWING = 500.0  # W; less is a charger's own use
REMEMBERED = timedelta(days=2)
"""The record of a dispatch comes half a day late, and may be changed after that."""


@dataclass(frozen=True)
class Reading:
    """Somebody saw the car charge at home, or saw it not do so."""

    at: datetime
    charging: bool
    why: str
    device: str = ""  # the only one that it tells of


def away(car: Car) -> bool:
    """Whether what it draws is not this house's: no home has a fast charger, unless the car says that it is there."""
    return car.home is False or (car.home is None and car.fast is True)


def readings(car: Car | None, house: House | None, plans: Mapping[str, Plan]) -> Iterator[Reading]:
    if car is not None and car.seen is not None and car.charging is not None and not (car.charging and away(car)):
        yield Reading(car.seen, car.charging, "the car is seen charging")
    if house is not None and house.ev is not None:
        yield Reading(house.at, house.ev > DRAWING, "the house sees the car draw power")
    for device, plan in plans.items():
        if plan.power is not None:
            read_at = min(plan.power_at or plan.at, plan.at)
            yield Reading(read_at, plan.power > DRAWING, "Octopus sees the car draw power", device)


def may_count(d: Dispatch) -> bool:
    """Boosts and tests never make power cheap, and a place that is not home does only in the record of what was."""
    return d.kind in ("smart", "unknown") and (d.location != "away" or d.status == "completed")


def counts(d: Dispatch, now: datetime) -> bool:
    """Whether an unconfirmed dispatch counts: a smart one does, unless it has begun and moves nothing."""
    return d.kind == "smart" and (d.kwh != 0 or d.start > now)


def moved_energy(d: Dispatch) -> bool:
    """Whether a dispatch is the record of a charge: that confirms the half hours it covered."""
    return d.status == "completed" and d.kwh != 0


def started(plan: Plan, d: Dispatch, at: datetime) -> bool:
    """Octopus's state also covers what is merely scheduled, so it must have been read inside the dispatch."""
    return plan.state == IN_PROGRESS and d.start <= plan.at < d.end and d.start <= at < d.end


def earned(rate: Rate) -> bool:
    """Whether a dispatch that has begun makes a half hour cheap: it is billed so, even if it ends within it."""
    return rate.band == "cheap" and rate.rung in ("started", "confirmed")


def touched(d: Dispatch) -> range:
    """The half hours that a dispatch overlaps, by however little."""
    start, end = d.start.timestamp(), d.end.timestamp()
    return range(int(start // HALF_HOUR), -int(-end // HALF_HOUR)) if start < end else range(0)


def touched_within(d: Dispatch, first: int, end: int) -> range:
    """Of these, the ones that matter: a wrong date must not fill the memory."""
    halves = touched(d)
    return range(max(halves.start, first), min(halves.stop, end))


def continued(old: Plan | None, new: Plan) -> Plan:
    """A running dispatch may be reported anew as from now; it keeps the start it was known by."""
    known, told = ({d.start for d in plan.dispatches} if plan else set() for plan in (old, new))
    gone = [d for d in old.dispatches if d.status == "planned" and d.start not in told] if old else []
    if not gone:
        return new

    def start(d: Dispatch) -> datetime:
        if d.status == "completed" or d.start > new.at or d.start in known:
            return d.start
        return min((o.start for o in gone if o.kind == d.kind and o.start < d.start < o.end), default=d.start)

    return replace(new, dispatches=tuple(replace(d, start=start(d)) for d in new.dispatches))


@dataclass(frozen=True)
class Named:
    """What the plan called a dispatch, as the record of it bears no such word."""

    start: datetime
    kind: Literal["boost", "test"]


def named(known: tuple[Named, ...], plan: Plan) -> tuple[Named, ...]:
    """The boosts and tests that a device's plans have told of."""
    told = {n.start: n for n in known if plan.at - n.start < REMEMBERED}
    for d in plan.dispatches:
        if d.status == "planned":
            told.pop(d.start, None)
        if d.status == "planned" and (d.kind == "boost" or d.kind == "test"):
            told[d.start] = Named(d.start, d.kind)
    return tuple(sorted(told.values(), key=lambda n: n.start))


def recognised(plan: Plan, known: tuple[Named, ...]) -> Plan:
    """A record that says smart for want of a word is what the plan called it."""
    kinds = {n.start: n.kind for n in known}
    if not any(d.status == "completed" and d.start in kinds for d in plan.dispatches):
        return plan

    def told(d: Dispatch) -> Dispatch:
        recorded = d.status == "completed" and d.kind == "smart" and d.start in kinds
        return replace(d, kind=kinds[d.start]) if recorded else d

    return replace(plan, dispatches=tuple(map(told, plan.dispatches)))
