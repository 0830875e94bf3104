"""The faults of the simulated Octopus, as the real one has been seen to have them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sim_octopus_talk import CFG, Octopus, hours

from wattwire.nodes.messages import Device, Plan
from wattwire.nodes.sim_octopus import Config


@pytest.mark.parametrize(
    ("kind", "plan", "login"),
    [
        ("none", "plan", "token"),
        ("500", "failed", "failed"),
        ("502", "failed", "failed"),
        ("408", "failed", "failed"),
        ("429", "throttled", "throttled"),
        ("401", "unauthorised", "refused"),
        ("403json", "unauthorised", "refused"),
        ("403html", "blocked", "blocked"),
        ("garbled", "failed", "failed"),
        ("KT-CT-1124", "unauthorised", "token"),
        ("KT-CT-1199", "throttled", "token"),
        ("KT-CT-4340", "unavailable", "token"),
        ("nullPlan", "failed", "token"),
        ("badPlan", "failed", "token"),
        ("wrongKey", "plan", "refused"),
        ("deviceStatus", "plan", "token"),
    ],
)
def test_a_fault_shows_where_the_real_one_would(kind: str, plan: str, login: str) -> None:
    octopus = Octopus()
    token = octopus.token()
    octopus.told(kind)

    assert octopus.plan(token).port == plan
    assert octopus.login().port == login


def test_a_plan_may_be_empty_or_all_boost() -> None:
    octopus = Octopus(replace(CFG, fault="emptyPlan"))
    empty = hours(octopus.plan())
    octopus.told("boostPlan")
    boost = octopus.plan().body

    assert empty == []
    assert isinstance(boost, Plan)
    assert {d.kind for d in boost.dispatches} == {"boost"}


def test_a_device_may_be_gone_or_lose_its_status() -> None:
    octopus = Octopus()
    octopus.told("noDevice")
    gone = octopus.device().port
    octopus.told("deviceStatus")
    device = octopus.device().body

    assert gone == "none"
    assert isinstance(device, Device)
    assert device.state is None


def test_a_fault_may_be_counted_and_a_question_it_does_not_touch_is_not() -> None:
    octopus = Octopus()
    token = octopus.token()
    octopus.told("nullPlan", times=2)
    octopus.device(token)

    assert [octopus.plan(token).port for _ in range(3)] == ["failed", "failed", "plan"]


def test_a_fault_of_the_settings_can_be_switched_off_and_another_on() -> None:
    octopus = Octopus(replace(CFG, fault="500"))
    broken = octopus.login().port
    octopus.told("none")

    assert (broken, octopus.login().port) == ("failed", "token")


def test_a_fault_that_does_not_exist_changes_nothing_and_says_so() -> None:
    octopus = Octopus()
    status = octopus.told("meteor")

    assert status is not None
    assert status.fill == "red"
    assert octopus.plan().port == "plan"


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="fault is 'meteor'"):
        Config(fault="meteor")
    with pytest.raises(ValueError, match="length"):
        Config(every=timedelta(0))
