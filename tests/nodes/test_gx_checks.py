"""What must be so on a GX before its battery is touched: its settings, its clock, the grid."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from gx_pair import ID, NOON, Pair, charging

from wattwire.nodes import Say, gx_checks, gx_watch, sim_gx, victron_gx
from wattwire.nodes.gx_memory import State
from wattwire.nodes.gx_readings import GRID, SOC
from wattwire.nodes.gx_topics import DYNAMIC, ESS, ZONE


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (f"{ESS}/Hub4Mode", 3, "ESS mode is 3, not Optimised"),
        (f"{ESS}/BatteryLife/State", 9, "ESS is set to keep the battery charged"),
        (DYNAMIC, 1, "Dynamic ESS is on and blocks schedules"),
        (DYNAMIC, 4, "Dynamic ESS is on and blocks schedules"),
        (ZONE, "Moon/Tranquility", "the GX's time zone is Moon/Tranquility"),
    ],
)
def test_what_forbids_control_is_said_in_plain_words_and_ends_a_lease(
    pair: Pair, path: str, value: object, why: str
) -> None:
    charging(pair).tell_gx(path, value)
    pair.run(seconds=5)

    assert pair.faults() == [why]
    assert (pair.house.controllable, pair.house.why_not) == (False, why)
    assert pair.slot()["Day"] == -7


@pytest.mark.parametrize(
    ("path", "told", "why"),
    [
        *((SOC, told, "the state of charge is unknown") for told in (None, "55", 1e300, -0.5, 100.5)),
        *((GRID[0], told, "the grid meter reports nothing") for told in (None, "55", 1e300)),
    ],
)
def test_a_reading_that_the_house_does_not_know_forbids_control(pair: Pair, path: str, told: object, why: str) -> None:
    pair.publish(Say(f"N/{ID}/{path}", {"value": told}))
    pair.run(seconds=10)  # to the next telling
    unknown = pair.house.soc if path == SOC else pair.house.grid

    assert (unknown, pair.house.controllable, pair.house.why_not) == (None, False, why)


def test_a_gx_without_a_time_zone_is_refused_in_summer_only() -> None:
    def why_not(now: datetime) -> str | None:
        pair = Pair(sim=sim_gx.Config(timezone="/UTC"), now=now)
        pair.run(seconds=20)
        return pair.house.why_not

    assert why_not(NOON) is None
    assert why_not(NOON.replace(month=7)) == "the GX's time zone is not set; set it to Europe/London"


# The clock


def test_a_gx_clock_more_than_a_minute_off_ends_a_lease(pair: Pair) -> None:
    charging(pair).set_fault("clockAhead")
    pair.run(seconds=5)

    assert pair.faults() == ["the GX's clock is ahead by 120 s; set it from the internet"]
    assert pair.slot()["Day"] == -7


@pytest.mark.parametrize(("late", "may"), [(59, True), (61, False)])
def test_the_gx_s_clock_and_ours_agree_within_a_minute(pair: Pair, late: int, may: bool) -> None:
    pair.run(seconds=1)
    pair.publish(Say(f"N/{ID}/heartbeat", {"value": pair.now.timestamp() - late}))

    assert pair.house.controllable is may


# The grid


def test_a_lost_grid_ends_the_lease(pair: Pair) -> None:
    pair.lease("charge", 30)
    pair.run(seconds=20)
    pair.set_fault("gridLost")
    pair.run(seconds=10)

    assert pair.slot()["Day"] == -7
    assert pair.house.grid is None
    assert pair.house.why_not is not None
    assert "nothing, the grid is gone" in pair.house.why_not


def test_a_fuse_that_blows_is_an_island() -> None:
    pair = Pair(sim=sim_gx.Config(fuse=9000, input_limit=-1))
    pair.run(seconds=30)
    pair.draw(7000)
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=2)

    assert (pair.house.islanded, pair.house.controllable, pair.plant.slot) == (True, False, None)


def test_after_an_island_the_house_has_five_minutes_to_settle(pair: Pair) -> None:
    charging(pair).set_fault("gridLost")
    pair.run(minutes=10)
    dark = (pair.house.islanded, pair.house.controllable, pair.slot()["Day"])
    pair.set_fault("none")
    pair.run(minutes=4, seconds=50)
    settling = (pair.house.islanded, pair.house.controllable, pair.house.why_not)
    pair.run(seconds=11)

    assert dark == (True, False, -7)
    why = "the grid came back at 12:15 UTC; the battery is left alone until 12:20"
    assert settling == (False, False, why)
    assert (pair.house.controllable, pair.house.at) == (True, NOON + timedelta(minutes=20, seconds=30))


def test_a_restart_does_not_shorten_the_time_to_settle(pair: Pair) -> None:
    pair.set_fault("gridLost")
    pair.run(minutes=1)
    pair.set_fault("none")
    pair.run(minutes=1)
    pair.kill(pair.gx)
    pair.start(pair.gx)
    pair.run(minutes=1)
    settling = pair.house.controllable
    pair.run(minutes=3)

    assert (settling, pair.house.controllable) == (False, True)


@pytest.mark.parametrize(("back", "until"), [(-4, 1), (-5, None), (300, None)])
def test_a_clock_set_back_lengthens_no_time_to_settle(back: int, until: int | None) -> None:
    state, minute = State(back=NOON + timedelta(minutes=back)), timedelta(minutes=1)
    told = gx_checks.settling(victron_gx.Config(host="gx"), state, NOON)

    assert told == (None if until is None else NOON + until * minute)


@pytest.mark.parametrize(("back", "kept"), [(-4, True), (60, False)])
def test_a_return_of_the_grid_noted_by_a_clock_that_was_ahead_does_not_come_true_later(back: int, kept: bool) -> None:
    """An hour later the battery was let go for five minutes, into a car that was charging."""
    state = State(back=NOON + timedelta(minutes=back))
    after, _ = gx_watch.awake(victron_gx.Config(host="gx"), state, NOON)

    assert after.back == (state.back if kept else None)
