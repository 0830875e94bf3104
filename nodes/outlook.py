"""What is known of one half hour, until it ends or news comes: the plans, the ladder and the allowance put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import TYPE_CHECKING

from .allowance import Budget, Ledger
from .half_hours import HALF_HOUR, begins, half_hour, instant
from .ladder import BOOSTING, RANK, Reading, counts, may_count, moved_energy, started, touched
from .messages import Dispatch, Next, Plan, Rate
from .tariff import Tariff

if TYPE_CHECKING:
    from .rate_resolver import Config

CONFIRMED = RANK["confirmed"]
RECORDED = "Octopus lists it as completed"
FAR = 200
"""Half hours; as far ahead as a plan is looked through."""


@dataclass(frozen=True)
class Latch:
    """A confirmed half hour stays so to its end, whatever becomes of the plan."""

    half: int
    at: datetime
    why: str
    devices: tuple[str, ...] = ()  # whose dispatch it was
    earning: tuple[str, ...] = ()  # of these, whose allowance had not run out


@dataclass(frozen=True)
class Offer:
    """A dispatch of a plan that is young enough to be believed."""

    device: str
    plan: Plan
    dispatch: Dispatch
    halves: range

    @property
    def suspended(self) -> bool:
        """Dispatches can linger in a plan that Octopus does not follow any more: what charges then is not theirs."""
        return self.plan.suspended is True and self.dispatch.status == "planned"


class Outlook:
    """All that stays the same while no half hour ends and no news comes."""

    def __init__(self, cfg: Config, tariff: Tariff, ledger: Ledger, plans: Mapping[str, Plan], fresh: tuple[str, ...],
                 half: int) -> None:  # fmt: skip
        self.cfg, self.tariff, self.ledger, self.plans, self.fresh, self.half = cfg, tariff, ledger, plans, fresh, half
        self.rules = tariff.rules
        self.budget = Budget(self.rules.allowance, self.rules.timezone, ledger, plans, begins(half))
        offers = [Offer(device, plans[device], d, touched(d)) for device in fresh for d in plans[device].dispatches]
        self.touching = [o for o in offers if half in o.halves]
        able = [o for o in offers if o.halves.stop > half and may_count(o.dispatch) and not o.suspended]
        self.able = able if self.rules.dispatch != "nothing" else []
        self.here = [o for o in self.able if half in o.halves]
        self.boosts = [o.dispatch for o in self.touching if o.dispatch.kind == "boost"]
        self._idle = [o.dispatch.start for o in self.able if o.dispatch.kwh == 0]
        self.settled: tuple[object, ...] = (self,)  # what was seen when there was nothing new in it
        self.told: dict[Latch | None, tuple[float, Rate]] = {}  # until when it stays what it is
        self._next: dict[tuple[float | None, Latch | None, int], Next | None] = {}

    def holds(
        self, tariff: Tariff, ledger: Ledger, plans: Mapping[str, Plan], fresh: tuple[str, ...], half: int
    ) -> bool:
        same = self.tariff is tariff and self.ledger is ledger and self.plans is plans
        return same and self.half == half and self.fresh == fresh

    def confirmed(self, readings: Iterable[Reading]) -> Latch | None:
        """What confirms this half hour: a charge seen in it, or the record of one."""
        if not self.here:
            return None
        proof = [r for r in readings if r.charging and half_hour(r.at) == self.half]
        proof += [Reading(o.plan.at, True, RECORDED, o.device) for o in self.here if moved_energy(o.dispatch)]
        of = [(r, o) for r in proof for o in self.here if r.device in ("", o.device) and not self._boosted(r, o)]
        if not of:
            return None
        offers = [o for _, o in of]
        going = [o for o in offers if not self.budget.ran_out(o.device, o.dispatch, self.half * HALF_HOUR)]
        return Latch(self.half, of[0][0].at, of[0][0].why, devices_of(offers), devices_of(going))

    def _boosted(self, r: Reading, o: Offer) -> bool:
        """Whether a boost is what the car was seen to charge by: Octopus says so, or the dispatch had not begun."""
        if o.plan.state == BOOSTING:
            return not moved_energy(o.dispatch)
        return o.dispatch.start > r.at and any(b.start <= r.at < b.end for b in self.boosts)

    def earns(self, at: datetime, now: datetime, latch: Latch | None) -> bool:
        """Whether a dispatch makes a moment cheap: it counts, is trusted so far, and allowance is left."""
        t, trust = at.timestamp(), RANK[self.cfg.trust]
        half = int(t // HALF_HOUR)
        held = latch if latch is not None and latch.half == half else None
        kept = held.earning if held and trust <= CONFIRMED else ()
        if any(not self.budget.beyond(device, t) for device in kept):
            return True
        sure = held.devices if held else ()
        return any(half in o.halves and self._earns(o, at, now, o.device in sure, trust) for o in self.able)

    def _earns(self, o: Offer, at: datetime, now: datetime, held: bool, trust: int) -> bool:
        d, t = o.dispatch, at.timestamp()
        rung = CONFIRMED if held else RANK["started" if started(o.plan, d, at) else "offered"]
        trusted = rung >= trust and (held or counts(d, now))
        return trusted and not self.budget.beyond(o.device, t) and not self.budget.ran_out(o.device, d, t)

    def barred(self, t: float) -> bool:
        """Whether no dispatch could make the house's power cheap now, whatever its proof."""
        if self.rules.dispatch != "house" or self.cfg.trust == "window":
            return True
        if not self.here:
            return all(self.budget.beyond(device, t) for device in tuple(self.plans) or ("",))
        return all(self.budget.beyond(o.device, t) or self.budget.ran_out(o.device, o.dispatch, t) for o in self.here)

    def next(self, now: datetime, house: float | None, latch: Latch | None) -> Next | None:
        """The first instant at which the house's price will differ, as far as it is known."""
        key = (house, latch, sum(start <= now for start in self._idle))  # what moves nothing ends as it begins
        if key not in self._next or ((known := self._next[key]) is not None and known.at <= now):
            self._next[key] = self._find(now, house, latch)
        return self._next[key]

    def _find(self, now: datetime, house: float | None, latch: Latch | None) -> Next | None:
        now_t = now.timestamp()
        for t in merge(self.tariff.changes_after(now_t), sorted(self._changes(now_t))):
            at = instant(t)
            price = self._price(at, now, latch)
            if price is not None and price != house:
                return Next(at=at, house=price)
        return None

    def _changes(self, t: float) -> set[int]:
        marks = {*self.tariff.turns_after(t), (self.half + 1) * HALF_HOUR}
        for o in self.able:
            halves = range(max(o.halves.start, self.half), min(o.halves.stop, self.half + FAR) + 1)
            marks.update(h * HALF_HOUR for h in halves)
            marks.add(int(o.dispatch.end.timestamp()))
        return {m for m in marks if m > t}

    def stays(self, t: float) -> float:
        """The first instant after this one at which anything may be otherwise, while no news comes."""
        ends = (e.timestamp() for o in self.touching for e in (o.dispatch.start, o.dispatch.end))
        return min((self.tariff.stays(t, (self.half + 1) * HALF_HOUR), *(e for e in ends if e > t)))

    def _price(self, at: datetime, now: datetime, latch: Latch | None) -> float | None:
        t = at.timestamp()
        tier = self.tariff.tier(t)
        bonus = tier != "cheap" and self.rules.dispatch == "house" and self.earns(at, now, latch)
        price = self.tariff.lowest(t) if bonus else None
        return self.tariff.plain(t, tier) if price is None else price


def devices_of(offers: Iterable[Offer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(o.device for o in offers))
