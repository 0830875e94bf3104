"""simGx: a Victron GX with a house behind it, as it shows itself on MQTT."""

from dataclasses import dataclass
from datetime import timedelta

from . import Dial, Event, Node, Now, Ports
from .sim_gx_answers import answer
from .sim_gx_telling import Results, State, metered
from .sim_messages import Drawn, SimFault


@dataclass(frozen=True, kw_only=True)
class Config:
    url: str = "mqtt://flow"  # the broker it lives on
    portal_id: str = "c0619ab27f32"
    capacity: float = 13.5  # kWh
    soc: float = 40  # % at the first start
    charge: float = 5000  # W the battery can take
    discharge: float = 5000  # W it can give
    load: float = 450  # W the house draws on average, without the car
    pv: float = 0  # W the panels give at best
    timezone: str = "Europe/London"  # as set on the GX; /UTC is a GX nobody set up
    charger: bool = True  # whether the GX sees a car charger
    heartbeat: timedelta = timedelta(seconds=3)  # how often it shows that it lives
    publish: timedelta = timedelta(seconds=5)  # how often powers are worked out, apart from at each heartbeat
    awake: timedelta = timedelta(seconds=60)  # how long it publishes changes after a keepalive
    speed: float = 1  # the battery fills and empties this many times faster
    firmware: str = "v3.67"
    override_life: timedelta | None = timedelta(minutes=5)  # an override's life after its last write; null: for ever
    force_charge: bool = True  # false: any ForceCharge is ignored, as reported for v3.80
    input_limit: float = 63  # A, what the GX lets in from the grid; -1: no limit is set
    efficiency: float = 1  # of charging, and again of discharging
    household: int | None = None  # the seed of a household with a different load and weather every day
    fuse: float = 0  # W, the main fuse: a minute of this much import and the grid is gone; 0: none

    def __post_init__(self) -> None:
        if self.override_life is not None and self.override_life <= timedelta():
            raise ValueError("override_life must be longer than nothing, or null")


class Out(Ports):
    pass


def dial(cfg: Config) -> Dial:
    return Dial(url=cfg.url)


# `fault`: silent, reboot (a minute of silence), gridLost, keepCharged, dynamicEss, chargerGone, settingsGone (zero
# bytes for all of them), clockAhead (two minutes), slotChanged (by a person), lateWill (of an earlier connection);
# none heals all of it
def step(
    cfg: Config, state: State, event: Event | None, ev: Drawn | None, fault: SimFault | None, now: Now
) -> tuple[State, Results]:
    state, results = answer(cfg, state, event or ev or fault, now)
    state, told = metered(cfg, state)
    return state, [*results, *told]


NODE = Node("simGx", Config, Out, step, state=State, dial=dial)
