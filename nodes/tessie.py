"""tessie: the car as Tessie last saw it. Only what Tessie has stored is read, so the car is left alone."""

from dataclasses import dataclass, field

from . import Emit, Fault, Node, Port, Ports, Reply, Request, Secret, keep, refines, replace
from .car_known import Known
from .messages import Car
from .tesla_place import Place
from .tessie_answers import NO, seen


@dataclass(frozen=True, kw_only=True)
class Config:
    vin: str
    token: Secret  # an access token, from dash.tessie.com/settings/api
    name: str | None = None  # what people call it
    url: str = "https://api.tessie.com"
    home: Place | None = None  # {lat, lon, radius in m}


class Out(Ports):
    car: Port[Car] = keep()  # `seen` is the car's own time of what Tessie stores, which stops when it falls asleep
    asleep: Port[Fault]
    unauthorised: Port[Fault]  # the token is wrong, or may not see this car: trying again cannot help
    throttled: Port[Fault]  # too many calls: wait for `retry_after`
    failed: Port[Fault]  # no usable answer: trying again may help
    unpaid: Port[Fault] = refines("failed")  # the Tessie subscription has ended


@dataclass(frozen=True)
class Memory:
    known: Known = field(default_factory=Known)
    about: str = ""


def ask(cfg: Config, memory: Memory, poll: object) -> tuple[Memory, Request]:
    memory = memory if memory.about == cfg.vin else Memory(about=cfg.vin)
    bearer = Secret(f"Bearer {cfg.token.reveal()}")
    url = f"{cfg.url.rstrip('/')}/{cfg.vin}/state"
    return memory, Request(method="GET", url=url, query={"use_cache": "true"}, authorization=bearer)


def read(cfg: Config, memory: Memory, reply: Reply) -> tuple[Memory, list[Emit]]:
    if reply.status == 200 and isinstance(reply.json, dict):
        known, car = seen(
            memory.known, memory.known.of(None, reply.at, cfg.vin, cfg.name), reply.json, reply.at, cfg.home
        )
        if car is not None:
            asleep = [Out.asleep(Fault("the car is asleep", 200))] if car.state == "asleep" else []
            return replace(memory, known=replace(known, sent=car)), [*asleep, Out.car(car)]
        return memory, [Out.failed(Fault("Tessie's answer holds no reading", reply.status))]
    port, why = NO.get(reply.status, ("failed", ""))
    return memory, [Emit(port, reply.fault(why))]


NODE = Node("tessie", Config, Out, ask, read, state=Memory)
