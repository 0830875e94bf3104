"""stubborn: each number fails until its edge has tried often enough; only then has it its effect."""

from dataclasses import dataclass
from datetime import datetime

from wattwire.nodes import Emit, Node, Now, Port, Ports

from .bodies import Halt


@dataclass(frozen=True, kw_only=True)
class Config:
    tries: int  # as often it should have been tried


@dataclass(frozen=True)
class Try:
    n: int
    at: datetime
    tries: int


@dataclass(frozen=True)
class Effect:
    lane: str
    n: int
    at: datetime
    last: bool
    right: bool  # tried as often as the edge says


class Out(Ports):
    failed: Port[Try]
    effect: Port[Effect]


def work(cfg: Config, again: Try | None, spent: Try | None, now: Now, *, halt: Halt | None) -> list[Emit]:
    if again:
        return [Out.failed(Try(again.n, again.at, again.tries + 1))]
    if not spent:
        return []
    last = halt is not None and halt.on
    effect = Out.effect(Effect("tried", spent.n, spent.at, last, spent.tries == cfg.tries))
    return [effect, *([] if last else [Out.failed(Try(spent.n + 1, now, 1))])]


NODE = Node("stubborn", Config, Out, work)
