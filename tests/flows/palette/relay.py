"""relay: pass on what comes, into one port or the other."""

from dataclasses import dataclass

from wattwire.nodes import Emit, Node, Port, Ports

from .readings import Reading


@dataclass(frozen=True, kw_only=True)
class Config:
    """Nothing to set."""


class Out(Ports):
    reading: Port[Reading]


def relay(cfg: Config, left: Reading | None, right: Reading | None) -> Emit | None:
    reading = left or right
    return Out.reading(reading) if reading else None


NODE = Node("relay", Config, Out, relay)
