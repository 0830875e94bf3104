"""meter: read a meter. It has a setting of every kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal

from wattwire.nodes import Emit, Fault, Node, Port, Ports, Secret
from wattwire.nodes.messages import Tick, Token

from .readings import Reading


@dataclass(frozen=True, kw_only=True)
class Window:
    from_: time
    until: time = time(5, 30)


@dataclass(frozen=True, kw_only=True)
class Config:
    id: str  # on the meter's plate
    phases: int = 1
    factor: float = 1.0  # pulses per Wh
    fine: bool = False
    wait: timedelta = timedelta(seconds=20)
    window: Window | Literal[False] = False  # when it may be read
    trust: Literal["low", "high"] = "high"
    limit: float | None = None  # W
    password: Secret | None = None
    lines: tuple[str, ...] = ()
    labels: Mapping[str, float] = field(default_factory=dict)
    body: object = None

    def __post_init__(self) -> None:
        if self.phases not in (1, 3):
            raise ValueError(f"phases is {self.phases}; a meter has 1 or 3")


class Out(Ports):
    reading: Port[Reading]
    unauthorised: Port[Fault]
    failed: Port[Fault]


def read(cfg: Config, poll: object, tick: Tick | None, *, token: Token | None) -> Emit:
    return Out.failed(Fault("it is a stand-in"))


NODE = Node("meter", Config, Out, read)
