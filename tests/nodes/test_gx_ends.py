"""How a lease ends though nobody ends it: by its own end, by our last will, by our next life."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from gx_pair import ID, Pair, charging

from wattwire.nodes import Say, Stopping, victron_gx
from wattwire.nodes.gx_memory import State
from wattwire.nodes.gx_topics import slot_path


def test_the_slot_is_over_on_the_dot_though_nobody_is_left_to_end_it(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.gx.will = None
    pair.kill(pair.gx)
    pair.run(minutes=29, seconds=39)
    before = pair.plant.slot
    pair.run(seconds=2)

    assert (before, pair.plant.slot, pair.plant.battery < 0) == (4, None, True)


def test_an_orderly_stop_lets_go_at_once(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.call(pair.gx, Stopping())

    assert pair.slot()["Day"] == -7


# The will


def test_a_dead_controller_is_released_by_the_gx_itself(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.kill(pair.gx)
    pair.run(seconds=10)

    assert pair.slot()["Day"] == -7
    assert pair.plant.battery < 0


def test_the_will_is_a_day_that_every_firmware_takes_whatever_the_user_had(pair: Pair) -> None:
    pair.tell_slot(Day=-10)
    pair.kill(pair.gx)
    pair.start(pair.gx)
    pair.run(seconds=20)

    assert pair.gx.will == Say(f"W/{ID}/{slot_path(4, 'Day')}", {"value": -7})


def test_a_late_will_is_not_taken_for_the_user(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.link(pair.gx, False)
    pair.link(pair.gx, True)
    pair.run(seconds=25)
    assert pair.gx.will
    pair.publish(pair.gx.will)
    pair.run(seconds=20)

    assert pair.plant.battery == 5000
    assert "refused" not in pair.ports()


def test_a_late_will_that_was_told_into_the_void_is_found_by_reading_day_again(pair: Pair) -> None:
    charging(pair)
    pair.link(pair.gx, False)
    pair.link(pair.gx, True)
    pair.run(seconds=20)
    topic = f"N/{ID}/{slot_path(4, 'Day')}"
    pair.deaf.add(topic)
    assert pair.gx.will
    pair.publish(pair.gx.will)
    pair.deaf.clear()
    pair.run(seconds=60)

    assert (pair.plant.battery, "refused" in pair.ports()) == (5000, False)


# The next life


def test_a_restart_goes_on_with_a_lease_that_is_still_in_force(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.kill(pair.gx)
    pair.run(seconds=10)
    pair.start(pair.gx)
    pair.run(seconds=30)

    assert pair.plant.battery == 5000
    assert "refused" not in pair.ports()


def test_a_restart_clears_what_an_earlier_life_left_behind(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.gx.will = None  # a broker that died with us carries out nothing
    pair.kill(pair.gx)
    pair.run(days=6)
    assert pair.slot()["Day"] == 5
    pair.start(pair.gx)
    pair.run(seconds=30)

    assert pair.slot()["Day"] == -7


@pytest.mark.parametrize(("installation", "knows"), [("", False), ("garage", True)], ids=["earlier version", "renamed"])
def test_a_lease_written_under_another_mark_is_still_ours(pair: Pair, installation: str, knows: bool) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.gx.will = None
    pair.kill(pair.gx)
    pair.gx.cfg = replace(pair.gx.cfg, installation=installation)
    pair.gx.state = replace(pair.gx.state, mark=pair.gx.state.mark if knows else 0, touched=knows)
    pair.now += timedelta(milliseconds=7)  # a mark that is made up now is another
    pair.start(pair.gx)
    pair.run(seconds=30)

    assert "armed" not in pair.ports()
    pair.lease("release", 30)
    pair.run(seconds=30)
    assert pair.slot() == pair.gx.state.originals


def test_an_installation_that_has_a_name_knows_its_leases_without_any_memory() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", installation="home"))
    pair.run(seconds=30)
    pair.lease("charge", 30)
    pair.run(seconds=20)
    pair.gx.will = None
    pair.kill(pair.gx)
    pair.gx.state = State()
    pair.start(pair.gx)
    pair.run(seconds=30)

    assert (pair.slot()["Day"], pair.house.controllable) == (-7, True)


def test_our_own_slot_switched_on_by_whatever_is_switched_off(pair: Pair) -> None:
    mark = pair.gx.state.mark
    pair.tell_slot(Start=43_200, Duration=600 + mark, Day=5)
    pair.run(seconds=5)

    assert pair.slot()["Day"] == -7
