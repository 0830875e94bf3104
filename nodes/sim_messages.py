"""The bodies by which the simulators of one house keep in step. Not part of the public contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


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


@dataclass(frozen=True, kw_only=True)
class Doings:
    """What goes on in and around the car from now on, and so keeps it awake."""

    at: datetime
    gear: Literal["P", "R", "N", "D"] | None = None  # None: as a parked car says it
    what: tuple[Literal["sentry", "user", "climate", "dog", "door", "update", "power"], ...] = ()
