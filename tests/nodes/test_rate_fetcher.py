import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wattwire.nodes import Emit, Fault, Json, Reply, Request
from wattwire.nodes.messages import Bands, Price, Prices
from wattwire.nodes.rate_fetcher import Config, State, ask, read

WORLD = Path(__file__).parents[1] / "world" / "kraken"
CFG = Config(product="INTELLI-VAR-24-10-29", tariff="E-1R-INTELLI-VAR-24-10-29-A")
NOW = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
BASE = "https://api.octopus.energy/v1/products/INTELLI-VAR-24-10-29/electricity-tariffs/E-1R-INTELLI-VAR-24-10-29-A/"
EMPTY = Reply(200, {"count": 0, "next": None, "results": []}, at=NOW)


def world(name: str, status: int = 200) -> Reply:
    return Reply(status, json.loads((WORLD / f"{name}.json").read_text()), at=NOW)


def flat(price: float) -> Reply:
    entry: Json = {"value_inc_vat": price, "valid_from": "2026-01-01T00:00:00Z", "valid_to": None}
    return Reply(200, {"count": 1, "next": None, "results": [entry]}, at=NOW)


def poll(**lists: Reply | list[Reply]) -> tuple[list[str], Emit]:
    """One poll against a world of lists; the lists that were asked for, and what came of it."""
    given = {k.replace("_", "-"): v if isinstance(v, list) else [v] for k, v in lists.items()}
    result: Request | Emit
    asked, (state, result) = [], ask(CFG, State(), None, NOW)
    while isinstance(result, Request):
        name = result.url.removeprefix(BASE).rstrip("/")
        asked.append(name)
        reply = given[name].pop(0) if given.get(name) else Reply(404, {"detail": "Not found."})
        state, result = read(CFG, state, replace(reply, at=NOW))
    return asked, result


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


TWO_RUNS = (
    Price(start=at("2026-07-01T22:30"), end=at("2026-07-02T04:30"), price=7.0),
    Price(start=at("2026-07-02T04:30"), end=at("2026-07-02T22:30"), price=28.0),
    Price(start=at("2026-07-02T22:30"), end=at("2026-07-03T04:30"), price=7.0),
)


def test_prices_by_time_come_oldest_first_with_the_standing_charge() -> None:
    asked, sent = poll(standard_unit_rates=world("rates"), standing_charges=flat(54.2))

    assert asked == ["standard-unit-rates", "standing-charges"]
    assert sent == Emit("prices", Prices(at=NOW, import_=TWO_RUNS, standing=54.2))


def test_every_page_is_read() -> None:
    pages = [world("rates_page_1"), world("rates_page_2")]
    asked, sent = poll(standard_unit_rates=pages, standing_charges=EMPTY)

    assert asked == ["standard-unit-rates", "standard-unit-rates", "standing-charges"]
    assert sent == Emit("prices", Prices(at=NOW, import_=TWO_RUNS[:2]))


def test_the_next_page_is_asked_where_the_setting_says() -> None:
    state, first = ask(CFG, State(), None, NOW)
    _, second = read(CFG, state, world("rates_page_1"))

    assert first == Request(
        method="GET",
        url=f"{BASE}standard-unit-rates/",
        query={"page_size": "1500", "period_from": "2026-06-30T12:00Z"},
    )
    assert second == Request(
        method="GET",
        url=f"{BASE}standard-unit-rates/",
        query={"page_size": "1500", "period_from": "2026-06-30T12:00Z", "page": "2"},
    )


def test_pages_that_never_end_fail() -> None:
    _, sent = poll(standard_unit_rates=[world("rates_page_1")] * 50)

    assert sent == Emit("failed", Fault("standard-unit-rates: the pages do not end", 200))


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


@pytest.mark.parametrize("price", [0.0, -3.2])
def test_nothing_and_less_than_nothing_are_real_prices(price: float) -> None:
    _, sent = poll(standard_unit_rates=flat(price))

    assert sent == Emit("prices", Prices(at=NOW, import_=(Price(start=at("2026-01-01"), end=None, price=price),)))


def test_of_two_prices_for_one_period_the_direct_debit_one_counts() -> None:
    _, sent = poll(standard_unit_rates=world("rates_by_payment"))

    assert sent == Emit("prices", Prices(at=NOW, import_=(Price(start=at("2026-07-01T22:30"), end=None, price=8.8),)))


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(0, why="timed out"), "standard-unit-rates: timed out"),
        (Reply(500, text="<html>"), "standard-unit-rates: HTTP 500"),
        (Reply(404, {"detail": "Not found."}), "standard-unit-rates: Not found."),
        (Reply(200, text="{"), "standard-unit-rates: not a price list"),
        (Reply(200, {"results": [{"value_inc_vat": None}]}), "standard-unit-rates: not a price (no value_inc_vat)"),
        (Reply(200, {"results": [{"value_inc_vat": 7, "valid_from": "x"}]}), "standard-unit-rates: not a price (Inv"),
        (Reply(200, {"results": [7]}), "standard-unit-rates: not a price (no fields)"),
    ],
)
def test_without_the_list_the_poll_fails_and_says_where(reply: Reply, why: str) -> None:
    _, sent = poll(standard_unit_rates=reply)

    assert sent.port == "failed"
    assert isinstance(sent.body, Fault)
    assert sent.body.why.startswith(why)


def test_a_band_that_fails_is_not_a_band_that_is_not_there() -> None:
    _, sent = poll(standard_unit_rates=EMPTY, night_unit_rates=flat(7.0), day_unit_rates=Reply(503))

    assert sent == Emit("failed", Fault("day-unit-rates: HTTP 503", 503))


def test_prices_do_not_wait_for_the_standing_charge() -> None:
    _, sent = poll(standard_unit_rates=world("rates"), standing_charges=Reply(500))

    assert sent == Emit("prices", Prices(at=NOW, import_=TWO_RUNS))
