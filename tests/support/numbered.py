"""What the small nodes of several tests have in common: they are given numbers, pass them on and note them."""

from __future__ import annotations

from dataclasses import dataclass

from wattwire.nodes import Emit, Port, Ports


@dataclass(frozen=True)
class Config:
    pass


@dataclass(frozen=True)
class Number:
    n: int


@dataclass(frozen=True)
class Noted:
    """What a node has been given, in order."""

    all: tuple[int, ...] = ()


class Out(Ports):
    out: Port[Number]


def relay(cfg: Config, n: Number) -> Emit:
    return Out.out(n)


def noting(state: Noted, n: Number) -> Noted:
    return Noted((*state.all, n.n))
