import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wattwire.nodes import Emit, Fault, Json, Reply, Request
from wattwire.nodes.kraken_rates import CALLS, missing
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


def lived(cfg: Config, *polls: dict[str, Reply]) -> list[Emit]:
    """Polls one after the other, each against a world of paths."""
    state, sent = State(), []
    for world in polls:
        result: Request | Emit
        state, result = ask(cfg, state, None, NOW)
        while isinstance(result, Request):
            path = result.url.removeprefix(cfg.url).strip("/")
            found = world.get(path) or world.get(path.rpartition("/")[2]) or Reply(404, {"detail": "Not found."})
            state, result = read(cfg, state, replace(found, at=NOW))
        sent.append(result)
    return sent


def bands(emit: Emit) -> Bands | None:
    assert isinstance(emit.body, Prices)
    return emit.body.bands


def priced(*found: tuple[str, str | None, float | str, str | None]) -> Reply:
    """A list of periods: from, until, price, way of paying."""
    results: list[Json] = [
        {"value_inc_vat": p, "valid_from": f"{a}:00Z", "valid_to": b and f"{b}:00Z", "payment_method": m}
        for a, b, p, m in found
    ]
    return Reply(200, {"count": len(results), "next": None, "results": results}, at=NOW)


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
        budgets=(CALLS,),
    )
    assert second == Request(
        method="GET",
        url=f"{BASE}standard-unit-rates/",
        query={"page_size": "1500", "period_from": "2026-06-30T12:00Z", "page": "2"},
        budgets=(CALLS,),
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


# Real lists


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


def test_what_is_sold_has_a_list_of_its_own_and_the_prices_do_not_wait_for_it() -> None:
    cfg = replace(CFG, export_product="AGILE-OUTGOING-19-05-13", export_tariff="E-1R-AGILE-OUTGOING-19-05-13-A")
    sold = "products/AGILE-OUTGOING-19-05-13/electricity-tariffs/E-1R-AGILE-OUTGOING-19-05-13-A/standard-unit-rates"
    own = f"products/{CFG.product}/electricity-tariffs/{CFG.tariff}/standard-unit-rates"
    there, gone = lived(cfg, {own: flat(28.0), sold: flat(-0.5)}, {own: flat(28.0), sold: Reply(500)})

    assert isinstance(there.body, Prices)
    assert isinstance(gone.body, Prices)
    assert ([p.price for p in there.body.export], gone.body.export) == ([-0.5], ())
    assert (there.port, gone.port) == ("prices", "prices")


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


def test_a_spent_budget_is_an_outcome() -> None:
    state, _ = ask(CFG, State(), None, NOW)
    _, sent = read(CFG, state, Reply(0, spent="octopus prices", why="none left", headers={"retry-after": "40"}))

    assert sent == Emit("spent", Fault("none left", None, None, 40.0))


# Half hours


def halves(start: str, n: int) -> tuple[Price, ...]:
    first, half = at(start), timedelta(minutes=30)
    return tuple(Price(start=first + i * half, end=first + (i + 1) * half, price=float(i)) for i in range(n))


@pytest.mark.parametrize(
    ("now", "start", "n", "wanting"),
    [
        ("2026-11-20T15:00", "2026-11-19T23:00", 48, 0),  # up to eleven tonight, and tomorrow is not due yet
        ("2026-11-20T16:04", "2026-11-19T23:00", 48, 0),
        ("2026-11-20T16:05", "2026-11-19T23:00", 48, 48),
        ("2026-11-20T16:05", "2026-11-19T23:00", 96, 0),
        ("2026-11-20T18:00", "2026-11-19T23:00", 90, 6),
        ("2026-11-21T02:00", "2026-11-19T23:00", 48, 42),  # they never came
        ("2026-07-01T15:04", "2026-06-30T22:00", 48, 0),  # 16:04 on a summer's clock
        ("2026-07-01T15:05", "2026-06-30T22:00", 48, 48),
        ("2026-03-28T17:00", "2026-03-27T23:00", 48, 46),  # the day the clocks go forward
        ("2026-10-24T17:00", "2026-10-23T22:00", 48, 50),  # and the one they go back
    ],
)
def test_how_many_half_hours_are_due_and_not_there(now: str, start: str, n: int, wanting: int) -> None:
    assert missing(halves(start, n), "Europe/London", at(now)) == wanting


@pytest.mark.parametrize("prices", [(), TWO_RUNS, (Price(start=at("2026-01-01"), end=None, price=24.0),)])
def test_other_lists_are_never_incomplete(prices: tuple[Price, ...]) -> None:
    assert missing(prices, "Europe/London", at("2026-07-02T18:00")) == 0


def test_an_incomplete_list_leaves_by_a_port_of_its_own() -> None:
    told = priced(
        *(
            (f"{p.start:%Y-%m-%dT%H:%M}", f"{p.end:%Y-%m-%dT%H:%M}", p.price, None)
            for p in halves("2026-07-01T22:00", 47)
        )
    )
    (sent,) = lived(CFG, {"standard-unit-rates": told})

    assert sent.port == "incomplete"
