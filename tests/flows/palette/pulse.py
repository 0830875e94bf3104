"""pulse: say that it is time."""

from dataclasses import dataclass
from datetime import timedelta

from wattwire.nodes import Due, Emit, Node, Port, Ports, Started, Timer
from wattwire.nodes.messages import Tick


@dataclass(frozen=True, kw_only=True)
class Config:
    every: timedelta  # from one to the next

    def __post_init__(self) -> None:
        if not self.every:
            raise ValueError("every must be longer than nothing")


class Out(Ports):
    tick: Port[Tick]


def step(cfg: Config, event: Started | Due) -> list[Emit | Timer]:
    return []


NODE = Node("pulse", Config, Out, step)
