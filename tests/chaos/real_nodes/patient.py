"""patient: each number waits on an edge before it has its effect; then the next one does."""

from dataclasses import dataclass
from datetime import datetime

from wattwire.nodes import Emit, Node, Now, Port, Ports

from .bodies import Halt


@dataclass(frozen=True, kw_only=True)
class Config:
    pass


@dataclass(frozen=True)
class Turn:
    n: int
    at: datetime


@dataclass(frozen=True)
class Effect:
    lane: str
    n: int
    at: datetime  # when it began to wait
    last: bool


class Out(Ports):
    next: Port[Turn]
    effect: Port[Effect]


def turn(cfg: Config, again: Turn, now: Now, *, halt: Halt | None) -> list[Emit]:
    last = halt is not None and halt.on
    effect = [Out.effect(Effect("waited", again.n, again.at, last))] if again.n else []
    return [*effect, *([] if last else [Out.next(Turn(again.n + 1, now))])]


NODE = Node("patient", Config, Out, turn)
