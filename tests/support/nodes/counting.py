"""counting: the next number, every so often, up to a last one."""

from dataclasses import dataclass
from datetime import timedelta

from wattwire.nodes import Due, Emit, Node, Now, Port, Ports, Started, Timer


@dataclass(frozen=True, kw_only=True)
class Config:
    every: timedelta
    last: int


@dataclass(frozen=True)
class Number:
    n: int


@dataclass(frozen=True)
class State:
    n: int = 0


class Out(Ports):
    number: Port[Number]


def count(cfg: Config, state: State, event: Started | Due, now: Now) -> tuple[State, list[Emit | Timer]]:
    again = Timer("next", now + cfg.every)
    if isinstance(event, Started) or state.n >= cfg.last:
        return state, [again]
    return State(state.n + 1), [Out.number(Number(state.n + 1)), again]


NODE = Node("counting", Config, Out, count, state=State)
