"""Energy of one house, from readings of its power, half hour by half hour; and what it cost.

Longer than a page: a half hour is measured and priced at one and the same moment, its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from . import replace
from .energy_messages import Day, HalfHour
from .half_hours import HALF_HOUR, begins, half_hour
from .ladder import away, earned
from .messages import Car, Charger, House, Rate

LITTLE = 0.02  # kWh; a meter's own wobble, not something sold
WHOLE = 0.95  # of a half hour measured; what is less is told, and its cost is not known
BACK = timedelta(hours=1)  # a clock set back by more would stop the meter until that time comes again
ASLEEP = timedelta(hours=1)  # a car that sleeps is looked at every quarter of an hour; told longer ago it may charge


@dataclass(frozen=True)
class Sums:
    """kWh of one half hour; None where nobody could tell it."""

    seconds: float = 0.0  # measured
    imported: float = 0.0
    exported: float = 0.0
    car: float | None = 0.0
    idle_imported: float | None = 0.0  # as it were with a battery that does nothing
    idle_exported: float | None = 0.0

    def plus(self, house: House, car: float | None, seconds: float) -> Sums:
        """`seconds` more at these powers."""
        grid, hours = house.grid, seconds / 3_600_000
        if grid is None:
            return self
        idle = None if house.battery is None else grid - house.battery
        return Sums(
            self.seconds + seconds,
            self.imported + max(grid, 0.0) * hours,
            self.exported + max(-grid, 0.0) * hours,
            None if car is None or self.car is None else self.car + car * hours,
            None if idle is None or self.idle_imported is None else self.idle_imported + max(idle, 0.0) * hours,
            None if idle is None or self.idle_exported is None else self.idle_exported + max(-idle, 0.0) * hours,
        )


@dataclass(frozen=True)
class State:
    half: int | None = None
    sums: Sums = Sums()
    until: datetime | None = None  # measured so far
    house: House | None = None
    rates: tuple[float | None, float | None, float | None] | None = None  # of this half hour: house, car, export
    day: Day | None = field(default=None)
    earned: bool = False  # a dispatch that had begun made this half hour cheap


def advance(
    state: State, to: datetime, car: float | None, gap: timedelta, zone: str, export: float | None
) -> tuple[State, list[HalfHour], Day | None]:
    """Let the powers last seen go on until `to`, but no longer than `gap`; the half hours that ended with it."""
    done: list[HalfHour] = []
    if state.half is None or (state.until is not None and state.until - to > BACK):
        state = State(day=state.day)
        return replace(state, half=half_hour(to), until=to), done, None
    while (number := state.half) is not None and number < half_hour(to):
        state = _measured(state, begins(number + 1), car, gap)
        half = _closed(state, export)
        done.append(half)
        day = half.start.astimezone(ZoneInfo(zone)).date()
        sums = state.day if state.day and state.day.day == day else Day(day=day)
        nearer = max(number + 1, half_hour(to) - 48)  # a long sleep is not worth a line for each half hour
        state = State(nearer, Sums(), begins(nearer), state.house, None, sums.plus(half))
    return _measured(state, to, car, gap), done, state.day if done else None


def _measured(state: State, to: datetime, car: float | None, gap: timedelta) -> State:
    if state.until == to:
        return state
    if state.house is None or state.until is None:
        return replace(state, until=to)
    seconds = (min(to, state.house.at + gap) - max(state.until, state.house.at)).total_seconds()
    sums = state.sums.plus(state.house, car, seconds) if seconds > 0 else state.sums
    return replace(state, sums=sums, until=max(to, state.until))


def _closed(state: State, export: float | None) -> HalfHour:
    assert state.half is not None
    sums = state.sums
    measured = min(1.0, sums.seconds / HALF_HOUR)
    house_price, car_price, export_price = state.rates or (None, None, None)
    sold = export if export_price is None else export_price
    whole = measured >= WHOLE
    cost = _cost(sums.imported, sums.exported, sums.car, house_price, car_price, sold) if whole else None
    idle = (
        _cost(sums.idle_imported, sums.idle_exported, sums.car, house_price, car_price, sold)
        if whole and sums.idle_imported is not None and sums.idle_exported is not None
        else None
    )
    some = sums.seconds > 0
    return HalfHour(
        start=begins(state.half),
        end=begins(state.half + 1),
        measured=measured,
        house=max(0.0, sums.imported - (sums.car or 0.0)) if some else None,
        car=sums.car if some else None,
        exported=sums.exported if some else None,
        house_price=house_price,
        car_price=car_price,
        cost=cost,
        idle_cost=idle,
        saved=None if cost is None or idle is None else idle - cost,
    )


def _cost(
    imported: float,
    exported: float,
    car: float | None,
    house: float | None,
    car_price: float | None,
    export: float | None,
) -> float | None:
    """Pence. The car's own price counts for what it took from the grid; where it has none it pays the house's."""
    if house is None or (car is None and car_price not in (None, house)):
        return None
    if export is None and exported >= LITTLE:
        return None
    taken = min(car or 0.0, imported)
    return (imported - taken) * house + taken * (house if car_price is None else car_price) - exported * (export or 0.0)


def priced(state: State, rate: Rate, now: datetime) -> State:
    """The last rate of a half hour is the one it is billed at, but for the end of a dispatch that made it cheap."""
    if state.half != half_hour(now) or not rate.at <= now < rate.until or (state.earned and rate.band != "cheap"):
        return state
    return replace(state, rates=(rate.house, rate.car, rate.export), earned=state.earned or earned(rate))


def car_power(
    house: House | None, car: Car | None, charger: Charger | None, now: datetime, fresh: timedelta
) -> float | None:
    """W: as the house measures it, else the charger, else the car. What is old is not known."""
    if house is not None and house.ev is not None:
        return house.ev
    if charger is not None and now - charger.at <= fresh and charger.power is not None:
        return charger.power
    if car is None:
        return None
    told, most = (car.at, ASLEEP) if car.state == "asleep" else (car.seen, fresh)
    if told is None or now - told > most:
        return None
    if car.state == "asleep" or away(car):
        return 0.0
    return 0.0 if car.charging is False else car.power
