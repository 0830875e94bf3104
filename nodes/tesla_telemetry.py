"""teslaTelemetry: the car as it reports itself through Tesla's Fleet Telemetry, over MQTT. Nobody asks it anything."""

from dataclasses import dataclass, replace
from datetime import timedelta

from . import Dial, Due, Emit, Fault, Heard, Linked, Listen, Node, Now, Port, Ports, Secret, Status, Timer, keep
from .messages import Car
from .telemetry_fields import Memory, heard
from .tesla_place import Place
from .topics import check_filter, check_url


@dataclass(frozen=True, kw_only=True)
class Config:
    vin: str
    name: str | None = None  # what people call it
    url: str = "mqtt://flow"  # the broker that the telemetry server publishes on; mqtt://flow is the flow's own
    user: str | None = None
    password: Secret | None = None
    topic_base: str = "telemetry"  # as in the server's settings
    home: Place | None = None  # {lat, lon, radius in m}; without it, the car's own idea of home counts
    silent_after: timedelta = timedelta(minutes=30)  # no field for this long and no known connection: state unknown

    def __post_init__(self) -> None:
        check_url(self.url)
        check_filter(f"{self.topic_base}/{self.vin}/#")


class Out(Ports):
    car: Port[Car] = keep()  # `seen` is when the last field came; fields carry no time of their own
    bad: Port[Fault]  # a payload that is not what it should be


Result = Emit | Listen | Status | Timer


def dial(cfg: Config) -> Dial:
    return Dial(url=cfg.url, user=cfg.user, password=cfg.password)


def step(cfg: Config, memory: Memory, event: Linked | Heard | Due, now: Now) -> tuple[Memory, list[Result]]:
    car, base = memory.known.of(memory.car, now, cfg.vin, cfg.name), f"{cfg.topic_base}/{cfg.vin}"
    silence = Timer("silence", now + cfg.silent_after)
    match event:
        case Linked(up, why):
            return memory.deaf(), [Listen(f"{base}/#"), silence] if up else [Status(f"not connected: {why}", "yellow")]
        case Heard(topic):
            try:
                memory, car = heard(memory, car, event, topic.removeprefix(f"{base}/"), cfg.home, now)
            except ValueError as wrong:
                return memory, [Out.bad(Fault(f"{topic}: {wrong}"))]
        case Due() if memory.link or car.state != "online":  # or it is known to be gone
            return memory, []
        case _:
            car = replace(car, state="unknown")
    known, emits = memory.known.told(car, now)
    return replace(memory, known=known, car=car), [*emits, *([silence] if car.seen == now else [])]


NODE = Node("teslaTelemetry", Config, Out, step, state=Memory, dial=dial)
