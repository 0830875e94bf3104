"""The bodies by which the house's meter tells what it took and what that cost: a half hour, and a day so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from . import replace


@dataclass(frozen=True, kw_only=True)
class HalfHour:
    """One settlement half hour. kWh, and pence including VAT; None is not known."""

    start: datetime
    end: datetime
    measured: float  # of the half hour, 0 to 1
    house: float | None  # kWh from the grid, without the car's where that is known
    car: float | None
    exported: float | None
    house_price: float | None
    car_price: float | None
    cost: float | None
    idle_cost: float | None  # of the same house and car with a battery that does nothing
    saved: float | None


@dataclass(frozen=True, kw_only=True)
class Day:
    """The half hours of a local day so far. A saving counts when the stored energy is used, not when it is stored."""

    day: date
    half_hours: int = 0
    unknown: int = 0  # half hours whose cost is not known, and not in the sums
    house: float = 0.0
    car: float = 0.0
    exported: float = 0.0
    cost: float = 0.0
    saved: float = 0.0
    saving_unknown: int = 0  # half hours whose cost is known, but not what it would have been
    standing: float | None = None  # pence a day, not in the cost

    def plus(self, half: HalfHour) -> Day:
        known = replace(
            self,
            half_hours=self.half_hours + 1,
            house=self.house + (half.house or 0.0),
            car=self.car + (half.car or 0.0),
            exported=self.exported + (half.exported or 0.0),
        )
        if half.cost is None:
            return replace(known, unknown=self.unknown + 1)
        known = replace(known, cost=self.cost + half.cost)
        if half.saved is None:
            return replace(known, saving_unknown=self.saving_unknown + 1)
        return replace(known, saved=self.saved + half.saved)
