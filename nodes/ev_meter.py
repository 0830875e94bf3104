"""evMeter: what a car's charger draws, from any MQTT topic: a Zappi's bridge, a Shelly's clamp, evcc's."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from . import Dial, Due, Fault, Heard, Linked, Node, Now, Port, Ports, Secret, Started, keep
from .messages import Charger
from .meter_readings import Results, State, happened
from .topics import check_topic, check_url


@dataclass(frozen=True, kw_only=True)
class Config:
    topic: str  # such as evcc/loadpoints/1/chargePower
    field: str | None = None  # dotted path to the power in a JSON payload; without it the payload is the number
    plugged: str | None = None  # dotted path to whether the car is plugged in, where the payload tells it
    unit: Literal["W", "kW"] = "W"
    reversed: bool = False  # the clamp is on the wrong way round: power drawn reads below 0
    stale: timedelta = timedelta(minutes=5)  # after this long with no message the power is unknown
    jump: float = 300  # W; a change this large is reported at once
    report: timedelta = timedelta(seconds=30)  # how often the power is reported otherwise
    retained: bool = False  # let retained messages count; they are old news, sent again at every connection
    url: str = "mqtt://flow"  # the broker; mqtt://flow is the flow's own
    user: str | None = None
    password: Secret | None = None

    def __post_init__(self) -> None:
        check_topic(self.topic)
        check_url(self.url)
        if self.stale <= timedelta():
            raise ValueError("stale: write how long a reading is believed, such as 5m")


class Out(Ports):
    charger: Port[Charger] = keep()
    silent: Port[Fault]  # nothing was heard for too long: the power is unknown
    bad: Port[Fault]  # a payload without the number


def hear(cfg: Config, state: State, event: Started | Linked | Heard | Due, now: Now) -> tuple[State, Results]:
    return happened(cfg, state, event, now)


def dial(cfg: Config) -> Dial:
    return Dial(url=cfg.url, user=cfg.user, password=cfg.password)


NODE = Node("evMeter", Config, Out, hear, state=State, dial=dial)
