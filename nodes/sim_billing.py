"""How a four-rate account is billed: from half hours that were metered, and nobody's forecast."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from . import replace
from .field import figure
from .sim_messages import Metered

if TYPE_CHECKING:
    from .sim_bill import Config

NOTICED = 0.005  # kWh in a half hour; what is less is no charging


@dataclass(frozen=True, kw_only=True)
class Billed:
    """A half hour on the bill. kWh and pence."""

    start: datetime
    house: float
    car: float
    exported: float
    house_price: float
    car_price: float  # of what was charged under a smart dispatch; all else pays what `rest_price` says
    rest_price: float
    cheap: bool  # for the house
    cost: float
    metered: Metered


@dataclass(frozen=True, kw_only=True)
class Bill:
    half_hours: int = 0
    house: float = 0.0
    car: float = 0.0
    exported: float = 0.0
    cost: float = 0.0  # pence, without the standing charge


@dataclass(frozen=True)
class State:
    day: date | None = None  # of the allowance, which begins at noon
    used: float = 0.0  # hours of it
    bill: Bill = Bill()


def metered(payload: bytes) -> Metered | None:
    """None for what no meter of ours told."""
    try:
        told = json.loads(payload)
        found = Metered(**{**told, "start": datetime.fromisoformat(told["start"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    amounts = [value for name, value in told.items() if name != "start"]
    return found if found.start.tzinfo and all(isinstance(v, bool) or figure(v) is not None for v in amounts) else None


def bill(cfg: Config, state: State, m: Metered) -> tuple[State, Billed]:
    local = m.start.astimezone(ZoneInfo(cfg.timezone))
    day = (local.replace(tzinfo=None) - timedelta(hours=12)).date()
    used = state.used if day == state.day else 0.0
    window = local.time() >= cfg.from_ or local.time() < cfg.until
    smart, inside = m.touched and m.car > NOTICED, used < cfg.hours
    took = 0.5 if m.touched and m.car_smart > NOTICED else 0.0  # hours; what runs on is not the next's
    cheap, prices = window or (smart and inside), cfg.prices
    house_price = prices.cheap if cheap else prices.standard
    car_price = prices.car_cheap if inside else prices.car_standard
    rest_price = prices.car_cheap if inside and window else prices.car_standard
    car = min(m.car, m.imported)
    by_plan = min(m.car_smart, car)
    house = m.imported - car
    cost = house * house_price + by_plan * car_price + (car - by_plan) * rest_price - m.exported * cfg.export
    billed = Billed(
        start=m.start, house=house, car=car, exported=m.exported, house_price=house_price, car_price=car_price,
        rest_price=rest_price, cheap=cheap, cost=cost, metered=m,
    )  # fmt: skip
    so_far = state.bill
    sums = Bill(
        half_hours=so_far.half_hours + 1,
        house=so_far.house + house,
        car=so_far.car + car,
        exported=so_far.exported + m.exported,
        cost=so_far.cost + cost,
    )
    return replace(state, day=day, used=used + took, bill=sums), billed
