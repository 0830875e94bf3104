"""rateFetcher: a tariff without times has up to four flat prices, each in a list of its own."""

from dataclasses import replace

import pytest
from rates_talk import CFG, EMPTY, NOW, flat, lived, poll, world

from wattwire.nodes import Emit, Fault, Json, Reply
from wattwire.nodes.messages import Bands, Prices
from wattwire.nodes.rate_fetcher import State, ask


def bands(emit: Emit) -> Bands | None:
    assert isinstance(emit.body, Prices)
    return emit.body.bands


def test_an_empty_list_turns_to_the_four_flat_ones() -> None:
    asked, sent = poll(
        standard_unit_rates=EMPTY,
        night_unit_rates=world("rates_flat"),
        day_unit_rates=flat(28.0),
        ev_device_off_peak_unit_rates=flat(7.1),
        ev_device_peak_unit_rates=flat(28.3),
        standing_charges=flat(54.2),
    )

    assert asked == [
        "standard-unit-rates",
        "night-unit-rates",
        "day-unit-rates",
        "ev-device-off-peak-unit-rates",
        "ev-device-peak-unit-rates",
        "standing-charges",
    ]
    bands = Bands(house_cheap=7.5, house_standard=28.0, car_cheap=7.1, car_standard=28.3)
    assert sent == Emit("prices", Prices(at=NOW, standing=54.2, bands=bands))


def test_a_tariff_of_two_registers_has_bands_for_the_house_only() -> None:
    _, sent = poll(
        standard_unit_rates=world("rates_two_registers", 400),
        night_unit_rates=flat(12.0),
        day_unit_rates=flat(30.0),
    )

    assert sent == Emit("prices", Prices(at=NOW, bands=Bands(house_cheap=12.0, house_standard=30.0)))


def test_a_list_that_has_not_begun_is_no_price() -> None:
    early: Json = {"value_inc_vat": 9.0, "valid_from": "2026-08-01T00:00:00Z", "valid_to": None}
    later = Reply(200, {"results": [early], "next": None}, at=NOW)
    _, sent = poll(standard_unit_rates=EMPTY, night_unit_rates=later, day_unit_rates=flat(28.0))

    assert sent == Emit("prices", Prices(at=NOW, bands=Bands(house_standard=28.0)))


def test_no_price_anywhere_is_empty_and_never_nothing_a_kwh() -> None:
    _, sent = poll(standard_unit_rates=world("rates_empty"), standing_charges=flat(54.2))

    assert sent == Emit("empty", Fault("no price is listed for E-1R-INTELLI-VAR-24-10-29-A"))


def test_a_band_that_fails_is_not_a_band_that_is_not_there() -> None:
    _, sent = poll(standard_unit_rates=EMPTY, night_unit_rates=flat(7.0), day_unit_rates=Reply(503))

    assert sent == Emit("failed", Fault("day-unit-rates: HTTP 503", 503))


def test_each_band_keeps_its_last_price_while_its_list_is_empty() -> None:
    both = {"standard-unit-rates": EMPTY, "night-unit-rates": flat(7.0), "day-unit-rates": flat(28.0)}
    day = {"standard-unit-rates": EMPTY, "night-unit-rates": EMPTY, "day-unit-rates": flat(29.0)}
    none = {"standard-unit-rates": EMPTY, "night-unit-rates": EMPTY, "day-unit-rates": EMPTY}
    first, second, third, fourth = lived(CFG, both, day, none, both)

    assert bands(first) == Bands(house_cheap=7.0, house_standard=28.0)
    assert bands(second) == Bands(house_cheap=7.0, house_standard=29.0)
    assert third.port == "empty"
    assert bands(fourth) == Bands(house_cheap=7.0, house_standard=28.0)


def test_a_band_keeps_nothing_of_another_tariff() -> None:
    state = State(bands=Bands(house_cheap=1.0), tariff="E-1R-OLD-A")

    assert ask(CFG, state, None, NOW)[0].bands is None


FOUR = replace(CFG, product="IOG-SMB-VAR-24-10-29", tariff="E-1R-IOG-SMB-VAR-24-10-29-A")
LISTS = "products/IOG-SMB-VAR-24-10-29/electricity-tariffs/E-FOUR-IOG-SMB-VAR-24-10-29-A/"


def detail(code: str, *lists: str, way: str = "direct_debit_monthly", region: str = "_A") -> Reply:
    links: list[Json] = [{"href": f"https://api.octopus.energy/v1/{LISTS}{name}/", "rel": "x"} for name in lists]
    told: Json = {"code": code, "links": links}
    return Reply(200, {"code": "IOG-SMB-VAR-24-10-29", "four_rate_ev_electricity_tariffs": {region: {way: told}}})


@pytest.mark.parametrize(
    "told",
    [
        detail("E-FOUR-IOG-SMB-VAR-24-10-29-A", "night-unit-rates", "day-unit-rates", "ev-device-off-peak-unit-rates"),
        detail(FOUR.tariff, "night-unit-rates", "day-unit-rates", "ev-device-off-peak-unit-rates", region="_B"),
        detail("x", "night-unit-rates", "day-unit-rates", "ev-device-off-peak-unit-rates", way="varying"),
    ],
)
def test_lists_that_are_not_where_they_should_be_are_looked_for_where_the_product_says(told: Reply) -> None:
    world = {
        "standard-unit-rates": EMPTY,
        "products/IOG-SMB-VAR-24-10-29": told,
        f"{LISTS}night-unit-rates": flat(7.2),
        f"{LISTS}day-unit-rates": flat(28.5),
        f"{LISTS}ev-device-off-peak-unit-rates": flat(6.9),
        "night-unit-rates": Reply(404, {"detail": "Not found."}),
    }
    (sent,) = lived(FOUR, world)

    assert bands(sent) == Bands(house_cheap=7.2, house_standard=28.5, car_cheap=6.9)


@pytest.mark.parametrize("told", [Reply(404), Reply(200, text="<html>"), Reply(200, {"links": [7]}), detail("x")])
def test_a_product_that_says_nothing_of_them_leaves_what_was_found(told: Reply) -> None:
    lists = {"standard-unit-rates": EMPTY, "night-unit-rates": flat(7.2), "products/IOG-SMB-VAR-24-10-29": told}
    (sent,) = lived(FOUR, lists)

    assert bands(sent) == Bands(house_cheap=7.2)
