"""Where a repeat would harm: a boost is asked for once."""

from typing import Any

import pytest
from kraken_talk import Talk, car, cars, error, suspending

from wattwire.nodes import (
    Json,
    boost_charge,
)
from wattwire.nodes.kraken_errands import Ask


def boosting() -> Talk:
    return suspending(boost_charge.NODE, "boost")


@pytest.mark.parametrize(("json", "status"), [(None, 502), (None, 0), (None, 200), (error("KT-CT-7899"), 200)])
def test_a_boost_whose_answer_was_lost_is_looked_for_and_never_asked_for_again(json: Json, status: int) -> None:
    talk = boosting()
    sent = talk.hear(json, status)
    talk.say("look")
    later = talk.hear(cars())

    assert (sent, later) == (["pending"], ["pending"])
    assert talk.tags == ["read", "write car-1", "read"]


def test_a_process_that_dies_while_it_asks_looks_first() -> None:
    talk = boosting()
    talk.asked.clear()

    assert boost_charge.NODE.once
    assert talk.hear(None, 0, unknown=True, why="the process died") == ["pending"]


def test_a_process_that_dies_while_it_looks_has_asked_for_nothing() -> None:
    talk = Talk(boost_charge.NODE)
    talk.say("boost", Ask())

    assert talk.hear(None, 0, unknown=True, why="the process died") == ["failed"]
    talk.say("look")
    talk.hear(cars())
    assert talk.tags == ["read", "read", "write car-1"]


REASON = pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("BC_DEVICE_NOT_YET_LIVE", "Octopus has not finished setting the car up"),
        ("BC_DEVICE_RETIRED", "the car is no longer registered with Octopus"),
        ("BC_DEVICE_SUSPENDED", "smart charging is suspended, resume it first"),
        ("BC_DEVICE_DISCONNECTED", "the car is not plugged in"),
        ("BC_DEVICE_NOT_AT_HOME", "the car is not at home"),
        ("BC_DEVICE_FULLY_CHARGED", "the car is full"),
        ("BC_SOMETHING_NEW", "BC_SOMETHING_NEW"),
    ],
)


@REASON
def test_a_boost_is_refused_with_octopus_s_reason(reason: str, why: str) -> None:
    talk = boosting()

    assert talk.hear(error("KT-CT-4357", boostChargeRefusalReasons=[reason])) == ["refused"]
    assert talk.why == f"boost: Octopus does not boost now: {why}"


def wrongs(*codes: str, **more: Json) -> Json:
    """Several errors; what else is told comes with the last."""
    found: list[Any] = [{"message": "m", "extensions": {"errorCode": f"KT-CT-{code}"}} for code in codes]
    found[-1] = {"message": f"no {codes[-1]}", "extensions": {**found[-1]["extensions"], **more}}
    return {"errors": found}


FULL: Any = {"boostChargeRefusalReasons": ["BC_DEVICE_FULLY_CHARGED"]}


@pytest.mark.parametrize(
    ("json", "port", "why"),
    [
        (wrongs("0001", **FULL), "refused", "Octopus does not boost now: the car is full"),
        (wrongs("0001", "4357", **FULL), "refused", "Octopus does not boost now: the car is full"),
        (wrongs("4360", "4357", **FULL), "refused", "Octopus does not boost now: the car is full"),
        ({"errors": [{"message": "m", "extensions": FULL}]}, "refused", "Octopus does not boost now: the car is full"),
        (wrongs("0001", "4356"), "refused", "the car is not ready for a boost: no 4356"),
        (wrongs("4360", "4357"), "refused", "Octopus does not boost now: no 4357"),
        (wrongs("4357", "4123"), "refused", "no 4123"),
        (wrongs("0001", "4353"), "undone", "no 4353"),
        (wrongs("0001", "7899"), "pending", None),
        (wrongs("1199", "4357", **FULL), "throttled", "m"),  # first the limits, then what is asked for
        (wrongs("1124", "4357", **FULL), "unauthorised", "m"),
    ],
)
def test_what_only_a_write_meets_is_found_wherever_it_stands(json: Json, port: str, why: str | None) -> None:
    talk = boosting()

    assert talk.hear(json) == [port]
    assert why is None or talk.why.removeprefix("boost: ") == why


def test_several_reasons_are_all_told() -> None:
    talk = boosting()
    reasons: Json = ["BC_DEVICE_DISCONNECTED", "BC_DEVICE_FULLY_CHARGED"]
    talk.hear(error("KT-CT-4357", boostChargeRefusalReasons=reasons))

    assert talk.why == "boost: Octopus does not boost now: the car is not plugged in, the car is full"


def test_a_car_that_is_not_ready_for_a_boost_is_told() -> None:
    talk = boosting()

    assert talk.hear(error("KT-CT-4356")) == ["refused"]
    assert talk.why == "boost: the car is not ready for a boost: no"


def test_a_boost_that_runs_already_is_what_was_asked_for() -> None:
    talk = boosting()
    sent = talk.hear(error("KT-CT-4357", boostChargeRefusalReasons=["BC_BOOST_CHARGE_IN_PROGRESS"]))
    talk.say("look")

    assert sent == ["pending"]
    assert talk.hear(cars(car(currentState="BOOSTING"))) == ["confirmed"]


def test_cancelling_what_does_not_boost_is_confirmed_by_the_look() -> None:
    talk = suspending(boost_charge.NODE, "cancel")
    sent = talk.hear(error("KT-CT-4354"))
    talk.say("look")

    assert sent == ["pending"]
    assert talk.hear(cars()) == ["confirmed"]
