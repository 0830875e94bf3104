from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sim_tesla_talk import CFG, CHEAP, NOON, UNAVAILABLE, VIN, Sim

from wattwire.nodes import Asked, Emit, Request, Secret
from wattwire.nodes.messages import Car, Token
from wattwire.nodes.sim_tesla import Config
from wattwire.nodes.tesla_course import follow
from wattwire.nodes.tesla_memory import Memory
from wattwire.nodes.tesla_state import Config as Asker
from wattwire.nodes.tesla_state import ask
from wattwire.nodes.tesla_token import Config as Trader
from wattwire.nodes.tesla_token import State as Kept
from wattwire.nodes.tesla_token import ask as want
from wattwire.nodes.tesla_token import read


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


@pytest.mark.parametrize("word", ["asleep", "offline"])
def test_the_car_can_be_sent_away(word: str) -> None:
    sim = Sim()
    sim.trouble(word)

    assert sim.word(1) == word


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
