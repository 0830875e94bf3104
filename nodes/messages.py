"""The bodies that travel between nodes: a public contract. Fields may be added (with a default), never renamed.

Times are aware UTC; prices pence/kWh including VAT; power W; energy kWh; state of charge %. None is unknown, never 0.
Longer than a page: a contract is read in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .calls import Fault, Secret

__all__ = [
    "Bands",
    "BatteryTarget",
    "Car",
    "Charger",
    "Device",
    "Dispatch",
    "Fault",
    "House",
    "Lease",
    "Next",
    "Plan",
    "Price",
    "Prices",
    "Rate",
]
__all__ += ["Tick", "Token"]


@dataclass(frozen=True)
class Tick:
    at: datetime


@dataclass(frozen=True)
class Token:
    """An access token for a remote account; never retained, never logged."""

    token: Secret
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class Device:
    """The car or charger that Octopus steers. Its id changes when the customer registers it again."""

    at: datetime
    id: str
    state: str | None = None  # Kraken's currentState, such as SMART_CONTROL_IN_PROGRESS
    suspended: bool | None = None
    soc: float | None = None
    power: float | None = None  # W, from activePower
    power_at: datetime | None = None  # when that was read, where the reply told it
    name: str | None = None
    also: tuple[str, ...] = ()  # ids of the account's other live cars and chargers


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    start: datetime
    end: datetime
    kind: Literal["smart", "boost", "test", "unknown"] = "smart"
    status: Literal["planned", "completed"] = "planned"
    location: Literal["home", "away", "unknown"] = "unknown"
    kwh: float | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What Octopus means to do with one device."""

    at: datetime
    device: str | None = None
    state: str | None = None
    suspended: bool | None = None
    dispatches: tuple[Dispatch, ...] = ()
    power: float | None = None  # W, the device's activePower, where the reply told it
    power_at: datetime | None = None  # when that was read, where the reply told it
    skew: float | None = None  # s, Octopus's clock minus ours, from the reply's Date


@dataclass(frozen=True, kw_only=True)
class Price:
    start: datetime
    end: datetime | None  # None: open-ended
    price: float


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Flat prices of a four-rate tariff, whose lists carry no window."""

    house_cheap: float | None = None
    house_standard: float | None = None
    car_cheap: float | None = None
    car_standard: float | None = None


# `import` is a keyword of Python's: it is written import_ here, and import on the wire.
@dataclass(frozen=True, kw_only=True)
class Prices:
    at: datetime
    import_: tuple[Price, ...] = ()
    export: tuple[Price, ...] = ()
    standing: float | None = None  # pence a day
    bands: Bands | None = None


@dataclass(frozen=True, kw_only=True)
class Next:
    at: datetime
    house: float | None


@dataclass(frozen=True, kw_only=True)
class Rate:
    at: datetime
    until: datetime
    house: float | None
    car: float | None
    band: Literal["cheap", "standard", "unsure"]
    window: bool = False  # cheap by the tariff's own hours: certain, whatever is planned
    planned: bool = False  # touched by a plan, whatever it is trusted for
    rung: Literal["window", "offered", "started", "confirmed"] | None = None
    rung_at: datetime | None = None
    allowance_left: float | None = None  # hours
    next: Next | None = None
    why: str = ""
    tier: Literal["cheap", "standard", "peak"] | None = None  # by the tariff's own hours, whatever is planned
    export: float | None = None  # p/kWh for what is sold
    credit: float | None = None  # p/kWh of the car's that come back later: the bill has it at the house's price
    barred: bool = False  # no dispatch could make it cheap: the allowance is used up, or none is trusted at all


@dataclass(frozen=True, kw_only=True)
class Car:
    at: datetime
    seen: datetime | None = None  # time of the last reading
    state: Literal["online", "asleep", "offline", "unknown"] = "unknown"
    plugged: bool | None = None
    charging: bool | None = None
    soc: float | None = None
    soc_usable: float | None = None
    limit: float | None = None
    power: float | None = None
    home: bool | None = None
    vin: str | None = None
    name: str | None = None  # what people call it
    phase: str | None = None  # what its reader is doing, such as resting: left alone so that it can fall asleep
    reckoned: tuple[str, ...] = ()  # which of soc and soc_usable was worked out from the other
    fast: bool | None = None  # at a fast (DC) charger


@dataclass(frozen=True, kw_only=True)
class House:
    """W; + is import, charging, drawing."""

    at: datetime
    soc: float | None = None
    grid: float | None = None
    battery: float | None = None
    load: float | None = None
    pv: float | None = None
    ev: float | None = None
    mode: str | None = None
    controllable: bool | None = None
    why_not: str | None = None
    input_limit: float | None = None  # W, what the GX lets through from the grid; None: no limit is set
    islanded: bool | None = None  # supplied by something other than the grid


@dataclass(frozen=True, kw_only=True)
class Charger:
    """What a car's charger, or a meter on its cable, measures."""

    at: datetime
    power: float | None = None  # W
    plugged: bool | None = None


@dataclass(frozen=True, kw_only=True)
class BatteryTarget:
    """How full the house battery should be, as a forecast or a person sees it."""

    at: datetime
    soc: float
    until: datetime  # after this it no longer counts
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A wish with an end: the hardware itself lets go at `until`."""

    mode: Literal["charge", "hold", "release"]
    until: datetime
    soc: float | None = None  # charge to this
    reason: str = ""
    owner: str = ""
