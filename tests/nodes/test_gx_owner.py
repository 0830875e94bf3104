"""Whose the GX's schedule is: its user's, another installation's, or ours; and that its user gets it back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gx_pair import USERS, Pair, charging

from wattwire.nodes import Stopping
from wattwire.nodes.gx_memory import State
from wattwire.nodes.gx_topics import slot_path


def test_a_slot_in_use_by_the_user_is_never_touched() -> None:
    pair = Pair()
    pair.tell_slot(Start=7200, Duration=3600, Day=7)
    pair.said.clear()
    pair.start(pair.gx)
    pair.run(seconds=20)
    pair.lease("charge", 30)
    pair.run(seconds=20)

    assert (pair.writes(), pair.gx.will) == ([], None)
    assert pair.faults() == ["charge schedule 5 on the GX is somebody else's; disable it there or set another slot"]


def test_a_user_who_takes_the_slot_over_also_ends_the_will(pair: Pair) -> None:
    pair.tell_slot(Start=7200, Duration=3600, Day=7)
    pair.run(seconds=10)
    taken = pair.gx.will
    pair.tell_slot(Day=-7)
    pair.run(seconds=10)

    assert taken is None
    assert pair.gx.will is not None
    assert pair.house.controllable


# Somebody changes ours


def test_somebody_who_changes_our_slot_is_left_alone_until_a_release(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=2)
    pair.said.clear()
    pair.tell_slot(Soc=60)
    pair.run(minutes=1)
    pair.lease("charge", 20, soc=80)
    pair.run(minutes=1)

    assert pair.writes() == [slot_path(4, "Soc")]
    assert pair.ports() == ["confirmed", "refused", "refused"]
    assert pair.house.why_not == "somebody changed charge schedule 5 on the GX; left alone until released by hand"

    pair.lease("release")
    pair.run(seconds=10)
    pair.lease("charge", 20, soc=80)
    pair.run(seconds=20)

    assert pair.plant.battery == 5000
    assert pair.slot()["Soc"] == 81  # 80 was the last target, and the GX might remember it


def test_a_changed_slot_that_is_still_marked_as_ours_does_not_come_back_in_a_week(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=2)
    pair.tell_slot(Soc=60)
    pair.run(minutes=40)

    assert pair.slot()["Day"] == -7


def test_who_was_stopped_does_not_start_itself_again(pair: Pair) -> None:
    charging(pair).tell_slot(Soc=60)
    pair.lease("release", owner="victronController")
    pair.lease("charge", 30, soc=80, owner="victronController")
    pair.run(seconds=20)

    assert pair.ports() == ["confirmed", "refused", "refused"]

    pair.call(pair.gx)  # a nudge on `rearm`
    pair.run(seconds=5)
    rearmed = pair.house.controllable
    pair.lease("charge", 30, soc=85, owner="victronController")
    pair.run(seconds=20)

    assert (rearmed, pair.slot()["Soc"], pair.plant.battery) == (True, 85, 5000)


def test_a_restart_is_no_reason_to_go_on_where_somebody_said_stop(pair: Pair) -> None:
    charging(pair).tell_slot(Soc=60)
    pair.run(seconds=5)
    pair.kill(pair.gx)
    pair.start(pair.gx)
    pair.run(seconds=30)

    assert pair.house.why_not == "somebody changed charge schedule 5 on the GX; left alone until released by hand"


# What the user had there


def test_a_disabled_slot_that_was_there_before_us_is_put_back(pair: Pair) -> None:
    pair.kill(pair.gx)
    pair.gx.state = State()
    pair.tell_slot(**USERS)
    pair.start(pair.gx)
    pair.run(seconds=20)
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    during = pair.slot()["AllowDischarge"]
    pair.lease("release")

    assert (during, pair.slot()) == (0, USERS)


@pytest.mark.parametrize("end", ["release", "over", "stop", "killed", "killed unseen"])
def test_the_user_s_own_disabled_slot_is_put_back_however_a_lease_ends(pair: Pair, end: str) -> None:
    pair.tell_slot(**USERS)
    pair.run(seconds=1)
    charging(pair)
    during = pair.slot()["AllowDischarge"]
    match end:
        case "release":
            pair.lease("release")
        case "over":
            pair.run(minutes=46)
        case "stop":
            pair.call(pair.gx, event=Stopping())
        case _:
            if end == "killed unseen":
                pair.gx.will = None  # the broker dies with us
            pair.gx.state = replace(pair.gx.state, wish=None)
            pair.kill(pair.gx)
            pair.start(pair.gx)
            pair.run(seconds=30)

    assert (during, pair.slot()) == (0, USERS)


def test_a_disabled_slot_that_its_user_edits_is_put_back_as_edited(pair: Pair) -> None:
    pair.tell_slot(**USERS)
    pair.run(seconds=1)
    charging(pair)
    pair.lease("release")
    pair.tell_slot(Start=3600)
    charging(pair)
    pair.lease("release")

    assert pair.slot() == USERS | {"Start": 3600}


# Another installation


def test_another_installation_s_lease_is_left_alone_and_told(pair: Pair) -> None:
    pair.kill(pair.gx)
    pair.gx.state = replace(pair.gx.state, mark=0)
    pair.tell_slot(Start=43_200, Duration=1800 + 59, Day=5)
    pair.said.clear()
    pair.start(pair.gx)
    pair.run(seconds=20)
    pair.lease("charge", 30)
    pair.run(seconds=10)

    why = "another installation leases charge schedule 5 on the GX; give one of the two another slot"
    assert (pair.ports(), pair.faults()) == (["armed", "refused"], [why, why])
    assert (pair.writes(), pair.gx.will) == ([], None)


def test_another_installation_s_leftover_is_not_taken_for_the_user_s(pair: Pair) -> None:
    pair.tell_slot(**USERS)
    pair.run(seconds=1)
    pair.tell_slot(Duration=1859)  # the other one died, and its will was executed
    charging(pair)
    pair.lease("release")

    assert pair.slot() == USERS
