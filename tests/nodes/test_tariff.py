"""Which price holds: bands before lists before settings, and nothing is never 0."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwire.nodes.messages import Bands, Price, Prices
from wattwire.nodes.tariff import Tariff
from wattwire.nodes.tariff_rules import Banded, Cheapest, Export, Fallback, Rules

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


def test_a_change_far_ahead_is_one_behind_however_many_equal_half_hours() -> None:
    found = tariff(listed(*((h / 2, h / 2 + 0.5, 20.0 if h < 600 else 5.0) for h in range(604))))

    assert set(found.changes_after(NOON.timestamp())) == {int(after(h).timestamp()) for h in (300, 302)}


# The tariff's own hours


WINTER = datetime(2026, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cheapest", "hours"),
    [
        (Cheapest(hours=1), [5.0, 5.5]),  # of equal ones the earlier
        (Cheapest(hours=1.5), [5.0, 5.5, 6.0]),
        (Cheapest(below=1.0), []),
        (Cheapest(below=1.01), [5.0, 5.5, 6.0]),
        (Cheapest(hours=0.5, below=1.01), [5.0, 5.5, 6.0]),
    ],
)
def test_the_cheapest_half_hours_are_cheap(cheapest: Cheapest, hours: list[float]) -> None:
    spans = [Price(start=WINTER + timedelta(hours=h / 2), end=WINTER + timedelta(hours=h / 2 + 0.5),
                   price=1.0 if 10 <= h < 13 else 20.0) for h in range(48)]  # fmt: skip
    found = Tariff(Rules(cheapest=cheapest), Prices(at=WINTER, import_=tuple(spans)))
    tiers = [found.tier((WINTER + timedelta(hours=h / 2)).timestamp()) for h in range(48)]

    assert [h / 2 for h, tier in enumerate(tiers) if tier == "cheap"] == hours


def test_what_is_not_listed_is_never_among_the_cheapest() -> None:
    found = Tariff(Rules(cheapest=Cheapest(hours=24)), None)

    assert found.tier(WINTER.timestamp()) == "standard"


@pytest.mark.parametrize("rule", [{}, {"hours": 0}, {"hours": 25}])
def test_a_rule_that_tells_nothing_is_refused(rule: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="hours"):
        Cheapest(**rule)


def test_of_two_windows_the_first_that_is_open_counts() -> None:
    peak, day = Banded(from_=time(16), until=time(19), band="peak"), Banded(from_=time(12), until=time(20))
    found = Tariff(Rules(windows=(peak, day)), None)
    tiers = [found.tier((WINTER + timedelta(hours=h)).timestamp()) for h in (11, 12, 16, 19, 20)]

    assert tiers == ["standard", "cheap", "peak", "cheap", "standard"]


def test_what_is_sold_may_have_hours_of_its_own() -> None:
    noon, price = Banded(from_=time(11), until=time(14)), Fallback(cheap=2.0, standard=15.0)
    found = Tariff(Rules(export=Export(windows=(noon,), price=price)), None)

    assert [found.export((WINTER + timedelta(hours=h)).timestamp()) for h in (10, 12)] == [15.0, 2.0]
