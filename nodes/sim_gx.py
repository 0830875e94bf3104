"""simGx: a Victron GX with a house behind it, as it shows itself on MQTT."""

from dataclasses import dataclass
from datetime import timedelta

from . import Dial, Event, Node, Now, Ports
from .sim_gx_answers import Results, State, answer
from .sim_gx_plant import Size
from .sim_messages import Drawn, SimFault


@dataclass(frozen=True, kw_only=True)
class Config:
    url: str = "mqtt://flow"  # the broker it lives on
    portal_id: str = "c0619ab27f32"
    capacity: float = 13.5  # kWh
    soc: float = 40  # % at the first start
    charge: float = 5000  # W the battery takes at most
    discharge: float = 5000  # W it gives at most
    load: float = 450  # W the house draws on average, without the car
    pv: float = 0  # W the panels give at best
    timezone: str = "Europe/London"  # as set on the GX; /UTC is a GX nobody set up
    charger: bool = True  # a car charger that the GX sees
    heartbeat: timedelta = timedelta(seconds=3)  # how often it shows that it lives
    publish: timedelta = timedelta(seconds=5)  # how often powers are looked at
    speed: float = 1  # the battery fills and empties this much faster

    def size(self) -> Size:
        capacity, zone = self.capacity / self.speed, self.timezone.lstrip("/")
        return Size(
            capacity=capacity, charge=self.charge, discharge=self.discharge, load=self.load, pv=self.pv, zone=zone
        )


class Out(Ports):
    pass


def dial(cfg: Config) -> Dial:
    return Dial(url=cfg.url)


# `fault`: silent, reboot (a minute of silence), gridLost, keepCharged, dynamicEss; none heals all of it
def step(
    cfg: Config, state: State, event: Event | None, ev: Drawn | None, fault: SimFault | None, now: Now
) -> tuple[State, Results]:
    return answer(cfg, state, event or ev or fault, now)


NODE = Node("simGx", Config, Out, step, state=State, dial=dial)
