"""sieve: let each number of a lane through once, however often it comes."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from wattwire.nodes import Emit, Node, Port, Ports

from .bodies import Number


@dataclass(frozen=True, kw_only=True)
class Config:
    pass


@dataclass(frozen=True)
class State:
    came: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # lane -> first, last + 1, first, last + 1, …


class Out(Ports):
    fresh: Port[Number]
    again: Port[Number]


def sift(cfg: Config, state: State, number: Number) -> tuple[State, Emit]:
    spans, n = state.came.get(number.lane, ()), number.n
    at = bisect_right(spans, n)
    if at % 2:
        return state, Out.again(number)
    before, after = spans[:at], spans[at:]
    before = (*before[:-1], n + 1) if before and before[-1] == n else (*before, n, n + 1)
    if after and after[0] == n + 1:
        before, after = before[:-1], after[1:]
    return State({**state.came, number.lane: before + after}), Out.fresh(number)


NODE = Node("sieve", Config, Out, sift, state=State)
