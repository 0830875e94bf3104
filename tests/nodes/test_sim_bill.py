"""A simulated house is billed as Octopus says that it bills, from what was metered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wattwire.nodes.sim_bill import Config
from wattwire.nodes.sim_billing import Billed, State, bill
from wattwire.nodes.sim_messages import Metered
from wattwire.nodes.sim_octopus_rest import Tariff

CFG = Config(prices=Tariff(cheap=8, standard=30, car_cheap=6, car_standard=25))
LONDON = ZoneInfo("Europe/London")
HALF = timedelta(minutes=30)


def metered(at: datetime, **more: Any) -> Metered:
    return Metered(start=at, imported=1.0, house=1.0, **more)


def charging(at: datetime, smart: bool = True) -> Metered:
    return Metered(start=at, imported=3.0, house=1.0, car=2.0, car_smart=2.0 if smart else 0.0, touched=smart)


def billed(*halves: Metered) -> list[Billed]:
    state, found = State(), []
    for half in halves:
        state, one = bill(CFG, state, half)
        found.append(one)
    return found


@pytest.mark.parametrize(
    ("local", "price"),
    [
        ("2026-11-20T23:00", 30),
        ("2026-11-20T23:30", 8),
        ("2026-11-21T05:00", 8),
        ("2026-11-21T05:30", 30),
        ("2026-07-01T23:30", 8),
        ("2026-07-01T05:30", 30),
        ("2026-03-29T05:00", 8),  # the clocks went forward
        ("2026-03-29T05:30", 30),
        ("2026-10-25T05:00", 8),  # and back
        ("2026-10-25T05:30", 30),
    ],
)
def test_the_house_is_cheap_in_the_window_by_the_local_clock(local: str, price: float) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=LONDON).astimezone(UTC)

    assert billed(metered(at))[0].house_price == price


@pytest.mark.parametrize(
    ("half", "house", "cost"),
    [
        ({"car": 2.0, "car_smart": 2.0, "touched": True}, 8, 8 + 2 * 6),
        ({"car": 2.0, "car_smart": 0.0, "touched": False}, 30, 30 + 2 * 25),  # a boost, or on its own
        ({"car": 0.0, "car_smart": 0.0, "touched": True}, 30, 3 * 30),  # the car did not take it
        ({"car": 2.0, "car_smart": 0.5, "touched": True}, 8, 8 + 0.5 * 6 + 1.5 * 25),
    ],
)
def test_outside_it_what_the_car_really_took_under_a_dispatch_is_cheap_and_makes_the_house_so(
    half: dict[str, Any], house: float, cost: float
) -> None:
    one = billed(Metered(start=datetime(2026, 11, 20, 14, tzinfo=UTC), imported=3.0, house=1.0, **half))[0]

    assert one.house_price == house
    assert one.cost == pytest.approx(cost)


def test_six_hours_from_noon_to_noon_and_no_more() -> None:
    """The thirteenth half hour is dear for both, outside the window; inside it for the car alone; noon begins anew."""
    evening = datetime(2026, 11, 20, 17, tzinfo=UTC)
    halves = [charging(evening + n * HALF) for n in range(13)]
    night, noon = charging(datetime(2026, 11, 21, 2, tzinfo=UTC)), charging(datetime(2026, 11, 21, 12, tzinfo=UTC))
    found = billed(*halves, night, noon)

    assert [(b.house_price, b.car_price) for b in found[11:]] == [(8, 6), (30, 25), (8, 25), (8, 6)]


def test_a_boost_uses_nothing_up() -> None:
    evening = datetime(2026, 11, 20, 17, tzinfo=UTC)
    found = billed(*(charging(evening + n * HALF, smart=False) for n in range(12)), charging(evening + 12 * HALF))

    assert found[-1].house_price == 8


def test_what_is_drawn_before_the_dispatch_that_touches_its_half_hour_uses_nothing_up() -> None:
    """The car stops some seconds after a dispatch's end, in a half hour in which the next one begins."""
    evening = datetime(2026, 11, 20, 17, tzinfo=UTC)
    late = Metered(start=evening, imported=3.0, house=1.0, car=0.008, car_smart=0.0, touched=True)
    over = (replace(late, start=evening + n * HALF) for n in range(12))
    found = billed(*over, charging(evening + 12 * HALF))

    assert (found[-1].house_price, found[-1].car_price) == (8, 6)


def test_what_the_battery_gave_the_car_is_not_paid_twice() -> None:
    one = billed(Metered(start=datetime(2026, 11, 20, 14, tzinfo=UTC), imported=1.5, house=0.5, car=2.0, touched=True,
                         car_smart=2.0, into_car=1.0))[0]  # fmt: skip

    assert (one.house, one.car) == (0.0, 1.5)
