"""The record of every half hour that a dispatch touched: offered, trusted, priced, and what Octopus lists hours later.

Octopus keeps no history of what it offered; only this proves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from . import replace
from .half_hours import begins, half_hour
from .kraken_completed import Completed
from .ladder import RANK, Rung, earned, touched, touched_within
from .messages import Dispatch, Plan, Rate

KEPT = timedelta(days=4)
MOST = 400  # half hours; plans may be absurd
AHEAD = timedelta(hours=48)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One half hour that a dispatch has touched. Prices in p/kWh; None is not known, or not yet."""

    start: datetime
    end: datetime
    device: str = ""
    kind: Literal["smart", "boost", "test", "unknown"] = "smart"
    offered: datetime | None = None  # first seen in a plan
    withdrawn: datetime | None = None  # before it began, no plan held it any more
    rung: Rung | None = None  # the highest that was reached
    rung_at: datetime | None = None
    earned: bool = False  # a dispatch that had begun made it cheap, and so it stays
    band: Literal["cheap", "standard", "unsure"] | None = None  # what it was taken for: as last decided
    barred: bool = False  # no dispatch could have made it cheap, so that what Octopus lists says nothing against it
    window: bool | None = None  # inside the fixed window it is cheap in any case
    house: float | None = None
    car: float | None = None
    why: str = ""
    completed: float | None = None  # kWh that Octopus lists for it; part of a longer dispatch by time
    listed: bool | None = None  # whether Octopus lists a smart charge in it; None until its list reaches so far
    agrees: bool | None = None  # whether that is what it was taken for; None where nobody can tell

    def apart(self) -> Slot:
        """Where it does not agree: so that whoever reads its `why` knows what to look for on the bill."""
        listed = f"Octopus lists {'a' if self.listed else 'no'} smart charge in it"
        return replace(self, why=f"{self.start:%d %B %H:%M} UTC was taken for {self.band}, and {listed}: {self.why}")


@dataclass(frozen=True, kw_only=True)
class Record:
    at: datetime
    allowance_left: float | None  # hours until the next local noon
    slots: tuple[Slot, ...]  # of some days, oldest first
    agreeing: int = 0  # of those that Octopus's list has reached
    differing: int = 0


@dataclass(frozen=True)
class State:
    slots: Mapping[str, Slot] = field(default_factory=dict)  # by the half hour's number, and the device
    left: float | None = None

    def told(self, now: datetime) -> Record:
        slots = tuple(sorted(self.slots.values(), key=lambda s: s.start))
        known = [s.agrees for s in slots if s.agrees is not None]
        return Record(
            at=now, allowance_left=self.left, slots=slots, agreeing=sum(known), differing=len(known) - sum(known)
        )


def offered(state: State, plan: Plan, now: datetime) -> State:
    """Write down what a plan offers, and what it no longer does. A half hour that has begun is never withdrawn."""
    device = plan.device or ""
    here = _halves(plan.dispatches, now)
    slots = {k: s for k, s in state.slots.items() if now - s.end < KEPT}
    for half, dispatch in here.items():
        new = slots.get(_key(half, device)) or _slot(half, device)
        offered = new.offered or plan.at
        slots[_key(half, device)] = replace(new, kind=dispatch.kind, withdrawn=None, offered=offered)
    for key, slot in slots.items():
        gone = slot.device == device and half_hour(slot.start) not in here
        if gone and slot.start > now and slot.withdrawn is None:
            slots[key] = replace(slot, withdrawn=plan.at)
    newest = sorted(slots, key=lambda k: slots[k].start)[-MOST:]
    return replace(state, slots={k: slots[k] for k in newest})


def decided(state: State, rate: Rate) -> State:
    """What a half hour was taken for: the last word, unless a dispatch made it cheap; and the highest rung of all."""
    half = half_hour(rate.at)
    here = {k: _decided(s, rate) for k, s in state.slots.items() if k.startswith(f"{half} ")}
    if not here and state.left == rate.allowance_left:
        return state
    changed = any(state.slots[k] != s for k, s in here.items())
    return State({**state.slots, **here} if changed else state.slots, rate.allowance_left)


def _decided(slot: Slot, rate: Rate) -> Slot:
    rung, rung_at = slot.rung, slot.rung_at
    if rate.rung is not None and (rung is None or RANK[rate.rung] > RANK[rung]):
        rung, rung_at = rate.rung, rate.rung_at
    if slot.earned and rate.band != "cheap":
        return replace(slot, rung=rung, rung_at=rung_at)
    return replace(
        slot,
        rung=rung,
        rung_at=rung_at,
        earned=slot.earned or earned(rate),
        band=rate.band,
        barred=rate.barred,
        window=rate.window,
        house=rate.house,
        car=rate.car,
        why=rate.why,
    )


def listed(state: State, told: Completed, now: datetime) -> tuple[State, list[Slot]]:
    """Hold Octopus's list against what was decided; what is settled by it now."""
    if told.until is None:
        return state, []
    slots, settled = dict(state.slots), list[Slot]()
    known = {half_hour(s.start) for s in slots.values()}
    for dispatch in told.dispatches:  # those that no plan had told of are part of the record too
        new = set(touched_within(dispatch, half_hour(now - KEPT) + 1, half_hour(now))) - known
        slots.update({_key(h, ""): replace(_slot(h, ""), kind=dispatch.kind) for h in new})
    for key, slot in slots.items():
        if slot.end > told.until or slot.listed is not None:
            continue
        here = [d for d in told.dispatches if half_hour(slot.start) in touched(d)]
        smart = [d for d in here if d.kind == "smart"]
        decisive = slot.window is False and slot.band != "unsure" and not slot.barred
        tellable = decisive and not any(d.start in told.unsure for d in smart)
        agrees = (slot.band == "cheap") == bool(smart) if tellable else None
        slots[key] = replace(slot, completed=_energy(slot, here), listed=bool(smart), agrees=agrees)
        settled.append(slots[key])
    return replace(state, slots=slots), sorted(settled, key=lambda s: (s.start, s.device))


def _key(half: int, device: str) -> str:
    return f"{half} {device}"


def _slot(half: int, device: str) -> Slot:
    return Slot(start=begins(half), end=begins(half + 1), device=device)


def _halves(dispatches: Iterable[Dispatch], now: datetime) -> dict[int, Dispatch]:
    first, end = half_hour(now - KEPT) + 1, half_hour(now + AHEAD) + 1
    return {h: d for d in dispatches for h in touched_within(d, first, end)}


def _energy(slot: Slot, here: list[Dispatch]) -> float | None:
    known = [(d, abs(d.kwh)) for d in here if d.kwh is not None and d.end > d.start]
    if not known or len(known) < len(here):
        return None
    return sum(kwh * ((min(d.end, slot.end) - max(d.start, slot.start)) / (d.end - d.start)) for d, kwh in known)
