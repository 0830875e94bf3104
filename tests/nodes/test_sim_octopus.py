import json
from dataclasses import replace
from datetime import time, timedelta

import pytest
from sim_octopus_talk import CFG, NOON, Octopus, hours

from wattwire.nodes import (
    Answer,
    Asked,
    Emit,
    Fault,
    Request,
    Secret,
    Started,
    completed_fetcher,
    kraken_account,
)
from wattwire.nodes.kraken_accounts import numbers, viewer_request
from wattwire.nodes.kraken_completed import Completed
from wattwire.nodes.messages import Bands, Device, Plan, Prices, Token
from wattwire.nodes.sim_messages import Drawn
from wattwire.nodes.sim_octopus import KEY, step
from wattwire.nodes.sim_octopus_answers import answer
from wattwire.nodes.sim_octopus_car import Daily, State
from wattwire.nodes.sim_octopus_settings import Kept

MINUTE = timedelta(minutes=1)


# Tokens


def test_a_token_is_good_for_an_hour_and_then_expired() -> None:
    octopus = Octopus()
    token = octopus.token()
    octopus.now += 59 * MINUTE
    good = octopus.device(token)
    octopus.now += MINUTE
    expired = octopus.device(token)

    assert token.expires == NOON + timedelta(hours=1)
    assert good.port == "device"
    assert expired == Emit("unauthorised", Fault("Signature of the JWT has expired.", 200, "KT-CT-1124"))


def test_a_wrong_key_gets_no_token() -> None:
    assert Octopus().login(Secret("other")) == Emit("refused", Fault("Authentication failed.", 200, "KT-CT-1139"))


@pytest.mark.parametrize(
    ("token", "code"), [("nonsense", "KT-CT-1143"), ("a.b.c", "KT-CT-1139"), ("a.eyJleHAiOjl9.c", "KT-CT-1139")]
)
def test_a_token_that_octopus_did_not_make_is_refused(token: str, code: str) -> None:
    sent = Octopus().device(Token(Secret(token), NOON))

    assert sent.port == "unauthorised"
    assert isinstance(sent.body, Fault)
    assert sent.body.code == code


def test_without_a_token_it_says_so() -> None:
    asked = Asked("POST", "/v1/graphql/", json={"query": "{ devices { id } }"})
    _, reply = answer(CFG, State(), asked, NOON)

    assert "KT-CT-1112" in json.dumps(reply.json)


# The plan and the car


def test_within_two_minutes_a_dispatch_comes_lasts_a_short_while_and_goes() -> None:
    octopus = Octopus()
    seen = []
    for _ in range(6):
        sent = octopus.tick()
        device = octopus.device().body
        assert isinstance(device, Device)
        seen.append((f"{octopus.now:%M}", sent and sent.body, device.state, device.power))
        octopus.now += MINUTE

    assert seen == [
        ("00", None, "SMART_CONTROL_CAPABLE", 0.0),
        ("01", Drawn(at=NOON + MINUTE, power=7100.0, smart=True), "SMART_CONTROL_IN_PROGRESS", 7100.0),
        ("02", None, "SMART_CONTROL_IN_PROGRESS", 7100.0),
        ("03", None, "SMART_CONTROL_IN_PROGRESS", 7100.0),
        ("04", Drawn(at=NOON + 4 * MINUTE, power=0.0), "SMART_CONTROL_CAPABLE", 0.0),
        ("05", None, "SMART_CONTROL_CAPABLE", 0.0),
    ]


def test_what_the_car_draws_is_told_at_the_start_too() -> None:
    _, sent = step(CFG, State(), Started(), None, None, NOON)

    assert sent == Emit("ev", Drawn(at=NOON, power=0.0))


def test_the_plan_shows_what_runs_and_what_is_to_come() -> None:
    octopus = Octopus(replace(CFG, every=timedelta(hours=8)))
    soon = hours(octopus.plan())
    octopus.now += 3 * MINUTE
    running = hours(octopus.plan())
    octopus.now += MINUTE
    over = hours(octopus.plan())

    assert soon == ["12:01-12:04", "20:01-20:04", "04:01-04:04"]
    assert running == ["12:01-12:04", "20:01-20:04", "04:01-04:04", "12:01-12:04"]
    assert over == ["20:01-20:04", "04:01-04:04", "12:01-12:04"]


def test_a_daily_dispatch_keeps_to_the_local_clock() -> None:
    daily = (Daily(start=time(13, 10), length=timedelta(minutes=75)),)
    cfg = replace(CFG, every=timedelta(days=9), daily=daily)
    winter, summer = Octopus(cfg), Octopus(cfg, NOON.replace(month=7))

    assert hours(winter.plan()) == ["12:01-12:04", "13:10-14:25"]
    assert hours(summer.plan()) == ["12:01-12:04", "12:10-13:25"]


def test_a_start_brings_a_dispatch_near_and_leaves_a_running_one_alone() -> None:
    octopus = Octopus()
    octopus.now += 2 * MINUTE
    octopus.state, _ = step(CFG, octopus.state, Started(), None, None, octopus.now)
    running = hours(octopus.plan())[0]
    octopus.now += 20 * MINUTE
    octopus.state, _ = step(CFG, octopus.state, Started(), None, None, octopus.now)

    assert running == "12:01-12:04"
    assert hours(octopus.plan())[0] == "12:23-12:26"


def test_a_plan_names_its_energy_and_the_devices_state() -> None:
    octopus = Octopus()
    octopus.now += MINUTE
    plan = octopus.plan().body

    assert isinstance(plan, Plan)
    assert plan.dispatches[0].kwh == 0.35  # 3 minutes at 7.1 kW, in hundredths
    assert (plan.device, plan.state, plan.power) == (CFG.device, "SMART_CONTROL_IN_PROGRESS", 7100.0)


def test_the_sixth_plan_in_a_minute_is_refused_and_the_token_stays_good() -> None:
    octopus = Octopus()
    token = octopus.token()
    first = [octopus.plan(token).port for _ in range(6)]
    octopus.now += MINUTE

    assert first == ["plan", "plan", "plan", "plan", "plan", "throttled"]
    assert octopus.plan(token).port == "plan"


def test_a_device_of_another_id_or_account_is_not_known() -> None:
    assert Octopus().plan(device="other") == Emit("gone", Fault("Could not find KrakenFlex device.", 200, "KT-CT-4313"))
    assert Octopus(replace(CFG, account="A-1")).device().port == "none"


def test_suspending_ends_plan_and_charging() -> None:
    octopus = Octopus()
    octopus.now += MINUTE
    octopus.tick()
    octopus.state = replace(octopus.state, kept=Kept(suspended=True))
    device = octopus.device().body

    assert hours(octopus.plan()) == []
    assert isinstance(device, Device)
    assert (device.state, device.suspended) == ("SMART_CONTROL_OFF", True)
    assert octopus.tick() == Emit("ev", Drawn(at=NOON + MINUTE, power=0.0))


def test_a_question_that_octopus_no_longer_knows_refuses_the_whole_document() -> None:
    query = "{ plannedDispatches(accountNumber: $a) { start } devices(accountNumber: $a) { id } }"
    _, reply = answer(CFG, State(), Asked("POST", "/v1/graphql", json={"query": query}), NOON)

    assert reply.json == {
        "errors": [
            {
                "message": "Cannot query field 'plannedDispatches' on type 'Query'.",
                "locations": [{"line": 1, "column": 9}],
            }
        ]
    }


# Prices


def test_an_older_tariff_has_two_runs_a_day_by_the_local_clock() -> None:
    prices = Octopus(now=NOON.replace(month=7)).prices("INTELLI-VAR-24-10-29").body

    assert isinstance(prices, Prices)
    assert [(f"{p.start:%d %H:%M}", p.end and f"{p.end:%d %H:%M}", p.price) for p in prices.import_[3:7]] == [
        ("19 22:30", "20 04:30", 7.0),
        ("20 04:30", "20 22:30", 28.0),
        ("20 22:30", "21 04:30", 7.0),
        ("21 04:30", "21 22:30", 28.0),
    ]
    assert prices.standing == 54.0


def test_a_newer_tariff_has_four_flat_prices_and_no_window() -> None:
    bands = Bands(house_cheap=7.0, house_standard=28.0, car_cheap=7.0, car_standard=28.0)

    assert Octopus().prices("IOG-SMB-TOU-25-12-12") == Emit("prices", Prices(at=NOON, standing=54.0, bands=bands))


@pytest.mark.parametrize(("kind", "port"), [("emptyRates", "empty"), ("500", "failed"), ("KT-CT-1199", "prices")])
def test_price_lists_fail_in_their_own_ways(kind: str, port: str) -> None:
    assert Octopus(replace(CFG, fault=kind)).prices("INTELLI-VAR-24-10-29").port == port


def test_a_tariff_that_does_not_exist_is_not_found() -> None:
    sent = Octopus().prices("NOSUCH-24-10-01")

    assert sent == Emit("failed", Fault("standard-unit-rates: Not found.", 404))


def test_long_lists_come_in_pages_newest_first() -> None:
    path = "/v1/products/INTELLI-1/electricity-tariffs/E-1R-INTELLI-1-A/standard-unit-rates/"
    _, first = answer(CFG, State(), Asked("GET", path, {"page_size": "4"}, {"host": "h:1"}), NOON)
    _, last = answer(CFG, State(), Asked("GET", path, {"page_size": "4", "page": "3"}), NOON)

    assert isinstance(first.json, dict)
    assert isinstance(last.json, dict)
    assert first.json["next"] == f"http://h:1{path}?page_size=4&page=2"
    assert last.json["next"] is None
    starts = [r["valid_from"] for r in first.json["results"] if isinstance(r, dict)]  # type: ignore[union-attr]
    assert starts == sorted(starts, key=str, reverse=True)


# The node


def test_a_question_is_answered_once() -> None:
    asked = Asked("POST", "/v1/graphql/", json={"query": "{ devices { id } }"})
    _, result = step(CFG, State(), asked, None, None, NOON)

    assert isinstance(result, Answer)
    assert result.reply.status == 200


# What was, and whose it is


def charged(octopus: Octopus) -> Completed:
    cfg = completed_fetcher.Config(account=CFG.account)
    state, request = completed_fetcher.ask(cfg, completed_fetcher.State(), None, None, token=octopus.token())
    assert isinstance(request, Request)
    body = completed_fetcher.read(cfg, state, octopus.reply(request))[1].body
    assert isinstance(body, Completed)
    return body


def test_what_was_charged_is_listed_half_a_day_later() -> None:
    octopus = Octopus(replace(CFG, every=timedelta(hours=8)))
    seen = []
    for hours_later in (0, 12, 13, 21):
        octopus.now = NOON + timedelta(hours=hours_later)
        seen.append([f"{d.start:%H:%M}-{d.end:%H:%M} {d.kind} {d.location}" for d in charged(octopus).dispatches])

    assert seen == [[], [], ["12:01-12:04 smart home"], ["12:01-12:04 smart home", "20:01-20:04 smart home"]]


def test_its_clock_is_told_with_every_answer() -> None:
    octopus = Octopus()
    octopus.now += timedelta(milliseconds=400)
    plan = octopus.plan().body

    assert isinstance(plan, Plan)
    assert plan.skew == -0.4


def test_it_tells_the_account_of_the_key_and_its_tariff() -> None:
    octopus = Octopus()
    there = numbers(octopus.reply(viewer_request("http://x/v1/graphql/", octopus.token())))
    cfg = kraken_account.Config(api_key=KEY, account=CFG.account, tariff=CFG.prices.code)
    found = kraken_account.read(cfg, octopus.reply(kraken_account.ask(cfg, None)))
    wrong = replace(cfg, api_key=Secret("x"))
    refused = kraken_account.read(wrong, octopus.reply(kraken_account.ask(wrong, None)))

    assert there == [CFG.account]
    assert isinstance(found, Emit)
    assert isinstance(refused, Emit)
    assert (found.port, refused.port) == ("account", "refused")
