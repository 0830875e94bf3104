"""Why a rate is what it is: one plain sentence."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .half_hours import clock_time
from .ladder import RANK, Rung, counts

if TYPE_CHECKING:
    from .outlook import Latch, Outlook

TOUCHES, TOUCHED = "a dispatch touches this half hour", "a dispatch touched this half hour"


def why(known: Outlook, latch: Latch | None, now: datetime, band: str, rung: Rung | None, car_cheap: bool) -> str:
    tier = known.tariff.tier(now.timestamp())
    if tier == "cheap":
        told = _own_hours(known, now)
        return told if car_cheap else f"{told}; the car's allowance is used up"
    if band == "cheap":
        return f"{TOUCHES if known.here else TOUCHED} and {_trusted(latch, rung)}"
    if band == "unsure" and not known.fresh and known.rules.dispatch == "house":
        age = f"{known.cfg.plan_max_age.total_seconds() / 60:g} min"
        return f"the plan is older than {age}" if known.plans else "no plan has come yet"
    if band == "unsure":
        return "no price is known for this half hour"
    if known.rules.dispatch == "house":
        return _standard(known, latch, now, rung)
    if car_cheap:
        touch = TOUCHES if known.here else TOUCHED
        return f"{_own_hours(known, now)}; the car's is cheap: {touch} and {_trusted(latch, rung)}"
    return _own_hours(known, now)


def _own_hours(known: Outlook, now: datetime) -> str:
    """What the tariff's own hours say, whatever is planned."""
    t, tariff = now.timestamp(), known.tariff
    tier, window, close = tariff.tier(t), tariff.window(t), tariff.closes(t)
    if window is not None and window.band == tier:
        told = "inside the fixed window" if tier == "cheap" else f"inside the {tier} hours"
        return told if close is None else f"{told} until {clock_time(known.rules.timezone, close)}"
    if tier == "cheap":
        return "one of the cheap half hours of the price list"
    if known.rules.cheapest:
        return "not one of the cheap half hours of the price list"
    return "outside the cheap hours" if known.rules.windows else "the tariff has no cheap hours"


def _trusted(latch: Latch | None, rung: Rung | None) -> str:
    if latch is not None:
        return latch.why
    return "Octopus says it has started" if rung == "started" else "what is offered is trusted"


def _standard(known: Outlook, latch: Latch | None, now: datetime, rung: Rung | None) -> str:
    t, trust = now.timestamp(), known.cfg.trust
    if not known.here and latch is None:
        return _untouched(known)
    if trust == "window":
        return f"{TOUCHES}, but only the fixed window is trusted"
    if latch is None and not any(counts(o.dispatch, now) for o in known.here):
        return f"{TOUCHES}, but it is of a kind that counts only when the car is seen charging"
    if rung is not None and RANK[rung] < RANK[trust]:
        return f"{TOUCHES} and {'has started' if rung == 'started' else 'is offered'}, but is not yet {trust}"
    devices = [o.device for o in known.here] or (latch.devices if latch else ())
    if all(known.budget.beyond(device, t) for device in devices):
        return f"{TOUCHES}, but the allowance of the day is used up"
    return f"{TOUCHES}, but its allowance ran out before the new day began"


def _untouched(known: Outlook) -> str:
    kinds = {o.dispatch.kind for o in known.touching}
    if "boost" in kinds:
        return "a boost touches this half hour, and a boost is never cheap"
    if any(o.suspended for o in known.touching):
        return f"{TOUCHES}, but smart control is suspended"
    if kinds:
        return f"{TOUCHES}, but {'it is a test' if 'test' in kinds else 'the car is not at home'}"
    return "outside the fixed window, and no dispatch touches this half hour"
