"""Which price holds: bands before lists before settings, and nothing is never 0."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwire.nodes.messages import Bands, Price, Prices
from wattwire.nodes.tariff import Tariff
from wattwire.nodes.tariff_rules import Fallback, Rules

NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)
PENCE = Fallback(cheap=7.0, standard=28.0, car_cheap=6.0, car_standard=27.0)


def after(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def listed(*spans: tuple[float, float | None, float]) -> Prices:
    found = (Price(start=after(s), end=None if e is None else after(e), price=p) for s, e, p in spans)
    return Prices(at=NOON, import_=tuple(found))


def tariff(prices: Prices | None = None, fallback: Fallback = PENCE) -> Tariff:
    return Tariff(Rules(price=fallback, car="apart"), prices)


@pytest.mark.parametrize(
    ("prices", "plain", "night", "lowest"),
    [
        (None, 28.0, 7.0, 7.0),
        (Prices(at=NOON), 28.0, 7.0, 7.0),
        (listed((-1, 1, 20.0), (1, 2, 3.0)), 20.0, 20.0, 3.0),
        (listed((1, 2, 3.0)), 28.0, 7.0, 3.0),  # no price for now, and another one today
        (listed((24, 26, 3.0)), 28.0, 7.0, 7.0),  # tomorrow's is not today's
        (listed((-1, 1, 0.0)), 0.0, 0.0, 0.0),
        (listed((-1, 1, 20.0), (1, 2, -5.0)), 20.0, 20.0, -5.0),
        (listed((-1000, None, 20.0)), 20.0, 20.0, 20.0),
        (listed((-1000, None, 5.0), (-500, None, 20.0)), 20.0, 20.0, 20.0),  # one that another took the place of
        (listed((-1000, None, 20.0), (6, 7, 5.0)), 20.0, 20.0, 5.0),
        (Prices(at=NOON, bands=Bands(house_cheap=0.0)), 28.0, 0.0, 0.0),
        (Prices(at=NOON, bands=Bands(house_standard=30.0)), 30.0, 7.0, 7.0),
    ],
)
def test_what_the_house_pays(prices: Prices | None, plain: float, night: float, lowest: float) -> None:
    found, t = tariff(prices), NOON.timestamp()

    assert (found.plain(t, "standard"), found.plain(t, "cheap"), found.lowest(t)) == (plain, night, lowest)


def test_what_nobody_says_is_unknown() -> None:
    found, t = tariff(fallback=Fallback()), NOON.timestamp()
    told = (
        found.plain(t, "standard"),
        found.plain(t, "cheap"),
        found.lowest(t),
        found.car(True, 9.0),
        found.car(False, 9.0),
    )

    assert set(told) == {None}


def test_the_car_pays_what_the_bands_say_else_the_settings() -> None:
    found = tariff(Prices(at=NOON, bands=Bands(car_cheap=0.0)))

    assert (found.car(True, 9.0), found.car(False, 9.0)) == (0.0, 27.0)


def test_the_local_date_has_its_own_lowest_price() -> None:
    found = tariff(listed((-1, 10.9, 9.0), (11, 12, 2.0)))  # 23:00 UTC is midnight in summer

    assert [found.lowest(after(h).timestamp()) for h in (10.5, 11)] == [9.0, 2.0]


@given(st.permutations(range(12)), st.floats(0, 11.99))
def test_the_order_of_a_list_does_not_matter(order: list[int], hours: float) -> None:
    found = tariff(listed(*((h, h + 1, float(h)) for h in order)))

    assert found.plain(after(hours).timestamp(), "standard") == float(int(hours))


def test_a_longer_price_shows_again_when_a_shorter_one_over_it_ends() -> None:
    found = tariff(listed((0, None, 20.0), (1, 2, 5.0)))

    assert [found.plain(after(h).timestamp(), "standard") for h in (0.5, 1.5, 2.0)] == [20.0, 5.0, 20.0]


def test_its_changes_are_where_prices_begin_and_end() -> None:
    found = tariff(listed((-2, 0, 1.0), (1, 2, 5.0), (2, None, 6.0)))

    assert set(found.changes_after(NOON.timestamp())) == {int(after(h).timestamp()) for h in (1, 2)}
