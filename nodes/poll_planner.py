"""pollPlanner: say when Octopus's plan is worth another look, and look again where none has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from . import Due, Emit, Node, Now, Port, Ports, Started, Timer, replace
from .half_hours import Window, zone
from .messages import Plan, Tick
from .poll_pace import heard, next_look


@dataclass(frozen=True, kw_only=True)
class Config:
    timezone: str = "Europe/London"
    window: Window | Literal[False] = field(default_factory=Window)  # the tariff's cheap hours every night; false: none
    every: timedelta = timedelta(minutes=4)  # from a plan to the next look; twice as long with two devices
    jitter: timedelta = timedelta(seconds=30)  # up to this much later, as Octopus asks for
    before: timedelta = timedelta(seconds=45)  # look this long before a dispatch is due to start
    after: timedelta = timedelta(seconds=40)  # and this long after it starts, and into each half hour that it touches
    quiet: timedelta = timedelta(minutes=20)  # the pace inside the window, where no plan can change the house's price
    awake: timedelta = timedelta(minutes=30)  # the usual pace resumes this long before the window ends
    missed: timedelta = timedelta(minutes=15)  # after a look that brought no plan, look again this much later
    seed: int = 0  # a different number gives a different jitter

    def __post_init__(self) -> None:
        zone(self.timezone)
        if min(self.every, self.quiet, self.missed) < timedelta(minutes=1):
            raise ValueError("every, quiet and missed: a minute at least; Octopus gives five plans a minute at most")


class Out(Ports):
    look: Port[Tick]


@dataclass(frozen=True)
class State:
    plans: Mapping[str, Plan] = field(default_factory=dict)  # the last of each device
    next: datetime | None = None


def step(
    cfg: Config, state: State, event: Started | Due | None, plan: Plan | None, now: Now
) -> tuple[State, list[Emit | Timer]]:
    looks = [Out.look(Tick(now))] if isinstance(event, Due) else []
    if plan is not None:
        plans = heard(state.plans, plan, now)
        state = State(plans, next_look(cfg, plans, now))
    elif looks or state.next is None or not now < state.next <= now + cfg.quiet + cfg.missed:
        state = replace(state, next=now + (cfg.missed if looks or state.next is None else cfg.before))
    return state, [*looks, Timer("look", state.next)]


NODE = Node("pollPlanner", Config, Out, step, state=State)
