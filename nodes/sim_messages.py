"""The bodies by which the simulators of one house keep in step. Not part of the public contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the car draws from the house from now on, and how it stands; None: as before."""

    at: datetime
    power: float  # W
    smart: bool = False  # a smart dispatch is on, whether the car takes it or not
    plugged: bool | None = None
    driving: bool | None = None
    soc: float | None = None  # %


@dataclass(frozen=True, kw_only=True)
class Metered:
    """The truth about a half hour, at every meter there might be. kWh."""

    start: datetime
    imported: float = 0.0
    exported: float = 0.0
    house: float = 0.0  # what the house used, without the car
    pv: float = 0.0
    car: float = 0.0
    car_smart: float = 0.0  # of it, while a smart dispatch was on
    touched: bool = False  # by a smart dispatch
    from_grid: float = 0.0  # into the battery
    into_car: float = 0.0  # out of the battery, beyond what the house used
    soc: float = 0.0  # % of the battery, at the end
    writes: int = 0  # to the setting that was written most often, in this day of UTC


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
