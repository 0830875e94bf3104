"""costMeter over half hours: what is measured, at which price, and what is not known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Emit
from wattwire.nodes.cost_meter import Config, meter
from wattwire.nodes.energy import State
from wattwire.nodes.energy_messages import Day, HalfHour
from wattwire.nodes.messages import Car, Charger, House, Prices, Rate, Tick

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HALF = 30 * MINUTE


def house(at: datetime, grid: float | None, battery: float | None = 0.0, ev: float | None = 0.0) -> House:
    return House(at=at, grid=grid, battery=battery, ev=ev)


def rate(at: datetime, price: float | None, car: float | None = None) -> Rate:
    half = datetime.fromtimestamp(at.timestamp() // 1800 * 1800, UTC)
    return Rate(at=at, until=half + HALF, house=price, car=car, band="standard")


class Meter:
    def __init__(self, **settings: Any) -> None:
        self.cfg, self.state, self.done, self.known = Config(**settings), State(), list[HalfHour](), dict[str, Any]()
        self.days: list[Day] = []

    def hear(self, at: datetime, house: House | None = None, rate: Rate | None = None) -> None:
        more = {"car": None, "charger": None, "prices": None, **self.known}
        tick = Tick(at) if house is None and rate is None else None
        self.state, emits = meter(self.cfg, self.state, tick, house, rate, at, **more)
        self.take(emits)

    def take(self, emits: list[Emit]) -> None:
        for emit in emits:
            match emit.body:
                case HalfHour() as half:
                    self.done.append(half)
                case Day() as day:
                    self.days.append(day)

    def run(self, start: datetime, minutes: int, seen: House, told: Rate) -> None:
        """So many minutes at one power and price."""
        for i in range(minutes):
            at = start + i * MINUTE
            half = datetime.fromtimestamp(at.timestamp() // 1800 * 1800, UTC)
            self.hear(at, rate=replace(told, at=at, until=half + HALF))
            self.hear(at, house=replace(seen, at=at))
        self.hear(start + minutes * MINUTE)


@pytest.mark.parametrize(
    ("seen", "told", "cost", "saved"),
    [
        pytest.param(house(NOON, 2000), rate(NOON, 30), 30.0, 0.0, id="a kilowatt hour of the house"),
        pytest.param(house(NOON, -2000), rate(NOON, 30), -15.0, 0.0, id="one sold"),
        pytest.param(
            house(NOON, -2000), replace(rate(NOON, 30), export=4.1), -4.1, 0.0, id="one sold by the half hour"
        ),
        pytest.param(house(NOON, 2000, ev=1000), rate(NOON, 30, 8), 19.0, 0.0, id="the car pays its own price"),
        pytest.param(house(NOON, 2000, ev=1000), rate(NOON, 30), 30.0, 0.0, id="a car without one pays the house's"),
        pytest.param(house(NOON, 1000, ev=3000), rate(NOON, 30, 8), 4.0, 0.0, id="only what came from the grid"),
        pytest.param(house(NOON, 0, battery=-1000), rate(NOON, 30), 0.0, 15.0, id="the battery instead of the grid"),
        pytest.param(house(NOON, 4000, battery=3000), rate(NOON, 7), 14.0, -10.5, id="filled now, saved later"),
        pytest.param(house(NOON, 2000), rate(NOON, 0), 0.0, 0.0, id="nothing is a price"),
        pytest.param(house(NOON, 2000), rate(NOON, -5), -5.0, 0.0, id="so is less than nothing"),
        pytest.param(house(NOON, 2000), rate(NOON, None), None, None, id="an unknown price is no price"),
        pytest.param(house(NOON, None), rate(NOON, 30), None, None, id="an unknown power is no power"),
        pytest.param(
            house(NOON, 2000, battery=None), rate(NOON, 30), 30.0, None, id="an unknown battery saves nothing"
        ),
        pytest.param(house(NOON, 2000, ev=None), rate(NOON, 30, 8), None, None, id="the car's share is not known"),
        pytest.param(house(NOON, 2000, ev=None), rate(NOON, 8, 8), 8.0, 0.0, id="nor does it matter at one price"),
    ],
)
def test_a_half_hour_costs(seen: House, told: Rate, cost: float | None, saved: float | None) -> None:
    it = Meter(export=15)
    it.run(NOON, 30, seen, told)
    (half,) = it.done

    assert half.cost == pytest.approx(cost) if cost is not None else half.cost is None
    assert half.saved == pytest.approx(saved) if saved is not None else half.saved is None


def test_the_last_rate_of_a_half_hour_is_what_it_is_billed_at() -> None:
    it = Meter()
    it.run(NOON, 20, house(NOON, 2000), rate(NOON, 30))
    it.run(NOON + 20 * MINUTE, 10, house(NOON, 2000), rate(NOON, 7))

    assert [(h.house_price, round(h.cost or 0, 6)) for h in it.done] == [(7, 7.0)]


@pytest.mark.parametrize(
    ("rung", "price"),
    [
        ("started", 7),  # as Octopus bills it, though the dispatch has ended within it
        ("confirmed", 7),
        ("offered", 30),  # withdrawn
        (None, 30),
    ],
)
def test_a_half_hour_that_a_dispatch_has_made_cheap_is_billed_so_and_the_next_is_not(rung: Any, price: int) -> None:
    it = Meter()
    it.run(NOON, 20, house(NOON, 2000), replace(rate(NOON, 7), band="cheap", rung=rung))
    it.run(NOON + 20 * MINUTE, 40, house(NOON, 2000), rate(NOON, 30))

    assert [h.house_price for h in it.done] == [price, 30]


def test_a_house_whose_clock_is_ahead_is_measured_whole() -> None:
    it = Meter()
    for second in range(0, 1801, 10):
        at = NOON + timedelta(seconds=second)
        it.hear(at, rate=rate(at, 30))
        it.hear(at, house=house(at + timedelta(seconds=0.6), 2000))
    (half,) = it.done

    assert half.measured == pytest.approx(1.0)
    assert half.cost == pytest.approx(30.0)


def test_a_half_hour_with_a_hole_has_no_cost() -> None:
    it = Meter()
    it.run(NOON, 20, house(NOON, 2000), rate(NOON, 30))
    it.hear(NOON + HALF)
    (half,) = it.done

    assert half.measured == pytest.approx(21 / 30)
    assert (half.cost, round(half.house or 0, 6)) == (None, 0.7)
    assert (it.days[-1].unknown, it.days[-1].cost) == (1, 0.0)


def test_the_sums_of_a_local_day_begin_anew_at_midnight() -> None:
    it = Meter()
    it.known["prices"] = Prices(at=NOON, standing=60.5)
    summer_night = datetime(2026, 7, 1, 22, tzinfo=UTC)  # 23:00 local
    it.run(summer_night, 120, house(NOON, 1000), rate(NOON, 20))

    assert [(d.day, d.half_hours, round(d.cost, 6)) for d in it.days] == [
        (date(2026, 7, 1), 1, 10),
        (date(2026, 7, 1), 2, 20),
        (date(2026, 7, 2), 1, 10),
        (date(2026, 7, 2), 2, 20),
    ]
    assert it.days[-1].standing == 60.5


def car(at: datetime, **more: Any) -> Car:
    return Car(at=at, **{"seen": at, "state": "online", **more})


@pytest.mark.parametrize(
    ("known", "kwh"),
    [
        ({"charger": Charger(at=NOON + HALF, power=7000.0)}, 3.5),
        ({"car": car(NOON + HALF, charging=True, power=7000.0)}, 3.5),
        ({"car": car(NOON + HALF, charging=False)}, 0.0),
        ({"car": car(NOON + HALF, charging=True, power=7000.0, home=False)}, 0.0),
        ({"car": car(NOON + HALF, charging=True, power=120000.0, fast=True)}, 0.0),
        ({"car": Car(at=NOON, seen=NOON - 9 * HALF, state="asleep", charging=False)}, 0.0),
        ({"car": Car(at=NOON - 3 * HALF, seen=NOON - 9 * HALF, state="asleep", charging=False)}, None),
        ({"car": Car(at=NOON, seen=NOON - 9 * HALF, state="offline", charging=True, power=7000.0)}, None),
        ({"charger": Charger(at=NOON - HALF, power=7000.0)}, None),
        ({}, None),
    ],
)
def test_the_cars_energy_is_taken_from_whoever_knows(known: dict[str, Any], kwh: float | None) -> None:
    it = Meter()
    it.known.update(known)
    it.run(NOON, 30, house(NOON, 8000, ev=None), rate(NOON, 8))

    assert it.done[0].car == (None if kwh is None else pytest.approx(kwh))


def test_a_long_sleep_is_one_hole() -> None:
    it = Meter()
    it.run(NOON, 30, house(NOON, 1000), rate(NOON, 20))
    it.hear(NOON + timedelta(days=400))

    assert len(it.done) < 60
    assert it.days[-1].day == date(2027, 12, 26)


def test_a_clock_that_was_a_month_ahead_stops_no_meter() -> None:
    it = Meter()
    it.run(NOON + timedelta(days=30), 20, house(NOON, 2000), rate(NOON, 30))
    it.run(NOON, 31, house(NOON, 2000), rate(NOON, 30))

    assert [(h.start, round(h.cost or 0, 6)) for h in it.done] == [(NOON, 30.0)]


def test_a_clock_set_back_counts_nothing_twice() -> None:
    it = Meter()
    it.run(NOON, 20, house(NOON, 2000), rate(NOON, 30))
    it.run(NOON + 10 * MINUTE, 20, house(NOON, 2000), rate(NOON, 30))
    (half,) = it.done

    assert half.house == pytest.approx(1.0)


def test_a_day_counts_the_half_hours_whose_saving_nobody_knows() -> None:
    it = Meter()
    it.run(NOON, 60, house(NOON, 2000, battery=None), rate(NOON, 30))

    assert [(round(d.cost, 6), d.saved, d.unknown, d.saving_unknown) for d in it.days[-1:]] == [(60.0, 0.0, 0, 2)]


def test_what_is_sold_at_an_unknown_price_makes_the_cost_unknown() -> None:
    costs = []
    for settings in ({}, {"export": 0.0}, {"export": 15.0}):
        it = Meter(**settings)
        it.run(NOON, 30, house(NOON, -2000), rate(NOON, 30))
        costs.append(it.done[0].cost if it.done[0].cost is None else round(it.done[0].cost, 6))

    assert costs == [None, 0.0, -15.0]
