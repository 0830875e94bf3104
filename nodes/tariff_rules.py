"""What a supplier's tariff says, as data: a file of `flows/tariffs`. A price in it counts where no list has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from . import replace
from .allowance import Allowance
from .half_hours import Window, zone

Tier = Literal["cheap", "standard", "peak"]

LONDON = "Europe/London"
NIGHT = Window()
SIX_HOURS = Allowance()


@dataclass(frozen=True, kw_only=True)
class Fallback:
    """Pence per kWh where no prices say otherwise; what is left out is unknown."""

    cheap: float | None = None
    standard: float | None = None
    car_cheap: float | None = None
    car_standard: float | None = None
    peak: float | None = None


PENCE = Fallback()


@dataclass(frozen=True, kw_only=True)
class Banded(Window):
    """A window of every day, or of some, and what it is."""

    band: Tier = "cheap"


@dataclass(frozen=True, kw_only=True)
class Cheapest:
    """Which half hours of a price list count as cheap: either reason is enough."""

    hours: float | None = None  # this many of each local day, the cheapest ones
    below: float | None = None  # p/kWh

    def __post_init__(self) -> None:
        if self.hours is None and self.below is None:
            raise ValueError("hours or below is needed to tell which half hours are cheap")
        if self.hours is not None and not 0 < self.hours <= 24:
            raise ValueError(f"hours is between 0 and 24, not {self.hours:g}")


@dataclass(frozen=True, kw_only=True)
class Export:
    """What is paid for power that is sold."""

    windows: tuple[Banded, ...] = ()  # none: the same as for what is bought
    price: Fallback = field(default_factory=Fallback)


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Where a supplier's prices are found. A code that ends in * is the beginning of many."""

    products: tuple[str, ...] = ()
    kind: Literal["by_time", "by_band"] = "by_time"  # by_band: flat lists, to which the windows belong
    half_hourly: bool = False  # tomorrow's appear in the afternoon
    export: tuple[str, ...] = ()  # products of what is sold


@dataclass(frozen=True, kw_only=True)
class Rules:
    title: str = ""
    timezone: str = LONDON
    windows: tuple[Banded, ...] = ()  # the first that is open counts; in none of them power is standard
    cheapest: Cheapest | None = None  # outside the windows, by the price list
    dispatch: Literal["house", "car", "nothing"] = "nothing"  # what a smart dispatch makes cheap
    car: Literal["house", "apart", "credit"] = "house"  # it pays what the house pays, its own, or gets some back
    credit: float | None = None  # p/kWh that it gets back, where no car_cheap says what is left to pay
    allowance: Allowance | None = None  # the car's cheap hours of a day
    price: Fallback = field(default_factory=Fallback)  # where no list says otherwise
    standing: float | None = None  # pence a day
    export: Export | None = None
    lists: Lists = field(default_factory=Lists)
    read: str | None = None  # the date these prices were read
    source: str = ""  # where

    def __post_init__(self) -> None:
        zone(self.timezone)
        try:
            date.fromisoformat(self.read or "2000-01-01")
        except ValueError:
            raise ValueError(f"read is a date such as 2026-11-20, not {self.read!r}") from None


def in_force(
    tariff: Rules | None, timezone: str, window: Window | Literal[False], price: Fallback, allowance: Allowance | None
) -> Rules:
    """A tariff with the settings of a flow put over it; without one the settings are the tariff.

    A setting was given if it is not the very default.
    """
    if tariff is None:
        rules = Rules(dispatch="house", car="apart", allowance=allowance)
    else:
        rules = tariff if allowance is SIX_HOURS else replace(tariff, allowance=allowance)
    if tariff is None or timezone != LONDON:
        rules = replace(rules, timezone=timezone)
    if tariff is None or window is not NIGHT:
        others = tuple(w for w in rules.windows if w.band != "cheap")
        own = (Banded(**vars(window)),) if window else ()
        rules = replace(rules, windows=own + others)
    if price != PENCE:
        given = {name: told for name, told in vars(price).items() if told is not None}
        rules = replace(rules, price=replace(rules.price, **given))
    return rules


def fitting(product: str, tariffs: Mapping[str, Rules]) -> str | None:
    """The name of the tariff that a product code belongs to: of several the one that says most of the code."""

    def fit(code: str) -> int:
        if code.endswith("*"):
            return len(code) - 1 if product.startswith(code[:-1]) else -1
        return len(code) + 1 if product == code else -1

    fits = {name: max(map(fit, rules.lists.products), default=-1) for name, rules in tariffs.items()}
    best = max(fits, key=lambda name: fits[name], default=None)
    return best if best is not None and fits[best] >= 0 else None
