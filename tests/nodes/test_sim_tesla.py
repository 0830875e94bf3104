import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Answer, Asked, Emit, Listener, Reply, Request, Secret, Status
from wattwire.nodes.messages import Car, Token
from wattwire.nodes.sim_messages import Doings, Drawn, SimFault
from wattwire.nodes.sim_tesla import NODE, Config, step
from wattwire.nodes.sim_tesla_car import State
from wattwire.nodes.sim_tesla_servers import answer
from wattwire.nodes.tesla_course import follow
from wattwire.nodes.tesla_memory import Memory
from wattwire.nodes.tesla_state import Config as Asker
from wattwire.nodes.tesla_state import ask
from wattwire.nodes.tesla_token import Config as Trader
from wattwire.nodes.tesla_token import State as Kept
from wattwire.nodes.tesla_token import ask as want
from wattwire.nodes.tesla_token import read

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VIN = "LRWTEST0000000001"
CHEAP = f"/api/1/vehicles/{VIN}"
CFG = Config()
UNAVAILABLE = {
    "response": None,
    "error": "vehicle unavailable: vehicle is offline or asleep",
    "error_description": "",
}


class Sim:
    """The simulator, lived through in minutes after noon."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.state, self.bearer = cfg, State(), ""
        self.bearer = self.sign_in(0, "first")["access_token"]

    def hear(self, minute: float, asked: Asked) -> Reply:
        self.state, out = step(self.cfg, self.state, asked, None, None, None, None, NOON + timedelta(minutes=minute))
        assert isinstance(out, Answer)
        return out.reply

    def sign_in(self, minute: float, refresh: str) -> Any:
        form = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": refresh}
        return self.hear(minute, Asked("POST", "/oauth2/v3/token", form=form)).json

    def get(self, minute: float, path: str = CHEAP, **query: str) -> Reply:
        return self.hear(minute, Asked("GET", path, query, {"authorization": f"Bearer {self.bearer}"}))

    def word(self, minute: float) -> str:
        told: Any = self.get(minute).json
        return str(told["response"]["state"])

    def charge_state(self, minute: float) -> Any:
        told: Any = self.get(minute, f"{CHEAP}/vehicle_data").json
        return told["response"]["charge_state"]

    def draw(self, minute: float, power: float) -> None:
        at = NOON + timedelta(minutes=minute)
        self.state, _ = step(self.cfg, self.state, None, Drawn(at=at, power=power), None, None, None, at)

    def do(self, minute: float, *what: Any, gear: Any = None) -> None:
        at = NOON + timedelta(minutes=minute)
        doings = Doings(at=at, gear=gear, what=what)
        self.state, _ = step(self.cfg, self.state, None, None, None, doings, None, at)

    def trouble(self, kind: str, times: int | None = None) -> Status | Answer | None:
        self.state, out = step(self.cfg, self.state, None, None, None, None, SimFault(kind=kind, times=times), NOON)
        return out


def test_it_listens_on_loopback_at_its_port() -> None:
    assert NODE.listen
    assert NODE.listen(Config(port=8123)) == Listener(host="127.0.0.1", port=8123)


def test_it_falls_asleep_11_minutes_after_it_was_last_read_in_detail() -> None:
    sim = Sim()

    assert sim.word(10.9) == "online"
    sim.get(10.9, f"{CHEAP}/vehicle_data")
    assert [sim.word(m) for m in (11, 21, 21.8, 21.9, 22)] == ["online", "online", "online", "asleep", "asleep"]


def test_the_cheap_read_does_not_keep_it_awake() -> None:
    sim = Sim()

    assert [sim.word(m) for m in range(0, 13, 2)] == ["online"] * 6 + ["asleep"]


def test_a_sleeping_car_answers_408_with_teslas_own_words_and_sleeps_on() -> None:
    sim = Sim(replace(CFG, awake=False))

    reply = sim.get(1, f"{CHEAP}/vehicle_data")

    assert (reply.status, reply.json) == (408, UNAVAILABLE)
    assert sim.word(1) == "asleep"


def test_current_at_the_plug_wakes_it_fills_it_and_keeps_it_awake_until_it_is_full() -> None:
    sim = Sim(replace(CFG, awake=False, soc=50.0, limit=60.0, capacity=60.0))
    sim.draw(60, 6000)

    started, half = sim.charge_state(60), sim.charge_state(90)

    assert (started["charging_state"], started["battery_level"], started["charger_power"]) == ("Charging", 50, 6)
    assert (half["charging_state"], half["battery_level"], half["charge_energy_added"]) == ("Charging", 55, 3.0)
    assert [sim.word(m) for m in (119, 130, 132)] == ["online", "online", "asleep"]  # full at 120


def test_a_full_car_says_complete_and_a_paused_one_stopped() -> None:
    full, paused = Sim(replace(CFG, soc=80.0)), Sim()
    paused.draw(1, 7400)
    paused.draw(2, 0)

    assert full.charge_state(1)["charging_state"] == "Complete"
    assert paused.charge_state(3)["charging_state"] == "Stopped"


def test_without_its_plug_it_takes_nothing() -> None:
    sim = Sim(replace(CFG, plugged=False))
    sim.draw(1, 7400)

    told = sim.charge_state(10)

    assert (told["charging_state"], told["conn_charge_cable"]) == ("Disconnected", "<invalid>")
    assert (told["battery_level"], told["charger_voltage"]) == (50, None)


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


@pytest.mark.parametrize("cfg", [Config(awake=False, plugged=False), Config(awake=False, soc=80.0)])
def test_current_that_it_cannot_take_does_not_wake_it(cfg: Config) -> None:
    sim = Sim(cfg)
    sim.draw(1, 7400)

    assert sim.word(1) == "asleep"


def test_the_location_is_told_only_when_asked_for() -> None:
    sim, path = Sim(), f"{CHEAP}/vehicle_data"
    plain: Any = sim.get(1, path, endpoints="charge_state;drive_state").json
    located: Any = sim.get(1, path, endpoints="charge_state;drive_state;location_data").json

    assert "latitude" not in plain["response"]["drive_state"]
    assert located["response"]["drive_state"]["latitude"] == 51.5


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


@pytest.mark.parametrize("word", ["asleep", "offline"])
def test_the_car_can_be_sent_away(word: str) -> None:
    sim = Sim()
    sim.trouble(word)

    assert sim.word(1) == word


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


def asked(request: Request) -> Asked:
    """The request as the host would put it on the wire."""
    path = "/" + request.url.split("/", 3)[3]
    form = {k: v.reveal() if isinstance(v, Secret) else str(v) for k, v in (request.form or {}).items()}
    headers = {"authorization": request.authorization.reveal()} if request.authorization else {}
    return Asked(request.method, path, request.query, headers, form=form)


def test_the_nodes_live_a_night_with_it() -> None:
    """Token, a car that sleeps, a charge from 01:00 to 02:00 that wakes it, and sleep again; polled every 5 minutes."""
    sim, kept, memory = Sim(replace(CFG, token_life=timedelta(hours=4))), Kept(), Memory()
    trader = Trader(client_id="app", refresh_token=Secret("sim-refresh-1"), url="http://sim.flow/oauth2/v3/token")
    asker, token = Asker(vin=VIN, url="http://sim.flow"), Token(Secret("none"), NOON + timedelta(days=1))
    said: list[tuple[int, str, bool | None]] = []
    for minute in range(0, 16 * 60, 5):
        now, results = NOON + timedelta(minutes=minute), list[Emit]()
        if minute in (13 * 60, 14 * 60):
            sim.draw(minute, 7400 if minute == 13 * 60 else 0)
        for _ in range(2):
            memory, course = ask(asker, memory, None, None, None, None, now, token=token)
            while isinstance(course, Request):
                reply = replace(sim.hear(minute, asked(course)), at=now, tag=course.tag)
                memory, course = follow(asker, memory, reply)
            results = course
            if results[0].port != "unauthorised":
                break
            kept, request = want(trader, kept, object())
            kept, emit = read(trader, kept, replace(sim.hear(minute, asked(request)), at=now))
            assert isinstance(emit.body, Token)
            token = emit.body
        car = results[-1].body
        assert isinstance(car, Car)
        if not said or said[-1][1:] != (car.state, car.charging):
            said.append((minute, car.state, car.charging))

    assert said == [
        (0, "online", False),
        (15, "asleep", False),
        (13 * 60, "online", None),  # awake, and not yet read
        (13 * 60 + 5, "online", True),
        (14 * 60, "online", False),
        (14 * 60 + 20, "asleep", False),
    ]
    assert memory.car
    assert memory.car.soc == 62.0
    assert memory.reads == 13  # every 5 minutes of the charge, once at its end and once after that


def test_its_answers_are_json() -> None:
    reply = Sim().get(1, f"{CHEAP}/vehicle_data")

    assert json.loads(json.dumps(reply.json)) == reply.json


@pytest.mark.parametrize(
    ("what", "block", "field", "value"),
    [
        ("sentry", "vehicle_state", "sentry_mode", True),
        ("user", "vehicle_state", "is_user_present", True),
        ("door", "vehicle_state", "df", 1),
        ("update", "vehicle_state", "software_update", {"status": "downloading", "download_perc": 42}),
        ("climate", "climate_state", "is_preconditioning", True),
        ("dog", "climate_state", "climate_keeper_mode", "dog"),
        ("power", "drive_state", "power", 2),
    ],
)
def test_what_goes_on_keeps_it_awake_until_it_is_over(what: str, block: str, field: str, value: object) -> None:
    sim = Sim()
    sim.do(1, what)
    told: Any = sim.get(60, f"{CHEAP}/vehicle_data").json
    sim.do(90)

    assert told["response"][block][field] == value
    assert [sim.word(m) for m in (100, 101)] == ["online", "asleep"]


@pytest.mark.parametrize(("gear", "speed"), [("D", 30), ("R", 30), ("P", None), (None, None)])
def test_a_parked_car_tells_of_no_gear(gear: str | None, speed: int | None) -> None:
    sim = Sim()
    sim.do(1, gear=gear)

    told: Any = sim.get(2, f"{CHEAP}/vehicle_data").json

    assert (told["response"]["drive_state"]["shift_state"], told["response"]["drive_state"]["speed"]) == (gear, speed)


def test_some_cars_wake_by_themselves_for_a_moment() -> None:
    sim = Sim(replace(CFG, stirs_every=timedelta(hours=1)))

    assert [sim.word(m) for m in (59, 60, 62, 63, 119, 120, 123)] == [
        "asleep", "online", "online", "asleep", "asleep", "online", "asleep",
    ]  # fmt: skip


def test_in_the_cold_the_gross_level_is_above_the_usable_one() -> None:
    told = Sim(replace(CFG, cold=3)).charge_state(1)

    assert (told["battery_level"], told["usable_battery_level"]) == (53, 50)
