"""What rateResolver remembers: a plan of each device, the ledger, and the half hour that is confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import replace, volatile
from .allowance import Ledger
from .half_hours import half_hour
from .ladder import Named, continued, named, readings, recognised
from .messages import Car, House, Plan, Prices
from .outlook import Latch, Outlook
from .tariff import Tariff

if TYPE_CHECKING:
    from .rate_resolver import Config

FORGOTTEN = timedelta(days=2)
"""A device that was registered anew leaves its old plan behind."""

AHEAD = timedelta(hours=1)
"""What was told later than so long from now was told by a clock that was wrong."""


@dataclass(frozen=True)
class State:
    plans: Mapping[str, Plan] = field(default_factory=dict)  # the last of each device
    ledger: Ledger = field(default_factory=Ledger)
    latch: Latch | None = None
    named: Mapping[str, tuple[Named, ...]] = field(default_factory=dict)  # boosts and tests of each device's plans
    outlook: object = volatile(lambda: None)  # can be worked out again


def planned(state: State, plan: Plan, now: datetime) -> State:
    """A plan takes the place of the device's earlier one, whose half hours are written down."""
    device = plan.device or ""
    old = state.plans.get(device)
    if old is not None and plan.at < old.at <= now + AHEAD:
        return state
    ledger = state.ledger.gone_by(device, old, now) if old else state.ledger
    young = {d: p for d, p in state.plans.items() if now - p.at < FORGOTTEN}
    known = named(state.named.get(device, ()), plan)
    kinds = {d: n for d, n in {**state.named, device: known}.items() if n and (d in young or d == device)}
    new = continued(old, recognised(plan, known))
    return replace(state, plans={**young, device: new}, ledger=ledger, named=kinds)


def look(
    cfg: Config, state: State, now: datetime, prices: Prices | None, car: Car | None, house: House | None
) -> tuple[State, Outlook]:
    """What is seen at this moment, and whether it confirms the half hour."""
    half, known = half_hour(now), (car, house, state.latch)
    outlook = _outlook(cfg, state, state.ledger, half, prices, now)
    if outlook is state.outlook and all(a is b for a, b in zip(outlook.settled, known, strict=False)):
        return state, outlook
    seen = list(readings(car, house, state.plans))
    ledger = state.ledger.seen(seen, state.plans, now)
    if ledger is not state.ledger:
        outlook = _outlook(cfg, state, ledger, half, prices, now)
    # A late tick ends nothing; what is later still was confirmed by a clock that was ahead.
    held = state.latch if state.latch is not None and half <= state.latch.half <= half + 1 else None
    latch = _joined(held, outlook.confirmed(seen))
    if latch is not None and latch is not held:
        ledger = ledger.with_used(latch.devices, [half], now)
        outlook = _outlook(cfg, replace(state, outlook=outlook), ledger, half, prices, now)
    if state.ledger is ledger and state.latch is latch and state.outlook is outlook:
        outlook.settled = known
        return state, outlook
    return replace(state, ledger=ledger, latch=latch, outlook=outlook), outlook


def _outlook(cfg: Config, state: State, ledger: Ledger, half: int, prices: Prices | None, now: datetime) -> Outlook:
    fresh = tuple(device for device, plan in state.plans.items() if abs(now - plan.at) < cfg.plan_max_age)
    old = state.outlook if isinstance(state.outlook, Outlook) and state.outlook.cfg is cfg else None
    tariff = old.tariff if old and old.tariff.prices is prices else Tariff(cfg.rules, prices)
    if old and old.holds(tariff, ledger, state.plans, fresh, half):
        return old
    return Outlook(cfg, tariff, ledger, state.plans, fresh, half)


def _joined(held: Latch | None, latch: Latch | None) -> Latch | None:
    """A half hour was confirmed when it first was, for every device that had a part in it."""
    if held is None or latch is None or held.half != latch.half:
        return held or latch
    devices = tuple(dict.fromkeys((*held.devices, *latch.devices)))
    earning = tuple(dict.fromkeys((*held.earning, *latch.earning)))
    return (
        held if (devices, earning) == (held.devices, held.earning) else replace(held, devices=devices, earning=earning)
    )
