"""What victronGx asks of a GX so that it goes on telling, and how little of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from gx_pair import ID, Pair

from wattwire.nodes import Say, sim_gx, victron_gx
from wattwire.nodes.gx_readings import SOC
from wattwire.nodes.gx_topics import SCHEDULED, slot_path
from wattwire.nodes.sim_messages import SimFault


@pytest.fixture
def patient() -> Pair:
    """A made-up week's: all of it takes forty times as long."""
    slow = sim_gx.Config(heartbeat=timedelta(minutes=2), publish=timedelta(minutes=2), awake=timedelta(minutes=40))
    gx = victron_gx.Config(url="mqtt://flow", silent_after=timedelta(minutes=5), keepalive=timedelta(minutes=15))
    pair = Pair(gx, slow)
    pair.run(seconds=30)
    return pair


def asked(pair: Pair, **span: float) -> Counter[str]:
    pair.said.clear()
    pair.run(**span)
    return Counter(topic.removeprefix(f"R/{ID}/") for _, topic, _ in pair.said if topic.startswith("R/"))


def test_a_slot_in_force_is_read_at_once_with_every_other_keepalive(pair: Pair) -> None:
    pair.lease("hold", 60)
    pair.run(minutes=5)

    assert asked(pair, minutes=10) == {"keepalive": 24, SOC: 12, slot_path(4): 12, SCHEDULED: 12}


def test_a_state_of_charge_that_was_just_told_is_not_asked_for(pair: Pair) -> None:
    pair.lease("charge", 60, soc=90)  # a tenth of a percent in 10 s
    pair.run(minutes=5)

    assert asked(pair, minutes=10)[SOC] == 0


def test_of_a_battery_that_is_left_alone_only_the_state_of_charge_is_asked_for(pair: Pair) -> None:
    assert asked(pair, minutes=10).keys() == {"keepalive", SOC}


def test_what_was_asked_and_told_by_a_clock_that_was_an_hour_ahead_is_asked_for_again(pair: Pair) -> None:
    """Else a state of charge that stays the same was not told for an hour, and the lease ended."""
    ahead = pair.now + timedelta(hours=1)
    state = pair.gx.state
    pair.gx.state = replace(state, live=replace(state.live, looked=ahead, soc_at=ahead))

    assert asked(pair, minutes=1)[SOC] == 1


def test_a_gx_that_starts_anew_is_asked_for_everything_at_once(pair: Pair) -> None:
    pair.said.clear()
    pair.publish(Say(f"N/{ID}/keepalive", 1))

    assert [topic.rpartition("/")[2] for _, topic, _ in pair.said][1] == "keepalive"
    assert pair.said[-1][1] == f"N/{ID}/full_publish_completed"
    assert pair.gx.state.live.ready


@pytest.mark.parametrize(("lost", "ports"), [(1, []), (2, ["lost"])])
def test_one_keepalive_may_be_lost_and_after_two_the_next_one_wakes_the_gx(
    pair: Pair, lost: int, ports: list[str]
) -> None:
    pair.run(seconds=15)  # the keepalive of 12:00:45 was heard
    pair.deaf.add(f"R/{ID}/keepalive")
    pair.run(seconds=25 * lost + 5)
    pair.deaf.clear()
    pair.run(seconds=25)

    assert (pair.ports(), pair.house.controllable) == (ports, True)


def test_a_gx_whose_silence_counts_is_knocked_at_until_it_answers(patient: Pair) -> None:
    patient.call(patient.sim, fault=SimFault(kind="silent"))
    patient.run(minutes=8)
    silent = (patient.ports(), patient.house.controllable)
    patient.call(patient.sim, fault=SimFault(kind="none"))
    patient.run(seconds=25)

    assert silent == (["lost"], False)
    assert patient.house.controllable


def test_a_patient_gx_is_asked_for_little(patient: Pair) -> None:
    patient.lease("hold", 60)
    patient.run(minutes=1)

    assert asked(patient, minutes=50) == {"keepalive": 3, SOC: 3, slot_path(4): 3, SCHEDULED: 3}
    assert (patient.house.controllable, patient.plant.battery) == (True, 0)
