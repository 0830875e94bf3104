"""victronController: charge the house battery while power is cheap, hold it while the car charges, else let it be."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from . import Emit, Kept, Node, Now, Port, Ports, keep
from .battery_wishes import Seen, differs, wish
from .messages import Car, House, Lease, Plan, Rate, Tick


@dataclass(frozen=True, kw_only=True)
class Config:
    charge_soc: float = 95  # % to charge to while power is cheap
    margin: float = 3  # % the battery may lose before it is charged again
    hold_for_car: bool = True  # keep the house battery from emptying into the car
    car_power: float = 500  # W at the charger that count as charging
    lease: timedelta = timedelta(hours=1)  # no wish reaches further
    renew: timedelta = timedelta(minutes=10)  # before its end a wish that still holds is renewed
    settle: timedelta = timedelta(seconds=30)  # the car must have stopped for so long
    house_fresh: timedelta = timedelta(minutes=2)  # older readings of the house are unknown
    car_fresh: timedelta = timedelta(minutes=15)  # so is an older sight of the car
    plan_fresh: timedelta = timedelta(minutes=15)  # and an older plan


@dataclass(frozen=True)
class State:
    sent: Lease | None = None
    full: bool = False  # the target was reached, and not more than the margin lost since
    stopped: datetime | None = None  # the car was first seen not to need the hold any more


class Out(Ports):
    lease: Port[Lease] = keep()


def decide(
    cfg: Config,
    state: State,
    tick: Tick | None,
    rate: Kept[Rate] | None,
    house: Kept[House] | None,
    now: Now,
    *,
    plan: Plan | None,
    car: Car | None,
) -> tuple[State, Emit | None]:
    seen = Seen(now, rate, house if house and now - house.at <= cfg.house_fresh else None, plan, car)
    soc = seen.house.soc if seen.house else None
    full = state.full if soc is None else soc >= cfg.charge_soc - (cfg.margin if state.full else 0)
    state = replace(state, full=full)
    new, old = wish(cfg, full, seen), state.sent
    if new.mode != "release" and seen.house and seen.house.controllable is False:
        return replace(state, sent=None, stopped=None), None  # said again as soon as it can be done
    stopped = (state.stopped or now) if old and (old.mode, new.mode) == ("hold", "release") else None
    state = replace(state, stopped=stopped)
    if stopped and old and now - stopped < cfg.settle and now < old.until:
        return state, None
    return (replace(state, sent=new, stopped=None), Out.lease(new)) if differs(cfg, old, new, now) else (state, None)


NODE = Node("victronController", Config, Out, decide, state=State)
