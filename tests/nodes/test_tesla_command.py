"""A command to the car, told as what teslaCommand sends and says, second by second."""

from dataclasses import replace
from typing import Any

import pytest
from command_life import ASLEEP, CAR, YES, Life, after, asked, reading, wish

from wattwire.nodes import Fault, Json
from wattwire.nodes.car_messages import CarCommand, CarDone, Schedule
from wattwire.nodes.tesla_pending import Memory


@pytest.mark.parametrize(
    ("command", "name", "body"),
    [
        (wish("start"), "charge_start", {}),
        (wish("stop"), "charge_stop", {}),
        (wish("limit", value=80), "set_charge_limit", {"percent": 80}),
        (wish("amps", value=16.0), "set_charging_amps", {"charging_amps": 16}),
        (wish("unschedule", id=1769900000), "remove_charge_schedule", {"id": 1769900000}),
        (
            wish("schedule", schedule=Schedule(lat=51.5, lon=-0.1, start="00:00", end="05:30", days="Weekdays")),
            "add_charge_schedule",
            {
                "id": 1795262400,
                "days_of_week": "Weekdays",
                "enabled": True,
                "lat": 51.5,
                "lon": -0.1,
                "start_enabled": True,
                "start_time": 0,
                "end_enabled": True,
                "end_time": 330,
                "one_time": False,
            },
        ),
    ],
)
def test_a_command_is_posted_to_the_proxy_as_it_wants_it(command: CarCommand, name: str, body: dict[str, Any]) -> None:
    life = Life()

    assert asked(life.want(command)) == [("POST", f"/command/{name}", body)]


def test_a_call_costs_a_command_and_a_look_a_reading() -> None:
    life = Life()
    (command,) = life.want(wish("start"))
    life.reply(1, 200, YES)
    (look,) = life.again(9)

    assert [(b.name, round(b.cost, 5)) for b in command.budgets] == [("tesla command", 1.0), ("tesla spend", 0.00077)]
    assert [(b.name, round(b.cost, 5)) for b in look.budgets] == [("tesla data", 1.0), ("tesla spend", 0.00154)]
    assert {b.most for r in (command, look) for b in r.budgets if b.per == "month"} == {8.0}


def test_only_what_a_look_at_the_car_shows_is_done() -> None:
    life = Life()
    life.want(wish("start", reason="cheap", owner="me"))

    assert life.reply(1, 200, YES) == [("taken", wish("start", reason="cheap", owner="me"))]
    (look,) = life.again(9)
    assert (look.method, look.url, look.query) == ("GET", f"{CAR}/vehicle_data", {"endpoints": "charge_state"})
    done = CarDone(at=after(10), do="start", why="it is charging", reason="cheap", owner="me")
    assert life.reply(10, 200, reading(charging_state="Starting")) == [("done", done)]
    assert life.again(60) == []


def test_what_the_car_does_not_show_is_ineffective_and_sent_again_but_not_for_ever() -> None:
    life = Life()
    told = Fault("Tesla took start, but it is not charging", code="ineffective")
    for start in (0, 100, 200):
        sent = life.want(wish("start")) if not start else life.again(start)
        assert asked(sent) == [("POST", "/command/charge_start", {})]
        life.reply(start + 1, 200, YES)
        life.again(start + 9)
        assert life.reply(start + 10, 200, reading(charging_state="Stopped")) == [("ineffective", told)]

    assert life.again(300) == [("lapsed", Fault("start: given up after 3 tries"))]
    assert life.again(400) == []


def test_a_wish_that_is_to_be_sent_once_is_not_sent_again_when_somebody_undid_it() -> None:
    life = Life()
    life.want(wish("stop", once=True))
    life.reply(1, 200, YES)
    life.again(9)

    assert life.ports(life.reply(10, 200, reading(charging_state="Charging"))) == ["ineffective"]
    assert life.again(40) == []


@pytest.mark.parametrize(
    ("command", "charge", "port"),
    [
        (wish("start"), {"charging_state": "Charging"}, "done"),
        (wish("start"), {"charging_state": "Complete"}, "full"),
        (wish("start"), {"charging_state": "Disconnected"}, "unplugged"),
        (wish("start"), {"charging_state": "NoPower"}, "powerless"),
        (wish("start"), {"charging_state": None}, "unknown"),
        (wish("stop"), {"charging_state": "Stopped"}, "done"),
        (wish("stop"), {"charging_state": "Disconnected"}, "done"),
        (wish("stop"), {"charging_state": "Charging"}, "ineffective"),
        (wish("stop"), {}, "unknown"),
        (wish("limit", value=80), {"charge_limit_soc": 80}, "done"),
        (wish("limit", value=80), {"charge_limit_soc": 90}, "ineffective"),
        (wish("limit", value=80), {}, "unknown"),
        (wish("amps", value=16), {"charge_current_request": 16}, "done"),
        (wish("amps", value=16), {"charge_amps": 16}, "done"),
        (wish("amps", value=16), {"charge_current_request": 32}, "ineffective"),
        (wish("amps", value=1), {"charge_current_request": 2}, "done"),  # below 5 A many cars take one of their own
        (wish("amps", value=4), {"charge_current_request": 5}, "done"),
        (wish("amps", value=5), {"charge_current_request": 2}, "ineffective"),
        (wish("amps", value=16), {}, "unknown"),
    ],
)
def test_what_a_look_says_of_a_command(command: CarCommand, charge: dict[str, Json], port: str) -> None:
    life = Life()
    life.want(command)
    life.reply(1, 200, YES)
    life.again(9)

    assert life.ports(life.reply(10, 200, reading(**charge))) == [port]


@pytest.mark.parametrize(
    ("do", "known", "port"),
    [
        ("schedule", [{"id": 7}], "done"),
        ("schedule", [], "ineffective"),
        ("unschedule", [], "done"),
        ("unschedule", [{"id": 7}], "ineffective"),
        ("unschedule", None, "unknown"),
    ],
)
def test_a_schedule_is_looked_for_in_the_cars_own_list(do: str, known: Json, port: str) -> None:
    life = Life()
    life.want(wish(do, id=7, schedule=Schedule(lat=51.5, lon=-0.1, start="00:30")))
    life.reply(1, 200, YES)
    (look,) = life.again(9)
    block: Json = {} if known is None else {"charge_schedules": known}
    body: Json = {"response": {"state": "online", "charge_state": {}, "charge_schedule_data": block}}

    assert look.query == {"endpoints": "charge_state;charge_schedule_data"}
    assert life.ports(life.reply(10, 200, body)) == [port]


def test_a_newer_reading_of_the_car_saves_the_look() -> None:
    life = Life()
    life.want(wish("stop"))
    life.reply(1, 200, YES)

    assert life.ports(life.news(4, charging=True)) == []  # it may take some seconds
    assert life.ports(life.news(6, charging=False)) == ["done"]
    assert life.again(9) == []


def test_a_look_that_comes_too_early_is_not_made() -> None:
    life = Life()
    life.want(wish("stop"))
    life.reply(1, 200, YES)

    assert life.again(3) == []
    assert len(life.again(5)) == 1


@pytest.mark.parametrize(
    ("command", "known"),
    [
        (wish("start", at=30), {"charging": True}),
        (wish("stop", at=30), {"charging": False}),
        (wish("limit", at=30, value=80), {"limit": 80.0}),
    ],
)
def test_what_is_so_already_is_not_asked_for(command: CarCommand, known: dict[str, Any]) -> None:
    life = Life()
    life.news(0, **known)

    assert life.ports(results := life.want(command)) == ["done"]
    assert asked(results) == []


def test_an_old_reading_shows_nothing_nor_one_from_before_the_last_command() -> None:
    old, told = Life(), Life()
    old.news(0, charging=False)
    told.news(0, charging=False)
    told.want(wish("start", at=10))
    told.reply(11, 200, YES)

    assert asked(old.want(wish("stop", at=61))) == [("POST", "/command/charge_stop", {})]
    assert asked(told.want(wish("stop", at=12))) == [("POST", "/command/charge_stop", {})]


@pytest.mark.parametrize(
    "command",
    [
        wish("limit", value=49),
        wish("limit", value=101),
        wish("limit", value=80.5),
        wish("limit"),
        wish("amps", value=-1),
        wish("amps"),
        wish("unschedule"),
        wish("schedule"),
        wish("schedule", schedule=Schedule(lat=0, lon=0)),
        wish("schedule", schedule=Schedule(lat=0, lon=0, start="24:00")),
        wish("schedule", schedule=Schedule(lat=0, lon=0, start="00:30", days="Tue")),  # the proxy says Tues
    ],
)
def test_what_tesla_would_ignore_in_silence_is_refused_here(command: CarCommand) -> None:
    life = Life()

    assert life.ports(results := life.want(command)) == ["refused"]
    assert asked(results) == []


def test_what_the_limit_was_is_told_to_whoever_wants_to_put_it_back() -> None:
    life = Life()
    life.news(0, limit=90.0)
    life.want(wish("limit", at=70, value=80))
    life.reply(71, 200, YES)
    life.again(79)
    ((_, done),) = life.reply(80, 200, reading(charge_limit_soc=80))

    assert (done.value, done.before) == (80, 90)


def test_the_same_message_twice_is_sent_once() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, YES)

    assert life.want(wish("start"), now=3) == []


def test_of_two_things_that_wait_both_are_sent_in_one_round() -> None:
    life = Life()
    life.want(wish("amps", value=16))
    life.reply(1, 503)
    life.want(wish("start", at=2))
    life.reply(3, 503)

    first = asked(life.again(20))
    second = life.reply(21, 200, YES)

    assert [name for _, name, _ in first + asked(second)] == ["/command/set_charging_amps", "/command/charge_start"]


def test_a_car_that_is_asleep_for_one_is_asleep_for_all_of_the_round() -> None:
    life = Life()
    life.want(wish("amps", value=16))
    life.reply(1, 503)
    life.want(wish("start", at=2))
    life.reply(3, 503)
    life.again(20)

    assert life.ports(life.reply(21, 500, ASLEEP)) == ["asleep", "asleep"]


def test_what_it_knows_outlives_a_restart() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, YES)
    life.memory = replace(
        Memory(), **{n: getattr(life.memory, n) for n in ("wanted", "newest", "sent", "asking", "quiet")}
    )

    assert [a[:2] for a in asked(life.again(20))] == [("GET", "/vehicle_data")]
