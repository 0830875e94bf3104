import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sim_tesla_talk import CFG, CHEAP, NOON, UNAVAILABLE, VIN, Sim

from wattwire.nodes import Asked, Listener, Status
from wattwire.nodes.sim_tesla import NODE, Config
from wattwire.nodes.sim_tesla_car import State
from wattwire.nodes.sim_tesla_servers import answer


def test_it_listens_on_loopback_at_its_port() -> None:
    assert NODE.listen
    assert NODE.listen(Config(port=8123)) == Listener(host="127.0.0.1", port=8123)


def test_an_access_token_expires() -> None:
    sim = Sim(replace(CFG, token_life=timedelta(minutes=30)))

    assert sim.get(29).status == 200
    assert (sim.get(30).status, sim.get(30).json) == (401, {"error": "token expired (401)"})


def test_a_refresh_token_works_once_and_the_last_one_used_for_a_day_more() -> None:
    sim = Sim()  # has used "first" and got sim-refresh-1

    crashed = sim.sign_in(60, "first")
    renewed = sim.sign_in(61, crashed["refresh_token"])

    assert (crashed["refresh_token"], renewed["refresh_token"]) == ("sim-refresh-2", "sim-refresh-3")
    assert sim.sign_in(62, "first")["error"] == "login_required"
    assert sim.sign_in(62, "sim-refresh-1")["error"] == "login_required"
    assert sim.sign_in(61 + 24 * 60, "sim-refresh-2")["error"] == "login_required"
    assert sim.sign_in(62 + 24 * 60, "sim-refresh-3")["refresh_token"] == "sim-refresh-4"


def test_the_day_of_grace_is_not_prolonged_by_using_it() -> None:
    sim = Sim()  # has used "first" at noon

    late, too_late = sim.sign_in(23 * 60, "first"), sim.sign_in(24 * 60, "first")

    assert late["refresh_token"] == "sim-refresh-2"
    assert too_late["error"] == "login_required"


@pytest.mark.parametrize(
    ("kind", "path", "status", "body"),
    [
        ("500", CHEAP, 500, {"error": "unknown error"}),
        ("401", CHEAP, 401, {"error": "token expired (401)"}),
        ("429", CHEAP, 429, {"error": "too many requests"}),
        ("limit", CHEAP, 403, {"error": "account disabled: EXCEEDED_LIMIT"}),
        ("timeout", f"{CHEAP}/vehicle_data", 408, {"error": "timeout"}),
        ("asleep", f"{CHEAP}/vehicle_data", 408, UNAVAILABLE),
    ],
)
def test_a_fault_lasts_until_it_is_taken_back(kind: str, path: str, status: int, body: object) -> None:
    sim = Sim()
    sim.trouble(kind)
    with_fault = [sim.get(m, path) for m in (1, 2)]
    sim.trouble("none")

    assert [(r.status, r.json) for r in with_fault] == [(status, body)] * 2
    assert sim.get(3, path).status == 200


def test_a_fault_may_be_for_so_many_answers() -> None:
    sim = Sim()
    sim.trouble("500", times=2)

    assert [sim.get(1).status for _ in range(3)] == [500, 500, 200]


def test_a_fault_it_does_not_know_is_said_and_changes_nothing() -> None:
    sim = Sim()

    assert sim.trouble("flood") == Status("no such fault: flood", "yellow")
    assert sim.word(1) == "online"


def test_the_owner_may_be_signed_out() -> None:
    sim = Sim()
    sim.trouble("login_required")

    assert sim.sign_in(1, "sim-refresh-1")["error"] == "login_required"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("POST", CHEAP), ("GET", "/api/1/vehicles/ANOTHER0000000001"), ("GET", f"{CHEAP}/wake_up")],
)
def test_all_else_is_not_found(method: str, path: str) -> None:
    reply = answer(replace(CFG, vin=VIN), State(), Asked(method, path), NOON)[1]

    assert reply.status == 404


def test_its_answers_are_json() -> None:
    reply = Sim().get(1, f"{CHEAP}/vehicle_data")

    assert json.loads(json.dumps(reply.json)) == reply.json
