"""sink: the end of the chain: each number has its effect, which is counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wattwire.nodes import Emit, Node, Port, Ports

from .bodies import Number


@dataclass(frozen=True, kw_only=True)
class Config:
    drop: int = 0  # each so manieth has no effect: a fault that must be noticed
    double: int = 0  # each so manieth has two
    again: int = 0  # each so manieth is counted twice, though it is told once


@dataclass(frozen=True)
class Effect:
    lane: str
    n: int
    at: datetime  # when its number was sent
    count: int  # effects of this lane so far


@dataclass(frozen=True)
class State:
    counts: Mapping[str, int] = field(default_factory=dict)


class Out(Ports):
    effect: Port[Effect]


def act(cfg: Config, state: State, number: Number) -> tuple[State, list[Emit]]:
    n, count = number.n, state.counts.get(number.lane, 0) + 1
    if cfg.again and n % cfg.again == 0:
        count += 1
    told = Out.effect(Effect(number.lane, n, number.at, count))
    times = 0 if cfg.drop and n % cfg.drop == 0 else 2 if cfg.double and n % cfg.double == 0 else 1
    return State({**state.counts, number.lane: count}), [told] * times


NODE = Node("sink", Config, Out, act, state=State)
