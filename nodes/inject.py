"""inject: send one message when the flow starts, and whenever told to."""

from dataclasses import dataclass
from datetime import timedelta

from . import Due, Emit, Node, Now, Port, Ports, Started, Timer
from .messages import Tick


@dataclass(frozen=True, kw_only=True)
class Config:
    body: object = None  # any JSON; without it, a tick
    after: timedelta = timedelta(0)  # how long after the start of the flow, or of this node after a crash

    def __post_init__(self) -> None:
        if self.after < timedelta(0):
            raise ValueError("after must not be below 0")


class Out(Ports):
    out: Port[object]


def inject(cfg: Config, go: object, event: Started | Due | None, now: Now) -> Emit | Timer | None:
    if isinstance(event, Started):
        return Timer("after", now + cfg.after)
    if event is None or isinstance(event, Due):
        return Out.out(Tick(now) if cfg.body is None else cfg.body)
    return None


NODE = Node("inject", Config, Out, inject)
