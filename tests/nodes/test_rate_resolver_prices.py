"""What a half hour costs, and which price comes next."""

from dataclasses import replace

import pytest
from rate_life import at, charging, config, dispatch, live, plan

from wattwire.nodes.messages import Bands, Next, Price, Prices
from wattwire.nodes.tariff_rules import Fallback


def test_bands_come_before_lists_and_lists_before_settings() -> None:
    lists = Prices(at=at("13:00"), import_=(Price(start=at("00:00"), end=None, price=20.0),))
    both = replace(lists, bands=Bands(house_cheap=0.0, house_standard=30.0, car_cheap=-1.0))
    before, after = plan("14:20", "14:00-14:30"), plan("14:34", "14:30-15:00")
    rates = live(config("offered"), before, "14:31", lists, "14:32", both, "14:33", after)

    assert [r.house for r in rates] == [7.0, 28.0, 20.0, 30.0, 0.0]
    assert [r.car for r in rates] == [6.0, 27.0, 27.0, 27.0, -1.0]


def test_a_dispatch_takes_the_lowest_price_of_its_own_local_date() -> None:
    spans = (("19", "19:00", 1.0), ("20", "05:30", 28.0), ("20", "23:30", 7.5), ("21", "05:30", 29.0))
    starts = [at(clock, int(day)) for day, clock, _ in spans]
    ends = [*starts[1:], None]
    listed = tuple(Price(start=s, end=e, price=p) for s, e, (_, _, p) in zip(starts, ends, spans, strict=True))
    prices = Prices(at=at("13:00"), import_=listed)
    today = live(config("offered", window=False), prices, plan("14:00", "14:00-15:00"))
    tomorrow = live(config("offered", window=False), prices, plan("+14:00", "+14:00-+15:00"))

    assert [r.house for r in (*today, *tomorrow)] == [1.0, 7.5]


def test_free_power_is_a_price() -> None:
    free = Prices(at=at("13:00"), import_=(Price(start=at("13:00"), end=at("15:00"), price=0.0),))
    (rate,) = live(config(), free, plan("14:00"))

    assert (rate.band, rate.house, rate.next) == ("standard", 0.0, Next(at=at("15:00"), house=28.0))


def test_a_missing_price_is_unknown_and_never_0() -> None:
    standard, offered, night = (
        live(config("offered", price=price), plan("14:00", *spans), now)[-1]
        for price, spans, now in (
            (Fallback(cheap=7.0), (), "14:01"),
            (Fallback(standard=28.0), ("14:00-15:00",), "14:01"),
            (Fallback(), (), "23:45"),
        )
    )

    assert (standard.band, standard.house, standard.car) == ("unsure", None, None)
    assert (offered.band, offered.house) == ("unsure", 28.0)
    assert (night.band, night.house, night.next) == ("cheap", None, None)


# What comes next


@pytest.mark.parametrize(
    ("trust", "spans", "at_", "house"),
    [
        ("confirmed", ["15:10-16:10"], "23:30", 7.0),
        ("offered", ["15:10-16:10"], "15:00", 7.0),
        ("offered", ["14:00-14:20", "14:40-15:10"], "15:30", 28.0),
        ("offered", ["23:10-+01:00", "14:00-14:10"], "14:30", 28.0),
        ("started", ["15:10-16:10"], "23:30", 7.0),
        ("window", ["14:00-16:10"], "23:30", 7.0),
    ],
)
def test_the_next_price_is_the_first_that_differs_as_far_as_it_is_known(
    trust: str, spans: list[str], at_: str, house: float
) -> None:
    (rate,) = live(config(trust), plan("14:05", *spans))

    assert rate.next == Next(at=at(at_), house=house)


def test_a_dispatch_beside_the_window_makes_one_cheap_run_with_it() -> None:
    rates = live(config("offered"), plan("23:05", "23:10-23:30"), plan("+05:25", "+05:20-+05:45"))

    assert [r.next for r in rates] == [Next(at=at("+05:30"), house=28.0), Next(at=at("+06:00"), house=28.0)]


def test_a_dispatch_of_no_energy_promises_nothing_once_it_has_begun() -> None:
    idle = dispatch("14:10-15:00", kwh=0.0)
    rates = live(config("offered"), charging("14:00"), plan("14:00", idle), "14:05", "14:10")

    assert [rate.next and rate.next.at for rate in rates] == [at("15:00"), at("15:00"), at("14:30")]


def test_equal_prices_on_both_sides_of_a_change_are_no_change() -> None:
    same = Fallback(cheap=7.0, standard=7.0)

    assert [r.next for r in live(config(price=same), plan("14:00"))] == [None]
