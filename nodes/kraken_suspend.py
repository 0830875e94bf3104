"""krakenSuspend: stop Octopus from steering the car's charging."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Port, Ports, Reply, Request
from .kraken_replies import Trouble
from .kraken_wishes import Done, answered, missing, steer
from .messages import Device, Token


@dataclass(frozen=True, kw_only=True)
class Config:
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it


class Out(Ports):
    done: Port[Done]  # Octopus took it; the device shows it within minutes
    unauthorised: Port[Fault]  # the token is missing, wrong or too old
    throttled: Port[Fault]  # too many questions: wait, the token is good
    failed: Port[Fault]  # not done, or not known to be done: asking again does no harm


def ask(cfg: Config, suspend: object, *, token: Token | None, device: Device | None) -> Request | Emit:
    if token is None or device is None:
        return left(missing(token, device))
    return steer(cfg.url, token, device, "SUSPEND")


def read(cfg: Config, reply: Reply) -> Emit:
    return left(answered(reply, "suspend"))


def left(told: Done | Trouble) -> Emit:
    return Out.done(told) if isinstance(told, Done) else Out.all.get(told.port, Out.failed)(told.fault)


NODE = Node("krakenSuspend", Config, Out, ask, read, actuator=True)
