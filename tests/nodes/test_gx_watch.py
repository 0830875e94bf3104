"""What victronGx watches while a lease is in force, and what it makes of it."""

from __future__ import annotations

from gx_pair import ID, Pair, charging

from wattwire.nodes import Say
from wattwire.nodes.gx_readings import SOC
from wattwire.nodes.gx_topics import SCHEDULED, slot_path


def test_settings_that_went_away_are_no_change_by_somebody(pair: Pair) -> None:
    charging(pair).set_fault("settingsGone")
    pair.run(seconds=5)
    gone = (pair.house.controllable, "somebody" in (pair.house.why_not or ""), pair.ports())
    pair.set_fault("none")
    pair.run(seconds=70)

    assert gone == (False, False, ["confirmed", "refused"])
    assert pair.slot()["Day"] == -7
    assert pair.house.controllable


def test_a_change_that_was_told_into_the_void_is_found_within_a_minute(pair: Pair) -> None:
    charging(pair)
    topic = f"N/{ID}/{slot_path(4, 'Soc')}"
    pair.deaf.add(topic)
    pair.tell_slot(Soc=60)
    pair.deaf.clear()
    pair.run(seconds=61)

    assert pair.faults() == ["somebody changed charge schedule 5 on the GX; left alone until released by hand"]


def test_a_slot_that_the_gx_stops_without_a_word_is_let_go(pair: Pair) -> None:
    charging(pair)
    pair.publish(Say(f"N/{ID}/{SCHEDULED}", {"value": 0}))
    pair.deaf.add(f"N/{ID}/{SCHEDULED}")  # nor does it say otherwise
    pair.run(seconds=14)
    at_once = pair.faults()
    pair.run(seconds=2)

    assert (at_once, pair.faults()) == ([], ["the GX took the slot, yet did not begin it"])


def test_a_user_s_slot_that_goes_first_is_not_fought(pair: Pair) -> None:
    charging(pair)
    pair.tell_slot(1, Start=0, Duration=86_340, Soc=20, Day=7)
    pair.run(seconds=20)

    assert pair.faults() == ["charge schedule 2 on the GX takes precedence, and is running now"]
    assert (pair.slot()["Day"], pair.slot(1)["Day"], pair.house.controllable) == (-7, 7, False)


def test_a_state_of_charge_that_is_not_even_told_when_asked_for_is_no_longer_believed(pair: Pair) -> None:
    charging(pair)
    pair.deaf.add(f"N/{ID}/{SOC}")
    pair.run(minutes=6)

    assert pair.faults() == ["the GX has not reported the state of charge since 12:05 UTC"]
    assert pair.slot()["Day"] == -7


def test_a_state_of_charge_that_stays_the_same_is_asked_for_and_believed(pair: Pair) -> None:
    pair.set_plant(soc=100.0)
    pair.lease("hold", 60)
    pair.run(minutes=50)

    assert (pair.house.soc, pair.house.controllable, pair.faults()) == (100, True, [])
