"""victronController: charge the house battery while power is cheap, hold it while the car charges, else let it be."""

from dataclasses import dataclass
from datetime import timedelta

from . import Emit, Kept, Node, Now, Port, Ports, keep
from .battery_wishes import Seen, State, settle
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
    state, lease = settle(cfg, state, Seen(now, rate, house, plan, car))
    return state, Out.lease(lease) if lease else None


NODE = Node("victronController", Config, Out, decide, state=State)
