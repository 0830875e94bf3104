"""What the house behind a simulated GX uses and its panels give, and the meters that tell the truth about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .sim_chances import chance
from .sim_messages import Metered

if TYPE_CHECKING:
    from .sim_gx_plant import Size

HALF_HOUR = 1800.0  # s
TRICKLE = 50.0  # W that ESS draws from the grid whatever it does
NOISE = 5  # minutes, for which a household's load stays as it is
LOAD: tuple[float, ...] = (0.7, 0.6, 0.6, 0.6, 0.6, 0.7, 1.2, 2.0, 1.6, 1.2, 1.0, 1.0)  # share of the mean, from 00:00
LOAD += (1.2, 1.2, 1.0, 1.0, 1.2, 2.0, 2.4, 2.2, 1.8, 1.5, 1.2, 0.9)
KETTLES = ((0.05, 1800.0), (0.08, 2600.0), (0.1, 900.0))  # how likely in each NOISE by day, and W


@dataclass(frozen=True)
class Sums:
    """kWh of the half hour so far."""

    imported: float = 0.0
    exported: float = 0.0
    house: float = 0.0
    pv: float = 0.0
    car: float = 0.0
    car_smart: float = 0.0
    touched: bool = False
    from_grid: float = 0.0
    into_car: float = 0.0

    def plus(
        self, ev: float, smart: bool, grid: bool, battery: float, load: float, pv: float, kilohours: float
    ) -> Sums:
        """So much longer at these powers in W."""
        drawn, house = load - pv + battery if grid else 0.0, load - ev if grid else load
        took = ev if grid else 0.0
        return Sums(
            self.imported + max(drawn, 0.0) * kilohours,
            self.exported + max(-drawn, 0.0) * kilohours,
            self.house + house * kilohours,
            self.pv + pv * kilohours,
            self.car + took * kilohours,
            self.car_smart + (took if smart else 0.0) * kilohours,
            self.touched or smart,
            self.from_grid + max(0.0, min(battery, drawn - TRICKLE)) * kilohours,
            self.into_car + max(0.0, min(took, -battery - max(0.0, house - pv))) * kilohours,
        )

    def metered(self, start: datetime, soc: float) -> Metered:
        return Metered(start=start, soc=round(soc, 3), **vars(self))


def left_of_half_hour(at: datetime) -> float:
    return HALF_HOUR - at.timestamp() % HALF_HOUR


def used(size: Size, at: datetime) -> tuple[float, float]:
    """W that the house uses without the car, and that the panels give."""
    return _used(size, int(at.timestamp() // 60))


@lru_cache(maxsize=64)
def _used(size: Size, minutes: int) -> tuple[float, float]:
    hour, minute = _clock(size.zone, minutes)
    load, sun = size.load * LOAD[hour], math.sin(math.pi * (hour + minute / 60 - 7) / 11) * size.pv
    if (seed := size.household) is not None:
        share, more, sky = _household(seed, minutes // NOISE, 7 <= hour < 23)
        load, sun = load * share + more, sun * sky
    return round(load), round(max(0.0, sun) / 10) * 10 if 7 < hour + minute / 60 < 18 else 0


@lru_cache(maxsize=64)
def _household(seed: int, span: int, day: bool) -> tuple[float, float, float]:
    """Its share of the mean load, W more, and its share of the sun."""
    kettles = sum(watts for n, (p, watts) in enumerate(KETTLES) if chance(seed, n, span) < p * (1.0 if day else 0.15))
    sky = (0.2 + 0.8 * chance(seed, "sky", span // 288)) * (0.5 + 0.5 * chance(seed, "cloud", span))
    return 0.6 + 0.6 * chance(seed, "load", span), kettles, sky


@lru_cache(maxsize=64)
def _clock(zone: str, minute: int) -> tuple[int, int]:
    local = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
    return local.hour, local.minute
