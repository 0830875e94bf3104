"""How often teslaState looks at the car, so that it can fall asleep."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from state_life import CFG, NOON, TOKEN, Life, dispatching, fresh, recorded

from wattwire.nodes import Json, Reply, Request
from wattwire.nodes.tesla_course import follow
from wattwire.nodes.tesla_state import ask


def test_a_sleeping_car_is_never_read_in_detail_however_often_it_is_polled() -> None:
    life = Life()
    for minute in range(0, 600, 5):
        life.poll(minute, "vehicle_asleep")

    assert life.reads() == []
    assert len(life.asked) == 120


def test_a_car_that_wakes_for_two_minutes_only_is_not_read() -> None:
    life = Life(replace(CFG, woken=timedelta(minutes=3)))
    life.poll(0, "vehicle_asleep")
    life.poll(10)
    life.poll(12)
    life.poll(14, "vehicle_asleep")

    assert life.reads() == []


def test_a_car_that_stays_awake_is_read_once_and_then_left_alone_for_21_minutes() -> None:
    life = Life()
    life.poll(0, "vehicle_asleep")
    for minute in range(1, 50):
        life.poll(minute, "vehicle_online", "data_unplugged")

    assert life.reads() == [2, 23, 44]


def test_a_charging_car_is_read_every_5_minutes() -> None:
    life = Life()
    for minute in range(0, 16):
        life.poll(minute, "vehicle_online", "data_charging")

    assert life.reads() == [0, 5, 10, 15]


def test_a_poll_some_seconds_early_does_not_halve_the_pace() -> None:
    life = Life()
    for minute in (0.1, 5.0, 10.1, 15.0):
        life.poll(minute, "vehicle_online", "data_charging")

    assert life.reads() == [0.1, 5.0, 10.1, 15.0]


def test_after_a_charge_the_car_is_read_once_more_and_may_sleep() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")
    for minute in range(5, 26):
        life.poll(minute, "vehicle_online", "data_complete")

    assert life.reads() == [0, 5, 6]


def test_after_a_drive_the_car_is_watched_for_15_minutes() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    for minute in range(4, 40):
        life.poll(minute, "vehicle_online", "data_unplugged")

    assert life.reads() == [0, 4, 5, 9, 13, 17, 21]


def test_watching_ends_when_it_is_plugged_in() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    for minute in range(4, 26):
        life.poll(minute, "vehicle_online", "data_stopped" if minute >= 7 else "data_unplugged")

    assert life.reads() == [0, 4, 5, 9]


def test_a_dispatch_that_begins_is_worth_two_reads_of_a_car_that_is_awake() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 20):
        life.poll(minute, "vehicle_online", "data_stopped", hint=dispatching(5, 60))

    assert life.reads() == [0, 5, 10]


def test_a_dispatch_that_begins_soon_after_a_read_is_worth_one_at_once() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 20):
        life.poll(minute, "vehicle_online", "data_stopped", hint=dispatching(2, 60))

    assert life.reads() == [0, 2, 7]


def test_a_car_that_wakes_for_a_dispatch_is_read_at_once() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    life.poll(30, "vehicle_asleep")
    life.poll(60, "vehicle_online", "data_charging", hint=dispatching(60, 90))

    assert life.reads() == [0, 60]


def test_a_drive_goes_on_while_the_car_does_not_say_its_gear() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    body: Json = {"response": {"state": "online", "charge_state": {"charging_state": "Disconnected"}}}

    life.memory, _ = follow(CFG, life.memory, Reply(200, body, at=NOON + timedelta(minutes=5), tag="data"))

    assert life.memory.pace.phase == "driving"


def test_a_reading_of_the_same_instant_is_no_older_one() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")

    same = replace(recorded("data_charging"), at=NOON + timedelta(minutes=5), tag="data")

    assert isinstance(follow(CFG, life.memory, same)[1], list)


def test_a_dispatch_does_not_wake_a_sleeping_car() -> None:
    life = Life()
    for minute in range(10):
        life.poll(minute, "vehicle_asleep", hint=dispatching(0, 60))

    assert life.reads() == []


def test_a_failing_read_is_not_repeated_within_a_minute() -> None:
    life = Life()
    for second in range(0, 60, 10):
        life.poll(second / 60, "vehicle_online", "timeout_408")

    assert life.reads() == [0, 50 / 60]


@pytest.mark.parametrize("bare", ["timeout_408", "gateway_504"])
def test_a_car_that_does_not_answer_may_be_falling_asleep_and_gets_a_whole_new_window(bare: str) -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 44):
        life.poll(minute, "vehicle_online", bare)

    assert life.reads() == [0, 21, 42]


@pytest.mark.parametrize(("minutes", "again"), [(5, [0, 4, 5, 11, 15, 19]), (16, [0, 4, 5, 23])])
def test_a_garage_without_radio_does_not_end_the_watch_unless_it_lasts(minutes: int, again: list[int]) -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    life.poll(4, "vehicle_online", "data_unplugged")
    life.poll(5, "vehicle_online", "data_unplugged")
    for minute in range(6, 6 + minutes):
        life.poll(minute, "vehicle_offline")
    for minute in range(6 + minutes, 24):
        life.poll(minute, "vehicle_online", "data_unplugged")

    assert life.reads() == again


@pytest.mark.parametrize("moving", ["charging", "driving"])
@pytest.mark.parametrize(
    ("cheap", "phase", "ports"),
    [
        ("vehicle_offline", None, ["offline", "car"]),
        ("vehicle_online", None, ["car"]),
        ("vehicle_asleep", "asleep", ["asleep", "car"]),
    ],
)
def test_unavailable_in_the_midst_of_something_tesla_is_asked_at_once_whether_it_sleeps(
    moving: str, cheap: str, phase: str | None, ports: list[str]
) -> None:
    life = Life(replace(CFG, charging_every=timedelta(), watch_every=timedelta(), settle=timedelta()))
    life.poll(0, "vehicle_online", f"data_{moving}")

    emits = life.poll(5, "vehicle_online", "asleep_408", cheap)

    assert [e.port for e in emits] == ports
    assert [what for minute, what in life.asked if minute == 5] == ["vehicle", "data", "vehicle"]
    assert life.memory.pace.phase == (phase or moving)
    assert life.memory.car
    assert life.memory.car.charging is (moving == "charging" and phase is None)


def blocked(life: Life, minutes: range, **vehicle: Json) -> None:
    """Somebody or something keeps it awake in these minutes."""
    for minute in minutes:
        now = NOON + timedelta(minutes=minute)
        memory, _ = ask(life.cfg, life.memory, None, None, None, None, now, token=TOKEN)
        life.memory, results = follow(CFG, memory, replace(recorded("vehicle_online"), at=now, tag="vehicle"))
        if isinstance(results, Request):
            life.asked.append((minute, "data"))
            reply = fresh(recorded("data_stopped"), now)
            car: dict[str, Any] = reply.json["response"]  # type: ignore[assignment,call-overload,index]
            body: Json = {"response": {**car, "vehicle_state": {**vehicle}}}
            life.memory, _ = follow(CFG, life.memory, replace(reply, json=body, at=now, tag="data"))


def test_a_sentry_is_read_ever_less_often_as_the_car_will_not_sleep_anyway() -> None:
    life = Life()
    blocked(life, range(120), sentry_mode=True)

    assert life.reads() == [0, 4, 8, 12, 16, 20, 28, 44, 60, 76, 92, 108]


def test_a_car_is_left_alone_as_soon_as_nothing_keeps_it_awake() -> None:
    life = Life()
    blocked(life, range(9), is_user_present=True)
    blocked(life, range(9, 40))

    assert life.reads() == [0, 4, 8, 12, 33]
