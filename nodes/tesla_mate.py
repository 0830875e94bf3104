"""teslaMate: the car as TeslaMate sees it, from what it publishes over MQTT. Only TeslaMate asks Tesla."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import Dial, Emit, Heard, Linked, Listen, Node, Now, Port, Ports, Secret, Status, keep, replace
from .messages import Car
from .tesla_mate_keys import Memory, heard
from .tesla_place import Place
from .topics import check_filter, check_url


@dataclass(frozen=True, kw_only=True)
class Config:
    car: int = 1  # the car's number in TeslaMate
    vin: str | None = None  # TeslaMate does not publish it
    name: str | None = None  # what people call it; if not set, TeslaMate's name for it
    url: str = "mqtt://flow"  # the broker that TeslaMate publishes on; mqtt://flow is the flow's own
    user: str | None = None
    password: Secret | None = None
    ca: str | None = None  # path of a PEM to trust
    namespace: str | None = None  # TeslaMate's MQTT_NAMESPACE
    home: Place | None = None  # {lat, lon, radius in m}

    def __post_init__(self) -> None:
        check_url(self.url)
        check_filter(f"{base(self)}/#")


class Out(Ports):
    car: Port[Car] = keep()  # `seen` is when the car, awake, last said something; retained messages carry no time


def base(cfg: Config) -> str:
    return "/".join(word for word in ("teslamate", cfg.namespace, "cars", str(cfg.car)) if word)


def dial(cfg: Config) -> Dial:
    return Dial(url=cfg.url, user=cfg.user, password=cfg.password, ca=cfg.ca)


def step(
    cfg: Config, memory: Memory, event: Linked | Heard, now: Now
) -> tuple[Memory, Sequence[Emit | Listen | Status]]:
    match event:
        case Linked(up=True):
            return memory, [Listen(f"{base(cfg)}/#"), Status(f"listening to {base(cfg)}")]
        case Linked(why=why):
            return memory, [Status(f"not connected: {why}" if why else "not connected", "yellow")]
    car = memory.known.of(memory.car, now, cfg.vin, cfg.name)
    memory, car = heard(memory, car, event, event.topic.removeprefix(f"{base(cfg)}/"), cfg.home, now)
    known, emits = memory.known.told(car, now)
    return replace(memory, known=known, car=car), emits


NODE = Node("teslaMate", Config, Out, step, state=Memory, dial=dial)
