"""The bodies by which the simulators of one house keep in step. Not part of the public contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the car draws from the house from now on."""

    at: datetime
    power: float  # W


@dataclass(frozen=True, kw_only=True)
class Cable:
    """A cable is put into the car, or taken out."""

    at: datetime
    plugged: bool
    power: float = 0.0  # W that it brings at once


@dataclass(frozen=True, kw_only=True)
class SimFault:
    """How a simulator should misbehave until told otherwise."""

    kind: str = "none"  # the simulator's own word; `none` behaves again
    times: int | None = None  # so many answers, then behave again; None: until told otherwise
