"""simTesla: a Tesla and its servers, to try things on: sleep, tokens, charging, faults."""

from dataclasses import dataclass
from datetime import timedelta

from . import Answer, Asked, Listener, Node, Now, Ports, Status
from .sim_messages import Cable, Doings, Drawn, SimFault
from .sim_tesla_car import State, busied, cabled, drawing, standing
from .sim_tesla_servers import answer, told, troubled


@dataclass(frozen=True, kw_only=True)
class Config:
    port: int = 0  # 0: any free one
    vin: str | None = None  # none: whichever is asked for
    soc: float = 50.0  # % at the start
    limit: float = 80.0  # % at which the car itself stops charging
    capacity: float = 60.0  # kWh
    plugged: bool = True
    awake: bool = True  # at the start
    sleep_after: timedelta = timedelta(minutes=11)  # a detailed read starts this again
    wakes_in: timedelta = timedelta(seconds=20)  # after a wake call, whose answer still says asleep
    token_life: timedelta = timedelta(hours=8)  # of an access token
    lat: float = 51.5  # degrees north, where the car stands
    lon: float = -0.12  # degrees east
    cold: float = 0.0  # points by which the gross level is above the usable one
    stirs_every: timedelta | None = None  # how often it wakes by itself, for 150 s

    def __post_init__(self) -> None:
        if self.capacity <= 0:
            raise ValueError("capacity must be more than 0 kWh")


class Out(Ports):
    """Nothing leaves but answers."""


def step(
    cfg: Config, state: State, event: Asked | None, charge: Drawn | None, cable: Cable | None, doings: Doings | None,
    fault: SimFault | None, now: Now,
) -> tuple[State, Answer | Status | None]:  # fmt: skip
    if charge:
        return drawing(cfg, standing(cfg, state, charge, now), charge.power, now), None
    if cable:
        return cabled(cfg, state, cable.plugged, cable.power, now), None
    if doings:
        return busied(cfg, state, doings.gear, doings.what, now), None
    if fault:
        return troubled(state, fault), told(fault)
    if event is None:
        return state, None
    state, reply = answer(cfg, state, event, now)
    return state, Answer(reply)


NODE = Node("simTesla", Config, Out, step, state=State, listen=lambda cfg: Listener(port=cfg.port))
