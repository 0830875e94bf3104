"""Whose the GX's schedule is: its user's, another installation's, or ours; and that its user gets it back."""

from __future__ import annotations

from gx_pair import USERS, Pair

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
