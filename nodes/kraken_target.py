"""krakenTarget: tell Octopus how full the car should be, and by when, on every day of the week."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Port, Ports, Reply, Request
from .kraken_replies import Trouble
from .kraken_wishes import Done, Target, answered, missing, prefer, wrong_target
from .messages import Device, Token


@dataclass(frozen=True, kw_only=True)
class Config:
    percent: int = 80  # in steps of 5
    ready_by: str = "07:30"  # local time, on the half hour
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it

    def __post_init__(self) -> None:
        if wrong := wrong_target(self.percent, self.ready_by):
            raise ValueError(wrong)


class Out(Ports):
    done: Port[Done]  # Octopus took it; the device shows it within minutes
    unauthorised: Port[Fault]  # the token is missing, wrong or too old
    throttled: Port[Fault]  # too many questions: wait, the token is good
    failed: Port[Fault]  # not done, or not known to be done: asking again does no harm


def ask(
    cfg: Config, set: object, target: Target | None, *, token: Token | None, device: Device | None
) -> Request | Emit:
    """`set` asks for what the settings say, `target` for something else this once."""
    wish = target or Target()
    percent = cfg.percent if wish.percent is None else wish.percent
    ready_by = cfg.ready_by if wish.ready_by is None else wish.ready_by
    if wrong := wrong_target(percent, ready_by):
        return Out.failed(Fault(wrong))
    if token is None or device is None:
        return left(missing(token, device))
    return prefer(cfg.url, token, device, percent, ready_by)


def read(cfg: Config, reply: Reply) -> Emit:
    return left(answered(reply, "target"))


def left(told: Done | Trouble) -> Emit:
    return Out.done(told) if isinstance(told, Done) else Out.all.get(told.port, Out.failed)(told.fault)


NODE = Node("krakenTarget", Config, Out, ask, read, actuator=True)
