"""bell: tell a person."""

from dataclasses import dataclass

from wattwire.nodes import Fault, Node, Ports


@dataclass(frozen=True, kw_only=True)
class Config:
    loud: bool = False


class Out(Ports):
    """Nothing leaves."""


def ring(cfg: Config, why: Fault) -> None:
    return None


NODE = Node("bell", Config, Out, ring)
