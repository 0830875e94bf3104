"""What is known of the house at one moment, as far as it is fresh; and whether the car is seen to draw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from . import replace
from .ladder import away
from .messages import BatteryTarget, Car, Charger, House, Plan, Rate

AHEAD = timedelta(seconds=60)  # by so much a sender's clock may be ahead of ours
SKEW = 60.0  # s between Octopus's clock and ours
SKEW_KNOWN = timedelta(hours=1)  # so long a reading of it is believed
RAMP = timedelta(minutes=5)  # a car takes its time to begin
OFF = ("SMART_CONTROL_OFF", "SMART_CONTROL_NOT_AVAILABLE")  # dispatches can linger in such a plan, and move nothing


class Ages(Protocol):
    """Of the settings, how old what is known may be, and what counts as drawing."""

    @property
    def rate_fresh(self) -> timedelta: ...
    @property
    def house_fresh(self) -> timedelta: ...
    @property
    def charger_fresh(self) -> timedelta: ...
    @property
    def car_fresh(self) -> timedelta: ...
    @property
    def plan_fresh(self) -> timedelta: ...
    @property
    def car_power(self) -> float: ...


@dataclass  # nobody changes one; made for each message, it is not watched for that
class Seen:
    now: datetime
    rate: Rate | None = None
    house: House | None = None
    plan: Plan | None = None
    car: Car | None = None
    charger: Charger | None = None
    target: BatteryTarget | None = None
    skew: float | None = None  # s, Octopus's clock minus ours
    last: Car | None = None  # the car as last told, however long ago

    @property
    def soc(self) -> float | None:
        return self.house.soc if self.house else None

    @property
    def powers(self) -> list[float]:
        """What the meters on the cars' cables tell."""
        told = (self.house.ev if self.house else None, self.charger.power if self.charger else None)
        return [power for power in told if power is not None]

    @property
    def wrong_clock(self) -> str:
        if self.skew is None or abs(self.skew) <= SKEW:
            return ""
        return f"our clock is {abs(self.skew):.0f} s {'behind' if self.skew > 0 else 'ahead of'} Octopus's"


def fresh(at: datetime | None, now: datetime, most: timedelta) -> bool:
    return at is not None and -AHEAD <= now - at <= most


def look(cfg: Ages, seen: Seen) -> Seen:
    """What is old is not known."""
    now, house, plan, car, charger, target = seen.now, seen.house, seen.plan, seen.car, seen.charger, seen.target
    return replace(
        seen,
        house=house if house and fresh(house.at, now, cfg.house_fresh) else None,
        plan=plan if plan and fresh(plan.at, now, cfg.plan_fresh) else None,
        car=car if car and fresh(car.seen, now, cfg.car_fresh) else None,
        charger=charger if charger and fresh(charger.at, now, cfg.charger_fresh) else None,
        last=car if car and car.at <= now + AHEAD else None,
        target=target if target and target.at <= now + AHEAD and now < target.until else None,
        skew=plan.skew if plan and fresh(plan.at, now, SKEW_KNOWN) else None,
    )


def cheap_until(rate: Rate) -> datetime:
    """Inside the fixed window cheap is certain up to the next change; else only for this half hour."""
    return rate.next.at if rate.window and rate.next and rate.next.at > rate.until else rate.until


def certain(cfg: Ages, seen: Seen) -> Rate | None:
    """The rate, if what it says holds now for sure."""
    rate, now = seen.rate, seen.now
    if rate is None or rate.band == "unsure" or seen.wrong_clock or not rate.at - AHEAD <= now < cheap_until(rate):
        return None
    return rate if rate.window or now - rate.at <= cfg.rate_fresh else None


def drawing(cfg: Ages, seen: Seen, drew: datetime | None, sure: bool) -> str:
    """Why the car is thought to charge at home; empty if it is not. `drew`: when a meter last saw it draw."""
    most, car = max(seen.powers, default=None), seen.car
    if most is not None and most > cfg.car_power:
        return f"the car charges with {most:.0f} W"
    still = most is not None and drew is not None and car is not None and car.seen is not None and drew >= car.seen
    if car and car.charging and not away(car) and not still:  # the meter saw it stop since
        return "the car says that it is charging"
    if not sure or seen.plan is None or (seen.charger is not None and seen.charger.plugged is False):
        return ""
    if seen.plan.suspended or seen.plan.state in OFF:
        return ""
    for dispatch in seen.plan.dispatches:
        if dispatch.start <= seen.now < dispatch.end and dispatch.location != "away":
            idle = car is not None and car.seen is not None and car.seen >= dispatch.start and car.charging is False
            late = seen.now - dispatch.start > RAMP
            if idle or (late and (most is not None or _rests(seen.last, dispatch.start))):
                continue  # it ought to charge, and was seen not to
            return "Octopus means to charge the car now"
    return ""


def _rests(car: Car | None, since: datetime) -> bool:
    """Whether all that was told of the car since then is that it does not charge here."""
    if car is None or car.at < since:
        return False
    read = car.seen is not None and car.seen >= since
    return (read and car.charging is False) or car.state == "asleep" or car.plugged is False or away(car)
