"""simOctopus: an Octopus to learn on: tokens expire, a plan comes and goes, and it misbehaves when told to."""

from dataclasses import dataclass, field
from datetime import timedelta

from . import Answer, Asked, Due, Emit, Listener, Node, Now, Port, Ports, Secret, Started, Status, Timer, keep
from .messages import Tick
from .sim_messages import Drawn, SimFault
from .sim_octopus_answers import served
from .sim_octopus_car import Daily, State, spaced, started, turned, turns
from .sim_octopus_faults import checked, switched
from .sim_octopus_rest import Tariff
from .sim_octopus_settings import Settings

KEY = Secret("simulated-octopus-key")


@dataclass(frozen=True, kw_only=True)
class Config:
    port: int = 0  # of its HTTP server on loopback; 0 takes a free one
    api_key: Secret = KEY  # the one key it accepts
    account: str = "A-51300000"
    device: str = "00000000-0000-4000-8000-000000000001"  # the id of its car
    token_life: timedelta = timedelta(minutes=60)  # after which a token is refused
    plan_reads: int = 5  # how many plans it gives out a minute
    first_after: timedelta = timedelta(minutes=1)  # from the start to the first dispatch
    length: timedelta = timedelta(minutes=3)  # of that dispatch
    every: timedelta = timedelta(hours=1)  # how often it is repeated
    daily: tuple[Daily, ...] = ()  # dispatches at the same local time every day: {start, length}
    household: int | None = None  # the seed of a household that comes and goes, in place of the schedule above
    power: float = 7100.0  # W, of the car during a dispatch
    tells_power: bool = True  # whether the device's state includes power; some makes of car leave it out
    settings: Settings = field(default_factory=Settings)  # what a household may set, and how soon it shows
    timezone: str = "Europe/London"
    prices: Tariff = field(default_factory=Tariff)
    fault: str = "none"  # how it misbehaves from the start; 500, 403html, KT-CT-1199, nullPlan, emptyRates …

    def __post_init__(self) -> None:
        checked(self.fault)
        spaced(self.length, self.every)


class Out(Ports):
    ev: Port[Drawn] = keep()  # what the car draws, at each change


def step(
    cfg: Config, state: State, event: Started | Asked | Due | None, tick: Tick | None, fault: SimFault | None, now: Now
) -> tuple[State, list[Emit | Timer] | Emit | Answer | Status | None]:
    if isinstance(event, Asked):
        return served(cfg, state, event, now)
    if fault is not None:
        return switched(state, fault)
    state = started(cfg, state, now) if isinstance(event, Started) else state
    state, told = turned(cfg, state, now)
    sent, timers = Out.ev(told) if told else None, turns(cfg, now) if event else []
    return state, [*filter(None, [sent]), *timers] if timers else sent


NODE = Node("simOctopus", Config, Out, step, state=State, listen=lambda cfg: Listener(port=cfg.port))
