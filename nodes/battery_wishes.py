"""What to wish of the house battery, from what is known now. Not knowing is no reason to charge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from .messages import Car, House, Lease, Plan, Rate

if TYPE_CHECKING:
    from .victron_controller import Config

OWNER = "victronController"
NEXT_RATE = timedelta(seconds=60)
RAMP = timedelta(minutes=5)  # a car takes its time to begin


@dataclass(frozen=True)
class Seen:
    now: datetime
    rate: Rate | None
    house: House | None
    plan: Plan | None
    car: Car | None


@dataclass(frozen=True)
class State:
    sent: Lease | None = None
    full: bool = False  # the target was reached, and not more than the margin lost since
    stopped: datetime | None = None  # the car was first seen not to need the hold any more


def settle(cfg: Config, state: State, seen: Seen) -> tuple[State, Lease | None]:
    """The wish to say now, if it is worth saying."""
    now = seen.now
    if seen.house and now - seen.house.at > cfg.house_fresh:
        seen = replace(seen, house=None)
    soc = seen.house.soc if seen.house else None
    full = state.full if soc is None else soc >= cfg.charge_soc - (cfg.margin if state.full else 0)
    state = replace(state, full=full)
    if seen.rate and timedelta() <= now - seen.rate.until < NEXT_RATE:
        return state, None  # what was certain has just ended, and its successor is on its way
    new, old = wish(cfg, full, seen), state.sent
    if new.mode != "release" and seen.house and seen.house.controllable is False:
        return replace(state, sent=None, stopped=None), None  # said again as soon as it can be done
    stopped = (state.stopped or now) if old and (old.mode, new.mode) == ("hold", "release") else None
    state = replace(state, stopped=stopped)
    if stopped and old and now - stopped < cfg.settle and now < old.until:
        return state, None
    return (replace(state, sent=new, stopped=None), new) if differs(cfg, old, new, now) else (state, None)


def wish(cfg: Config, full: bool, seen: Seen) -> Lease:
    rate, soc = seen.rate, seen.house.soc if seen.house else None
    certain = rate is not None and rate.at <= seen.now < rate.until and rate.band != "unsure"
    if certain and rate is not None and rate.band == "cheap" and soc is not None:
        until = min(cheap_until(rate), seen.now + cfg.lease)
        if full:
            return _lease("hold", until, f"power is cheap, and the battery has its {soc:.0f} %")
        why = f"power is cheap, and the battery at {soc:.0f} % is below {cfg.charge_soc:.0f} %"
        return _lease("charge", until, why, cfg.charge_soc)
    why = drawing(cfg, seen, certain) if cfg.hold_for_car else ""
    if why:
        return _lease("hold", seen.now + cfg.lease, why)
    return _lease("release", seen.now + cfg.lease, _idle(rate, certain, soc))


def differs(cfg: Config, old: Lease | None, new: Lease, now: datetime) -> bool:
    """Whether the wish is worth saying: each one costs the GX a few writes to its flash."""
    if new.mode == "release":
        return old is None or old.mode != "release"
    if new.until - now < timedelta(minutes=1):
        return False
    if old is None or old.mode != new.mode or old.until <= now:
        return True
    return (new.mode == "charge" and new.until < old.until) or (old.until - now <= cfg.renew and new.until > old.until)


def cheap_until(rate: Rate) -> datetime:
    """Inside the fixed window cheap is certain up to the next change; else only for this half hour."""
    return rate.next.at if rate.window and rate.next and rate.next.at > rate.until else rate.until


def drawing(cfg: Config, seen: Seen, certain: bool) -> str:
    """Why the car is thought to charge at home; empty if it is not."""
    now, car, ev = seen.now, seen.car, seen.house.ev if seen.house else None
    sight = car.seen if car and car.seen and timedelta() <= now - car.seen <= cfg.car_fresh else None
    if ev is not None and ev > cfg.car_power:
        return f"the car charges with {ev:.0f} W"
    if car and sight and car.charging and car.home is not False:
        return "the car says that it charges"
    if not certain or seen.plan is None or now - seen.plan.at > cfg.plan_fresh:
        return ""
    for dispatch in seen.plan.dispatches:
        if dispatch.start <= now < dispatch.end and dispatch.location != "away":
            idle = car is not None and sight is not None and sight >= dispatch.start and car.charging is False
            if idle or (ev is not None and now - dispatch.start > RAMP):
                continue  # it ought to charge, and was seen not to
            return "Octopus means to charge the car now"
    return ""


def _idle(rate: Rate | None, certain: bool, soc: float | None) -> str:
    if rate is None or not certain:
        return "what power costs now is not known"
    if rate.band == "cheap" and soc is None:
        return "power is cheap, yet the house battery is not seen"
    return "power is not cheap, and the car does not charge"


def _lease(mode: Literal["charge", "hold", "release"], until: datetime, reason: str, soc: float | None = None) -> Lease:
    return Lease(mode=mode, until=until, soc=soc, reason=reason, owner=OWNER)
