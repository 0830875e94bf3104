"""What teslaCommand makes of Tesla's answers, and where it is not known whether the car got it."""

from dataclasses import replace
from typing import Any

import pytest
from command_life import ASLEEP, CFG, YES, Life, asked, no, reading, wish

from wattwire.nodes import Fault, Json


@pytest.mark.parametrize(
    ("status", "body", "port"),
    [
        (401, None, "unauthorised"),
        (401, {"error": "mobile_access_disabled"}, "forbidden"),
        (401, {"error": "login_required"}, "forbidden"),
        (402, {"error": "payment_required"}, "forbidden"),
        (403, {"error": "Unauthorized missing scopes"}, "forbidden"),
        (403, {"error": "account disabled: EXCEEDED_LIMIT"}, "spent"),
        (404, {"error": "not_found"}, "forbidden"),
        (405, {"error": "vehicle is currently in service"}, "failed"),
        (408, {"error": "timeout"}, "failed"),
        (412, {"error": "Account 1 must be registered in the current region"}, "forbidden"),
        (421, {"error": "user out of region"}, "failed"),
        (423, None, "forbidden"),
        (429, {"error": "too many requests"}, "throttled"),
        (503, None, "failed"),
        (540, None, "unknown"),
        (0, None, "unknown"),
        (200, {"response": {"result": True}}, "taken"),
        (200, {"ok": 1}, "unknown"),
        (200, no("car could not execute command: complete"), "full"),
        (200, no("car could not execute command: no_power"), "powerless"),
        (200, {"response": {"result": False}}, "refused"),
        (200, {"response": {"result": False, "reason": None}}, "refused"),
        (200, {"response": {"result": False, "reason": 5}}, "refused"),
        (400, no("missing percent param"), "refused"),
        (400, {"response": None, "error": "invalid_command"}, "refused"),
        (500, {"error": "vehicle rejected request: your public key has not been paired with the vehicle"}, "forbidden"),
        (500, {"error": "vehicle busy or finishing wake-up"}, "busy"),
        (408, ASLEEP, "asleep"),
    ],
)
def test_every_answer_of_teslas_leaves_by_the_port_that_says_what_to_do(status: int, body: Json, port: str) -> None:
    life = Life()
    life.want(wish("start"))

    assert life.ports(life.reply(1, status, body)) == [port]


def test_only_a_start_is_done_when_the_car_is_full() -> None:
    life = Life()
    life.want(wish("limit", value=80))

    assert life.reply(1, 200, no("complete")) == [("refused", Fault("the car refuses: complete", 200, "complete"))]
    assert life.again(60) == []


def test_a_budget_of_ours_that_is_spent_is_an_outcome_of_its_own() -> None:
    life = Life()
    life.want(wish("start"))
    spent = life.reply(1, 0, spent="tesla spend", why="8 pounds are spent", headers={"retry-after": "37"})

    assert spent == [("spent", Fault("8 pounds are spent", None, "tesla spend", 37.0))]


def test_another_region_is_asked_at_once_and_from_then_on_but_never_past_the_proxy() -> None:
    base, car = "https://fleet-api.prd.na.vn.cloud.tesla.com", "/api/1/vehicles/LRWTEST0000000001"
    moved: Json = {"error": f"user out of region, use base URL: {base}, see"}
    life, proxied = Life(replace(CFG, url="https://fleet-api.prd.eu.vn.cloud.tesla.com")), Life()
    life.want(wish("start"))
    proxied.want(wish("start"))

    (again,) = life.reply(1, 421, moved)
    assert again.url == f"{base}{car}/command/charge_start"
    assert life.ports(life.reply(2, 200, YES)) == ["taken"]
    (look,) = life.again(10)
    assert look.url == f"{base}{car}/vehicle_data"
    assert life.ports(life.reply(11, 421, moved)) == ["unknown"]
    assert proxied.ports(proxied.reply(1, 421, moved)) == ["failed"]


def test_being_throttled_it_says_so_itself_until_the_time_is_over() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 429, {"error": "too many requests"}, headers={"retry-after": "60"})

    assert life.ports(life.again(30)) == ["throttled"]
    assert asked(life.again(61)) == [("POST", "/command/charge_start", {})]


@pytest.mark.parametrize(
    ("do", "known", "sent"),
    [
        ("stop", {"fast": True, "charging": True}, False),
        ("stop", {"fast": None, "charging": True}, True),
        ("stop", {"fast": True, "charging": True, "state": "offline"}, True),  # it may be at home since
        ("amps", {"fast": True, "charging": True}, True),
    ],
)
def test_a_charge_at_a_fast_charger_is_never_stopped(do: str, known: dict[str, Any], sent: bool) -> None:
    life = Life()
    life.news(0, **known)
    results = life.want(wish(do, at=10, value=16))

    assert (asked(results) != []) is sent
    assert life.ports(results) == ([] if sent else ["refused"])
    assert (life.memory.wanted != {}) is sent


def test_without_a_token_nothing_is_sent_and_with_one_it_is() -> None:
    life = Life()
    token, life.token = life.token, None
    assert life.ports(life.want(wish("start"))) == ["unauthorised"]
    life.token = token

    assert asked(life.again(5)) == [("POST", "/command/charge_start", {})]


@pytest.mark.parametrize("unsure", [{"status": 504}, {"status": 0, "unknown": True}])
def test_where_it_is_not_known_whether_the_car_got_it_a_look_comes_before_anything_is_repeated(
    unsure: dict[str, Any],
) -> None:
    life = Life()
    life.want(wish("start"))

    assert life.ports(life.reply(10, **unsure)) == ["unknown"]
    assert [a[:2] for a in asked(life.again(20))] == [("GET", "/vehicle_data")]
    assert life.ports(life.reply(21, 200, reading(charging_state="Charging"))) == ["done"]


def test_after_a_look_that_shows_nothing_happened_it_is_sent_again() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(10, 504)
    life.again(20)

    assert life.ports(life.reply(21, 200, reading(charging_state="Stopped"))) == ["ineffective"]
    assert asked(life.again(50)) == [("POST", "/command/charge_start", {})]


@pytest.mark.parametrize(
    ("status", "body", "port"),
    [
        (504, None, "unknown"),
        (408, {"error": "timeout"}, "unknown"),
        (429, None, "throttled"),
        (401, None, "unauthorised"),
        (0, None, "unknown"),
    ],
)
def test_a_look_that_fails_leaves_the_command_to_be_looked_at(status: int, body: Json, port: str) -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, YES)
    life.again(9)

    assert life.ports(life.reply(10, status, body)) == [port]
    assert [a[:2] for a in asked(life.again(400))] == [("GET", "/vehicle_data")]


def test_a_process_that_died_over_a_look_looks_again() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, YES)
    life.again(9)

    assert life.ports(life.reply(12, 0, unknown=True)) == ["unknown"]
    assert [a[:2] for a in asked(life.again(20))] == [("GET", "/vehicle_data")]


def test_a_car_that_fell_asleep_before_the_look_has_surely_stopped_and_surely_not_started() -> None:
    for do, port in (("stop", "done"), ("start", "asleep")):
        life = Life()
        life.want(wish(do))
        life.reply(1, 200, YES)
        life.again(9)

        assert life.ports(life.reply(10, 408, ASLEEP)) == [port]
