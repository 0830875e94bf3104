"""What is seen elsewhere is a reason for teslaState to look at the car at once, and no more than that."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from state_life import CFG, NOON, TOKEN, Life, dispatching, recorded

from wattwire.nodes import Request
from wattwire.nodes.car_messages import CarDone
from wattwire.nodes.messages import Charger, House
from wattwire.nodes.tesla_course import follow
from wattwire.nodes.tesla_memory import Memory
from wattwire.nodes.tesla_state import ask


def test_a_dispatch_that_begins_earns_one_look_at_once() -> None:
    life, plan = Life(), dispatching(5, 60)
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 20):
        life.told(minute, plan, None, None, "vehicle_asleep")

    assert life.asked == [(0, "vehicle"), (0, "data"), (5, "vehicle")]


def test_a_plan_without_a_dispatch_under_way_asks_nothing_even_without_a_token() -> None:
    memory, results = ask(CFG, Memory(), None, dispatching(5, 60), None, None, NOON, token=None)

    assert results == []
    assert memory.plan == dispatching(5, 60)


def seen_at_the_plug(**seen: Any) -> Charger:
    return Charger(at=NOON, **seen)


@pytest.mark.parametrize(
    ("before", "after", "looks"),
    [
        ({"plugged": False}, {"plugged": True}, True),
        ({"plugged": True}, {"plugged": False}, True),
        ({"plugged": None}, {"plugged": True}, False),  # the first thing ever seen is no change
        ({"plugged": True, "power": 0.0}, {"plugged": True, "power": 7200.0}, True),
        ({"plugged": True, "power": 7200.0}, {"plugged": True, "power": 0.0}, True),
        ({"plugged": True, "power": 7200.0}, {"plugged": True, "power": 6900.0}, False),
        ({"plugged": True, "power": 0.0}, {"plugged": True, "power": 40.0}, False),
    ],
)
def test_what_the_charger_sees_earns_one_look_at_once(
    before: dict[str, Any], after: dict[str, Any], looks: bool
) -> None:
    life = Life()
    life.told(0, None, None, seen_at_the_plug(**before), "vehicle_asleep")
    for minute in (1, 2, 3):
        life.told(minute, None, None, seen_at_the_plug(**after), "vehicle_asleep")

    assert life.asked == ([(1, "vehicle")] if looks else [])


@pytest.mark.parametrize(
    ("before", "after", "looks"),
    [
        ({"load": 400.0}, {"load": 7600.0}, True),
        ({"load": 7600.0}, {"load": 400.0}, True),
        ({"load": 400.0}, {"load": 2600.0}, False),  # a kettle
        ({"load": None}, {"load": 7600.0}, False),
        ({"load": 400.0, "ev": 0.0}, {"load": 7600.0, "ev": 0.0}, False),  # the car's own meter knows better
        ({"load": 400.0, "ev": 0.0}, {"load": 2600.0, "ev": 2200.0}, True),
    ],
)
def test_a_step_of_load_earns_one_look_at_once(before: dict[str, Any], after: dict[str, Any], looks: bool) -> None:
    life = Life()
    life.told(0, None, House(at=NOON, **before), None, "vehicle_asleep")
    for minute in (1, 2, 3):
        life.told(minute, None, House(at=NOON, **after), None, "vehicle_asleep")

    assert life.asked == ([(1, "vehicle")] if looks else [])


def test_a_hint_is_worth_one_detailed_read_of_a_car_that_is_left_alone_and_no_more() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    life.told(4, None, None, seen_at_the_plug(plugged=True))
    life.told(5, None, None, seen_at_the_plug(plugged=False), "vehicle_online", "data_unplugged")
    for minute in range(6, 28):
        life.poll(minute, "vehicle_online", "data_unplugged")

    assert life.reads() == [0, 5, 26]


def flickering(life: Life, **given: tuple[float, float]) -> None:
    """Something goes on and off every minute for an hour, beside a car that is awake and does not charge."""
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 61):
        told: dict[str, Any] = {name: values[minute % 2] for name, values in given.items()}
        house = House(at=NOON, **told)
        life.told(minute, None, house, None, "vehicle_online", "data_stopped")


def test_an_oven_does_not_keep_the_car_awake() -> None:
    life = Life()
    flickering(life, load=(400.0, 3600.0))

    assert life.reads() == [0, 2, 23, 44]  # as if it were left alone


def test_a_charger_that_goes_on_and_off_is_not_followed_each_time() -> None:
    life = Life()
    flickering(life, ev=(0.0, 1400.0))

    assert life.reads() == [0, *range(2, 61, 4)]


def test_a_radio_that_comes_and_goes_is_no_reason_to_read() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 21):
        life.poll(minute, "vehicle_offline" if minute % 3 == 0 else "vehicle_online", "data_stopped")

    assert life.reads() == [0]


def test_a_parked_car_that_does_not_answer_is_not_asked_for_ever() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    life.poll(4, "vehicle_online", "data_unplugged")
    for minute in range(5, 60):
        life.poll(minute, "vehicle_online", "timeout_408")

    assert life.reads() == [0, 4, 5, 9, 13, 17, 21, 42]


def test_a_car_that_wakes_to_charge_is_read_at_once_after_the_hint() -> None:
    life = Life()
    life.poll(0, "vehicle_asleep")
    life.told(9, None, None, seen_at_the_plug(power=0.0))
    life.told(10, None, None, seen_at_the_plug(power=7000.0), "vehicle_asleep")  # not yet
    life.poll(11, "vehicle_online", "data_charging")

    assert life.reads() == [11]


def test_a_command_that_was_done_is_worth_a_read_of_a_car_that_is_left_alone() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    life.poll(3)
    now = NOON + timedelta(minutes=4)
    life.memory, cheap = ask(CFG, life.memory, None, None, None, None, now, CarDone(at=now, do="start"), token=TOKEN)
    _, dear = follow(CFG, life.memory, replace(recorded("vehicle_online"), at=now, tag="vehicle"))

    assert isinstance(cheap, Request)
    assert isinstance(dear, Request)
    assert (cheap.tag, dear.tag) == ("vehicle", "data")
