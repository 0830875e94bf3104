"""plugGuard: stop the charge that begins when the car is plugged in, until Octopus has planned; once, and briefly."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from . import Emit, Kept, Node, Now, Port, Ports, keep, replace, volatile
from .car_messages import CarCommand, CarDone, Told
from .messages import Car, Plan, Rate, Tick
from .plug_watch import Guard, commanded, watched


@dataclass(frozen=True, kw_only=True)
class Config:
    enabled: bool = False  # Octopus may count it as interference: read about it first
    device: str | None = None  # the car's id at Octopus; needed where Octopus steers several
    floor: float = 30.0  # % below which the car is left to charge
    within: timedelta = timedelta(minutes=10)  # a charge that begins later than this after plugging in is left alone
    wait: timedelta = timedelta(minutes=15)  # without a plan, start the car again after this
    slack: timedelta = timedelta(minutes=10)  # also start the car after this long in a dispatch without charging


class Out(Ports):
    stop: Port[CarCommand]
    start: Port[CarCommand]  # what was stopped is started again
    told: Port[Told] = keep()  # what it did or left alone, and why


@dataclass(frozen=True)
class State:
    guard: Guard = field(default_factory=Guard)
    plan: Plan | None = None  # of our device
    seen: datetime | None = volatile(lambda: None)  # the reading that was last looked at


def step(
    cfg: Config, state: State, car: Kept[Car] | None, plan: Plan | None, done: CarDone | None, tick: Tick | None,
    now: Now, *, rate: Rate | None,
) -> tuple[State, list[Emit]]:  # fmt: skip
    if done is not None:
        guard, emits = commanded(state.guard, done, now)
        return replace(state, guard=guard), emits
    if plan is not None and cfg.device in (None, plan.device):
        state = replace(state, plan=plan)
    news = car is not None and car.state == "online" and car.seen != state.seen
    guard, emits = watched(cfg, state.guard, now, car, news, state.plan, rate)
    return replace(state, guard=guard, seen=car.seen if car else None), emits


NODE = Node("plugGuard", Config, Out, step, state=State)
