"""What victronGx watches while a lease is in force, and what it makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from gx_pair import ID, NOON, Pair

from wattwire.nodes import Linked, Say, Stopping, gx_checks, sim_gx, victron_gx
from wattwire.nodes.gx_memory import State
from wattwire.nodes.gx_readings import SOC
from wattwire.nodes.gx_topics import DYNAMIC, ESS, SCHEDULED, ZONE, slot_path
from wattwire.nodes.messages import Lease
from wattwire.nodes.sim_messages import Drawn, SimFault


@pytest.fixture
def pair() -> Pair:
    pair = Pair()
    pair.run(seconds=30)
    return pair


def charging(pair: Pair) -> Pair:
    pair.lease("charge", 50, soc=80, owner="victronController")
    pair.run(minutes=5)
    assert pair.plant.battery == 5000
    return pair


def fault(pair: Pair, kind: str) -> None:
    pair.call(pair.sim, fault=SimFault(kind=kind))


@pytest.mark.parametrize("mode", [1, 4])
def test_dynamic_ess_that_comes_on_in_the_middle_of_a_lease_ends_it(pair: Pair, mode: int) -> None:
    charging(pair).tell_gx(DYNAMIC, mode)
    pair.run(seconds=5)

    assert (pair.faults(), pair.slot()["Day"]) == (["Dynamic ESS is on and blocks schedules"], -7)


def test_after_an_island_the_house_has_five_minutes_to_settle(pair: Pair) -> None:
    fault(charging(pair), "gridLost")
    pair.run(minutes=10)
    dark = (pair.house.islanded, pair.house.controllable, pair.slot()["Day"])
    fault(pair, "none")
    pair.run(minutes=4, seconds=50)
    settling = (pair.house.islanded, pair.house.controllable, pair.house.why_not)
    pair.run(seconds=11)

    assert dark == (True, False, -7)
    why = "the grid came back at 12:15 UTC; the battery is left alone until 12:20"
    assert settling == (False, False, why)
    assert (pair.house.controllable, pair.house.at) == (True, NOON + timedelta(minutes=20, seconds=30))


def test_a_restart_does_not_shorten_the_time_to_settle(pair: Pair) -> None:
    fault(pair, "gridLost")
    pair.run(minutes=1)
    fault(pair, "none")
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


def test_a_gx_clock_more_than_a_minute_off_ends_a_lease(pair: Pair) -> None:
    fault(charging(pair), "clockAhead")
    pair.run(seconds=5)

    assert pair.faults() == ["the GX's clock is ahead by 120 s; set it by the internet"]
    assert pair.slot()["Day"] == -7


@pytest.mark.parametrize(("late", "may"), [(59, True), (61, False)])
def test_the_gx_s_clock_and_ours_agree_within_a_minute(pair: Pair, late: int, may: bool) -> None:
    pair.run(seconds=1)
    pair.publish(Say(f"N/{ID}/heartbeat", {"value": pair.now.timestamp() - late}))

    assert pair.house.controllable is may


def test_a_time_zone_set_anew_moves_the_slot_with_it(pair: Pair) -> None:
    charging(pair).tell_gx(ZONE, "Europe/Paris")
    pair.run(seconds=30)

    assert (pair.plant.slot, pair.slot()["Start"] // 3600, pair.faults()) == (4, 13, [])
    pair.run(minutes=46)
    assert pair.plant.slot is None


def test_settings_that_went_away_are_no_change_by_somebody(pair: Pair) -> None:
    fault(charging(pair), "settingsGone")
    pair.run(seconds=5)
    gone = (pair.house.controllable, "somebody" in (pair.house.why_not or ""), pair.ports())
    fault(pair, "none")
    pair.run(seconds=70)

    assert gone == (False, False, ["confirmed", "refused"])
    assert pair.slot()["Day"] == -7
    assert pair.house.controllable


def test_a_user_s_slot_that_goes_first_is_not_fought(pair: Pair) -> None:
    charging(pair)
    for name, value in (("Start", 0), ("Duration", 86_340), ("Soc", 20), ("Day", 7)):
        pair.tell_gx(slot_path(1, name), value)
    pair.run(seconds=20)

    assert pair.faults() == ["charge schedule 2 on the GX goes first, and runs now"]
    assert (pair.slot()["Day"], pair.slot(1)["Day"], pair.house.controllable) == (-7, 7, False)


def test_a_slot_that_the_gx_stops_without_a_word_is_let_go(pair: Pair) -> None:
    charging(pair)
    pair.publish(Say(f"N/{ID}/{SCHEDULED}", {"value": 0}))
    pair.deaf.add(f"N/{ID}/{SCHEDULED}")  # nor does it say otherwise
    pair.run(seconds=14)
    at_once = pair.faults()
    pair.run(seconds=2)

    assert (at_once, pair.faults()) == ([], ["the GX took the slot, yet did not begin it"])


def test_a_state_of_charge_that_is_not_even_told_when_asked_for_is_no_longer_believed(pair: Pair) -> None:
    charging(pair)
    pair.deaf.add(f"N/{ID}/{SOC}")
    pair.run(minutes=6)

    assert pair.faults() == ["the GX has not told the state of charge since 12:05 UTC"]
    assert pair.slot()["Day"] == -7


def test_a_state_of_charge_that_stays_the_same_is_asked_for_and_believed(pair: Pair) -> None:
    pair.sim.state = replace(pair.sim.state, plant=replace(pair.plant, soc=100.0))
    pair.lease("hold", 60)
    pair.run(minutes=50)

    assert (pair.house.soc, pair.house.controllable, pair.faults()) == (100, True, [])


def test_a_change_that_was_told_into_the_void_is_found_within_a_minute(pair: Pair) -> None:
    charging(pair)
    topic = f"N/{ID}/{slot_path(4, 'Soc')}"
    pair.deaf.add(topic)
    pair.tell_gx(slot_path(4, "Soc"), 60)
    pair.deaf.clear()
    pair.run(seconds=61)

    assert pair.faults() == ["somebody changed charge schedule 5 on the GX; left alone until released by hand"]


def test_who_was_stopped_does_not_start_itself_again(pair: Pair) -> None:
    charging(pair).tell_gx(slot_path(4, "Soc"), 60)
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
    charging(pair).tell_gx(slot_path(4, "Soc"), 60)
    pair.run(seconds=5)
    pair.kill(pair.gx)
    pair.start(pair.gx)
    pair.run(seconds=30)

    assert pair.house.why_not == "somebody changed charge schedule 5 on the GX; left alone until released by hand"


def test_our_own_slot_switched_on_by_whatever_is_switched_off(pair: Pair) -> None:
    mark = pair.gx.state.mark
    for name, value in (("Start", 43_200), ("Duration", 600 + mark), ("Day", 5)):
        pair.tell_gx(slot_path(4, name), value)
    pair.run(seconds=5)

    assert pair.slot()["Day"] == -7


def test_a_slot_that_cannot_be_switched_off_is_an_alarm_every_minute(pair: Pair) -> None:
    charging(pair)
    pair.deaf.add(f"W/{ID}/{slot_path(4, 'Day')}")
    pair.lease("release")
    pair.run(seconds=90)

    assert pair.ports() == ["confirmed", "armed", "armed"]
    assert pair.faults()[0] == (
        "charge schedule 5 is still on: the GX did not take Day -7 in charge schedule 5; it shows 5"
    )

    pair.deaf.clear()
    pair.run(seconds=61)

    assert (pair.slot()["Day"], pair.ports()[-1]) == (-7, "confirmed")


def test_the_will_is_a_day_that_every_firmware_takes_whatever_the_user_had(pair: Pair) -> None:
    pair.tell_gx(slot_path(4, "Day"), -10)
    pair.kill(pair.gx)
    pair.start(pair.gx)
    pair.run(seconds=20)

    assert pair.gx.will == Say(f"W/{ID}/{slot_path(4, 'Day')}", {"value": -7})


USERS = {"Day": -3, "Start": 7200, "Duration": 3600, "Soc": 65, "AllowDischarge": 1}


def theirs(pair: Pair) -> None:
    for name, value in USERS.items():
        pair.tell_gx(slot_path(4, name), value)
    pair.run(seconds=1)


@pytest.mark.parametrize("end", ["release", "over", "stop", "killed", "killed unseen"])
def test_the_user_s_own_disabled_slot_is_put_back_however_a_lease_ends(pair: Pair, end: str) -> None:
    theirs(pair)
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


def test_after_the_user_s_values_were_put_back_a_soc_is_written_that_the_gx_does_not_remember(pair: Pair) -> None:
    theirs(pair)
    for _ in range(3):
        pair.sim.state = replace(pair.sim.state, plant=replace(pair.plant, soc=77.0))
        pair.lease("charge", 30, soc=80)
        pair.run(seconds=6)
        charged = pair.plant.battery
        pair.lease("release")
        pair.run(seconds=10)

        assert charged == 5000


def test_a_disabled_slot_that_its_user_edits_is_put_back_as_edited(pair: Pair) -> None:
    theirs(pair)
    charging(pair)
    pair.lease("release")
    pair.tell_gx(slot_path(4, "Start"), 3600)
    charging(pair)
    pair.lease("release")

    assert pair.slot() == USERS | {"Start": 3600}


def test_another_installation_s_lease_is_left_alone_and_told(pair: Pair) -> None:
    pair.kill(pair.gx)
    pair.gx.state = replace(pair.gx.state, mark=0)
    for name, value in (("Start", 43_200), ("Duration", 1800 + 59), ("Day", 5)):
        pair.tell_gx(slot_path(4, name), value)
    pair.said.clear()
    pair.start(pair.gx)
    pair.run(seconds=20)
    pair.lease("charge", 30)
    pair.run(seconds=10)

    why = "another installation leases charge schedule 5 on the GX; give one of the two another slot"
    assert (pair.ports(), pair.faults()) == (["armed", "refused"], [why, why])
    assert (pair.writes(), pair.gx.will) == ([], None)


def test_another_installation_s_leftover_is_not_taken_for_the_user_s(pair: Pair) -> None:
    theirs(pair)
    pair.tell_gx(slot_path(4, "Duration"), 1859)  # the other one died, and its will was executed
    charging(pair)
    pair.lease("release")

    assert pair.slot() == USERS


def test_an_installation_that_has_a_name_knows_its_leases_without_any_memory() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", installation="home"))
    pair.run(seconds=30)
    pair.lease("charge", 30)
    pair.run(seconds=20)
    pair.gx.will = None
    pair.kill(pair.gx)
    pair.gx.state = type(pair.gx.state)()
    pair.start(pair.gx)
    pair.run(seconds=30)

    assert (pair.slot()["Day"], pair.house.controllable) == (-7, True)


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


def test_a_wrong_password_is_told_at_once_and_once(pair: Pair) -> None:
    pair.link(pair.gx, False)
    for _ in range(3):
        pair.call(pair.gx, event=Linked(False, "the broker refuses the user name or password", denied=True))
    pair.run(minutes=1)

    assert pair.ports() == ["denied"]
    assert (pair.house.controllable, pair.house.soc) == (False, None)


def test_why_there_is_no_connection_is_told_with_the_loss(pair: Pair) -> None:
    pair.link(pair.gx, False)
    pair.call(pair.gx, event=Linked(False, "the broker's certificate is not trusted: self-signed certificate"))
    pair.run(seconds=20)

    why = "no sign of life from the GX for 10 s: the broker's certificate is not trusted: self-signed certificate"
    assert (pair.ports(), pair.faults()) == (["lost"], [why])


def test_a_gx_that_never_ends_its_full_publish_is_asked_ever_more_seldom() -> None:
    pair = Pair()
    pair.deaf.add(f"N/{ID}/full_publish_completed")
    pair.link(pair.gx, False)
    pair.said.clear()
    pair.link(pair.gx, True)
    pair.run(minutes=10)
    asked = [p for _, t, p in pair.said if t == f"R/{ID}/keepalive" and b"echo" in p]

    assert 8 <= len(asked) <= 13


def test_a_lease_before_the_hour_that_comes_twice_ends_where_it_begins_and_none_is_taken_inside() -> None:
    pair = Pair(now=datetime.fromisoformat("2026-10-24T23:40:00+00:00"))
    pair.run(seconds=30)
    pair.lease("hold", 60)
    pair.run(seconds=20)
    (lease,) = [e.body for _, e in pair.out if isinstance(e.body, Lease)]
    pair.run(minutes=25)
    inside = (pair.plant.slot, pair.house.controllable, pair.house.why_not)
    pair.run(minutes=60)
    pair.lease("hold", 60)
    pair.run(seconds=20)

    assert lease.until == datetime.fromisoformat("2026-10-25T00:00:00+00:00")
    assert inside == (None, False, "the clocks go back, and the GX would run the slot a second time")
    assert pair.plant.slot == 4


def test_a_fuse_that_blows_is_an_island(pair: Pair) -> None:
    pair = Pair(sim=sim_gx.Config(fuse=9000, input_limit=-1))
    pair.run(seconds=30)
    pair.call(pair.sim, ev=Drawn(at=pair.now, power=7000))
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=2)

    assert (pair.house.islanded, pair.house.controllable, pair.plant.slot) == (True, False, None)


@pytest.mark.parametrize(("amps", "watts"), [(40, 9200), (-1, None)])
def test_the_input_limit_is_told_in_watts(amps: float, watts: float | None) -> None:
    pair = Pair(sim=sim_gx.Config(input_limit=amps))
    pair.run(seconds=30)

    assert (pair.house.input_limit, pair.house.islanded) == (watts, False)


def test_the_house_is_told_by_what_a_charge_would_be_bounded(pair: Pair) -> None:
    pair.tell_gx(f"{ESS}/AcInputLimit", 40)
    pair.run(seconds=20)
    pair.call(pair.sim, ev=Drawn(at=pair.now, power=7000))
    charging_at = pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)

    assert charging_at.mode == "charge"
    assert (pair.plant.battery, pair.house.input_limit) == (1660, 9200)
