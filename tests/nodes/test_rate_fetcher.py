"""rateFetcher: prices by time, page by page; whose price counts, and what it says without a list."""

from dataclasses import replace
from typing import Any

import pytest
from rates_talk import BASE, CFG, EMPTY, NOW, TWO_RUNS, at, flat, lived, poll, priced, world

from wattwire.nodes import Emit, Fault, Json, Reply, Request
from wattwire.nodes.kraken_rates import CALLS
from wattwire.nodes.messages import Bands, Price, Prices
from wattwire.nodes.rate_fetcher import State, ask, read


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
        budgets=(CALLS,),
    )
    assert second == Request(
        method="GET",
        url=f"{BASE}standard-unit-rates/",
        query={"page_size": "1500", "period_from": "2026-06-30T12:00Z", "page": "2"},
        budgets=(CALLS,),
    )


def test_a_next_page_whose_address_is_none_is_asked_by_its_query_all_the_same() -> None:
    state, _ = ask(CFG, State(), None, NOW)
    _, second = read(CFG, state, Reply(200, {"results": [], "next": "http://[?page=2"}, at=NOW))

    assert isinstance(second, Request)
    assert second.query == {"page_size": "1500", "period_from": "2026-06-30T12:00Z", "page": "2"}


def test_pages_that_never_end_fail() -> None:
    _, sent = poll(standard_unit_rates=[world("rates_page_1")] * 50)

    assert sent == Emit("failed", Fault("standard-unit-rates: the pages do not end", 200))


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
        (Reply(200, {"results": [{"value_inc_vat": "1e999"}]}), "standard-unit-rates: not a price (no value_inc_vat)"),
        (Reply(200, {"results": [{"value_inc_vat": 7, "valid_from": "x"}]}), "standard-unit-rates: not a price (Inv"),
        (Reply(200, {"results": [7]}), "standard-unit-rates: not a price (no fields)"),
    ],
)
def test_without_the_list_the_poll_fails_and_says_where(reply: Reply, why: str) -> None:
    _, sent = poll(standard_unit_rates=reply)

    assert sent.port == "failed"
    assert isinstance(sent.body, Fault)
    assert sent.body.why.startswith(why)


def test_prices_do_not_wait_for_the_standing_charge() -> None:
    _, sent = poll(standard_unit_rates=world("rates"), standing_charges=Reply(500))

    assert sent == Emit("prices", Prices(at=NOW, import_=TWO_RUNS))


DEBIT, OTHER = "DIRECT_DEBIT", "NON_DIRECT_DEBIT"


@pytest.mark.parametrize(
    ("payment", "starts"),
    [(DEBIT, [("2026-06-01", 27.0)]), (OTHER, [("2026-06-01", 30.0), ("2026-06-15", 31.0)])],
)
def test_a_price_of_another_way_of_paying_never_counts_from_its_own_date(
    payment: Any, starts: list[tuple[str, float]]
) -> None:
    told = priced(
        ("2026-06-15T00:00", None, 31.0, OTHER),
        ("2026-06-01T00:00", None, "27.0", DEBIT),
        ("2026-06-01T00:00", "2026-06-15T00:00", 30.0, OTHER),
    )
    (sent,) = lived(replace(CFG, payment=payment), {"standard-unit-rates": told})

    assert isinstance(sent.body, Prices)
    assert [(f"{p.start:%Y-%m-%d}", p.price) for p in sent.body.import_] == starts


def test_a_list_that_has_only_another_way_of_paying_is_better_than_none() -> None:
    told = priced(("2026-06-01T00:00", None, 30.0, OTHER))
    (sent,) = lived(CFG, {"standard-unit-rates": told})

    assert isinstance(sent.body, Prices)
    assert [p.price for p in sent.body.import_] == [30.0]


def test_decimal_text_and_numbers_are_prices_and_an_open_end_is_none() -> None:
    told = priced(("2026-07-02T22:30", None, "7.035", None), ("2026-07-02T04:30", "2026-07-02T22:30", 28, None))
    (sent,) = lived(CFG, {"standard-unit-rates": told})

    assert isinstance(sent.body, Prices)
    assert [(p.price, p.end) for p in sent.body.import_] == [(28.0, at("2026-07-02T22:30")), (7.035, None)]


@pytest.mark.parametrize("end", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", "2200-01-01T00:00:00+00:00"])
def test_an_end_that_no_calendar_reaches_is_open(end: str) -> None:
    told: Json = {"value_inc_vat": 7.0, "valid_from": "2026-07-01T00:00:00Z", "valid_to": end}
    (sent,) = lived(CFG, {"standard-unit-rates": Reply(200, {"results": [told], "next": None})})

    assert sent.body == Prices(at=NOW, import_=(Price(start=at("2026-07-01"), end=None, price=7.0),))


@pytest.mark.parametrize("end", ["2026-07-01T00:00", "2026-06-30T00:00"])
def test_a_price_that_never_holds_does_not_displace_the_one_with_its_start(end: str) -> None:
    told = priced(("2026-07-01T00:00", end, 99.0, None), ("2026-07-01T00:00", None, 7.0, None))
    (by_time,) = lived(CFG, {"standard-unit-rates": told})
    (by_band,) = lived(CFG, {"standard-unit-rates": EMPTY, "night-unit-rates": told})

    assert by_time.body == Prices(at=NOW, import_=(Price(start=at("2026-07-01"), end=None, price=7.0),))
    assert by_band.body == Prices(at=NOW, bands=Bands(house_cheap=7.0))


def test_a_list_of_prices_that_never_hold_is_empty() -> None:
    never = priced(("2026-07-01T00:00", "2026-07-01T00:00", 99.0, None))
    (sent,) = lived(CFG, {"standard-unit-rates": never, "night-unit-rates": flat(7.0), "standing-charges": never})

    assert sent.body == Prices(at=NOW, bands=Bands(house_cheap=7.0))


def test_what_is_sold_has_a_list_of_its_own_and_the_prices_do_not_wait_for_it() -> None:
    cfg = replace(CFG, export_product="AGILE-OUTGOING-19-05-13", export_tariff="E-1R-AGILE-OUTGOING-19-05-13-A")
    sold = "products/AGILE-OUTGOING-19-05-13/electricity-tariffs/E-1R-AGILE-OUTGOING-19-05-13-A/standard-unit-rates"
    own = f"products/{CFG.product}/electricity-tariffs/{CFG.tariff}/standard-unit-rates"
    there, gone = lived(cfg, {own: flat(28.0), sold: flat(-0.5)}, {own: flat(28.0), sold: Reply(500)})

    assert isinstance(there.body, Prices)
    assert isinstance(gone.body, Prices)
    assert ([p.price for p in there.body.export], gone.body.export) == ([-0.5], ())
    assert (there.port, gone.port) == ("prices", "prices")


def test_a_spent_budget_is_an_outcome() -> None:
    state, _ = ask(CFG, State(), None, NOW)
    _, sent = read(CFG, state, Reply(0, spent="octopus prices", why="none left", headers={"retry-after": "40"}))

    assert sent == Emit("spent", Fault("none left", None, None, 40.0))
