"""What to wish of the house battery, from what is known now. Not knowing is no reason to charge."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, Protocol

from . import replace, wishes
from .battery_memory import State, holds, waits_for
from .battery_seen import Ages, Seen, certain, cheap_until, drawing
from .battery_supply import Supply, refusal
from .half_hours import clock_time
from .messages import House, Lease, Rate
from .wishes import ByHand

MINUTE = timedelta(minutes=1)
YIELD = 0.9  # of what the charger draws, what the battery gets


class Settings(Ages, Supply, Protocol):
    """What these modules read of a controller's settings."""

    @property
    def timezone(self) -> str: ...
    @property
    def charge_soc(self) -> float: ...
    @property
    def margin(self) -> float: ...
    @property
    def capacity(self) -> float | None: ...
    @property
    def late(self) -> timedelta | None: ...
    @property
    def hold_for_car(self) -> bool: ...
    @property
    def lease(self) -> timedelta: ...
    @property
    def renew(self) -> timedelta: ...
    @property
    def settle(self) -> timedelta: ...
    @property
    def by_hand(self) -> timedelta: ...
    @property
    def by_hand_most(self) -> timedelta: ...


def aim(cfg: Settings, hand: ByHand | None, seen: Seen) -> float:
    """% to charge to: what a person says, else a forecast for the end of the window, else the setting."""
    if hand is not None and hand.mode == "charge":
        return cfg.charge_soc if hand.soc is None else hand.soc
    forecast = seen.target if seen.rate and seen.rate.window else None
    return min(max(forecast.soc, 0.0), 100.0) if forecast else cfg.charge_soc


def unable(house: House | None) -> str:
    """Why the battery cannot be steered now, as far as it is known."""
    if house is None:
        return ""
    if house.islanded:
        return "the house is not supplied by the grid"
    return house.why_not or "the battery cannot be steered now" if house.controllable is False else ""


def wish(cfg: Settings, state: State, seen: Seen) -> Lease:
    hand, now = state.hand, seen.now
    most = min(now + cfg.lease, hand.until) if hand and hand.until else now + cfg.lease
    by = wishes.words(hand, _clock(cfg, hand.until)) if hand and hand.until else ""
    if hand and hand.mode in ("release", "off"):
        return _lease("release", most, by)
    why = state.unable
    if not why and (back := waits_for(state.back, now)):
        why = f"the battery could not be steered a moment ago; waiting until {_clock(cfg, back)}"
    if why:
        return _lease("release", most, f"{by}, but {why}" if by else why)
    if hand and hand.mode == "hold":
        return _lease("hold", most, by)
    return _charge_by_hand(cfg, state, seen, most, by) if hand else _by_plan(cfg, state, seen)


def _charge_by_hand(cfg: Settings, state: State, seen: Seen, most: datetime, by: str) -> Lease:
    target = aim(cfg, state.hand, seen)
    if seen.house is None or seen.soc is None:
        return _lease("release", most, f"{by}, but the house battery is not seen")
    if state.full:
        return _lease("hold", most, f"{by}: the battery is full enough at {seen.soc:.0f} %")
    if short := _short(cfg, state, seen, seen.house):
        return _lease("hold", most, f"{by}, but {short}")
    return _lease("charge", most, f"{by}: the battery at {seen.soc:.0f} % is below {target:.0f} %", target)


def _by_plan(cfg: Settings, state: State, seen: Seen) -> Lease:
    rate, soc, now = certain(cfg, seen), seen.soc, seen.now
    car = drawing(cfg, seen, state.drew, rate is not None) if cfg.hold_for_car else ""
    if rate and rate.band == "cheap" and soc is not None and seen.house:
        until, target = min(cheap_until(rate), now + cfg.lease), aim(cfg, None, seen)
        held = now + cfg.lease if car else until
        if state.full:
            return _lease("hold", held, f"power is cheap, and the battery is full enough at {soc:.0f} %")
        if refused := _short(cfg, state, seen, seen.house):
            return _lease("hold", held, f"power is cheap, but {refused}")
        if begin := _begins(cfg, state, rate, soc, target, now):
            end, start = _clock(cfg, cheap_until(rate)), _clock(cfg, begin)
            return _lease("hold", min(held, begin), f"power is cheap until {end}: starting at {start} is soon enough")
        if until - now >= MINUTE or not car or holds(state, now, "charge"):
            why = f"power is cheap, and the battery at {soc:.0f} % is below {target:.0f} %"
            return _lease("charge", until, why, target)
    if car:
        return _lease("hold", now + cfg.lease, car)
    return _lease("release", now + cfg.lease, _idle(seen, rate))


def _short(cfg: Settings, state: State, seen: Seen, house: House) -> str:
    """Why the supply may not bear a charge now, or did not a moment ago."""
    if short := refusal(cfg, house, holds(state, seen.now, "charge")):
        return short
    rest = waits_for(state.rest, seen.now)
    return f"the supply had no room to spare a moment ago; waiting until {_clock(cfg, rest)}" if rest else ""


def _begins(cfg: Settings, state: State, rate: Rate, soc: float, target: float, now: datetime) -> datetime | None:
    """When charging must begin to be done in the window, if that is not yet. Once begun it goes on."""
    if cfg.late is None or cfg.capacity is None or not rate.window or holds(state, now, "charge"):
        return None
    hours = (target - soc) / 100 * cfg.capacity * 1000 / (cfg.charge_power * YIELD)
    begin = cheap_until(rate) - timedelta(hours=hours) - cfg.late
    return begin if begin - now > MINUTE else None


def _idle(seen: Seen, rate: Rate | None) -> str:
    if rate is None:
        return seen.wrong_clock or "what power costs now is not known"
    if rate.band == "cheap":
        return "power is cheap, yet the house battery is not seen"
    return "power is not cheap, and the car does not charge"


def _clock(cfg: Settings, at: datetime | None) -> str:
    return clock_time(cfg.timezone, int(at.timestamp())) if at else ""


def _lease(mode: Literal["charge", "hold", "release"], until: datetime, reason: str, soc: float | None = None) -> Lease:
    return Lease(mode=mode, until=until, soc=soc, reason=reason)


def tired(lease: Lease) -> Lease:
    """In place of a charge that was begun too often."""
    why = "charging started and stopped too often within the hour; it pauses, to spare the inverter's memory"
    return replace(lease, mode="hold", soc=None, reason=why)
