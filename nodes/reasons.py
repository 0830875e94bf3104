"""Why a rate is what it is: one plain sentence."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from .half_hours import clock_time, turns_after
from .ladder import RANK, Rung, counts

if TYPE_CHECKING:
    from .verdict import Latch, Outlook

TOUCHES, TOUCHED = "a dispatch touches this half hour", "a dispatch touched this half hour"


def why(
    known: Outlook, latch: Latch | None, now: datetime, band: str, window: bool, rung: Rung | None, car_cheap: bool
) -> str:
    if window:
        told = _window(known, now)
        return told if car_cheap else f"{told}; the car's allowance is used up"
    if band == "cheap":
        return f"{TOUCHES if known.here else TOUCHED} and {_trusted(latch, rung)}"
    if band == "unsure" and not known.fresh:
        age = f"{known.cfg.plan_max_age.total_seconds() / 60:g} min"
        return f"the plan is older than {age}" if known.plans else "no plan has come yet"
    if band == "unsure":
        return "no price is known for this half hour"
    return _standard(known, latch, now, rung)


def _window(known: Outlook, now: datetime) -> str:
    window, zone = known.cfg.window, known.cfg.timezone
    close = next(turns_after(window, zone, now.timestamp()), None) if window else None
    return "inside the fixed window" if close is None else f"inside the fixed window until {clock_time(zone, close)}"


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
    if kinds:
        return f"{TOUCHES}, but {'it is a test' if 'test' in kinds else 'the car is not at home'}"
    return "outside the fixed window, and no dispatch touches this half hour"
