"""ledger: write down every number it is given, and how often."""

from dataclasses import dataclass, replace

from wattwire.nodes import Emit, Node, Port, Ports


@dataclass(frozen=True, kw_only=True)
class Config:
    pass


@dataclass(frozen=True)
class Numbered:
    n: int


@dataclass(frozen=True)
class Total:
    numbers: int
    twice: int


@dataclass(frozen=True)
class State:
    seen: tuple[int, ...] = ()


class Out(Ports):
    total: Port[Total]


def write(cfg: Config, state: State, body: object) -> tuple[State, Emit]:
    number = body["n"] if isinstance(body, dict) else -1
    state = replace(state, seen=(*state.seen, number))
    return state, Out.total(Total(len(set(state.seen)), len(state.seen) - len(set(state.seen))))


NODE = Node("ledger", Config, Out, write, state=State)
