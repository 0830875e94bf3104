"""victronController: charge the house battery while power is cheap, hold it while the car charges, else let it be."""

from dataclasses import dataclass
from datetime import timedelta

from . import Due, Emit, Fault, Kept, Node, Now, Port, Ports, Status, Timer, keep
from .battery_lease import answer
from .battery_memory import State
from .battery_seen import Seen
from .half_hours import zone
from .messages import BatteryTarget, Car, Charger, House, Lease, Plan, Rate, Tick
from .wishes import ByHand


@dataclass(frozen=True, kw_only=True)
class Config:
    charge_soc: float = 95  # % to charge to while power is cheap; a target that a forecast sends takes precedence
    margin: float = 3  # % the battery may lose before it is charged again
    fuse: float | None = None  # A of the main fuse; not set, charging needs an AC input limit on the GX
    voltage: float = 230  # V of the supply
    spare: float = 1000  # W to leave free below the fuse
    charge_power: float = 5000  # W the battery draws when it charges; a schedule of the GX charges at full power
    late: timedelta | None = None  # in the window, wait until there is only this much time to spare; not set: at once
    capacity: float | None = None  # kWh of the battery; `late` needs it
    hold_for_car: bool = True  # keep the house battery from emptying into the car
    car_power: float = 500  # W at the charger that count as charging
    lease: timedelta = timedelta(hours=1)  # how long a lease lasts at most
    renew: timedelta = timedelta(minutes=10)  # a wish that still holds is renewed this long before its end
    settle: timedelta = timedelta(seconds=30)  # the car must have stopped for this long; longer if it goes on and off
    by_hand: timedelta = timedelta(hours=4)  # how long a wish by hand lasts if it names no end
    by_hand_most: timedelta = timedelta(hours=24)  # no wish by hand lasts longer than this
    rate_fresh: timedelta = timedelta(minutes=15)  # outside the window, a rate older than this does not count
    house_fresh: timedelta = timedelta(minutes=2)  # readings of the house older than this do not count
    charger_fresh: timedelta = timedelta(minutes=5)  # readings of a charger's meter older than this do not count
    car_fresh: timedelta = timedelta(minutes=15)  # readings of the car older than this do not count
    plan_fresh: timedelta = timedelta(minutes=15)  # a plan older than this does not count
    timezone: str = "Europe/London"  # for the times in its reasons

    def __post_init__(self) -> None:
        zone(self.timezone)
        if not timedelta(minutes=2) <= self.lease <= timedelta(hours=1):
            raise ValueError("lease: from 2m to 1h, so that nothing stays in force for long if we die")
        if self.late is not None and self.capacity is None:
            raise ValueError("late: set capacity too, the kWh of the battery")


class Out(Ports):
    lease: Port[Lease] = keep()


def decide(cfg: Config, state: State, tick: Tick | None, rate: Kept[Rate] | None, house: Kept[House] | None, now: Now,
           charger: Kept[Charger] | None = None, hand: ByHand | None = None, refused: Fault | None = None,
           look: object = None, event: Due | None = None, *, plan: Plan | None, car: Car | None,
           target: BatteryTarget | None = None) -> tuple[State, list[Emit | Status | Timer]]:  # fmt: skip
    seen = Seen(now, rate, house, plan, car, charger, target)
    return answer(cfg, state, seen, "victronController", hand, refused)


NODE = Node("victronController", Config, Out, decide, state=State)
