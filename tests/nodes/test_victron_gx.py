"""victronGx and a simulated GX: what a lease does to the battery, and how it ends."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gx_pair import ID, NOON, Pair

from wattwire.nodes import Say, Secret, Status, Stopping, gx_dial, sim_gx, victron_gx
from wattwire.nodes.gx_topics import DYNAMIC, ESS, FIELDS, SETPOINT, ZONE, slot_path
from wattwire.nodes.messages import Lease
from wattwire.nodes.sim_messages import Drawn, SimFault


@pytest.fixture
def pair() -> Pair:
    pair = Pair()
    pair.run(seconds=30)
    return pair


def test_the_gx_is_found_and_the_house_is_read(pair: Pair) -> None:
    house = pair.house

    assert (house.soc, house.grid, house.battery, house.load, house.ev) == (40.0, 50.0, -490.0, 540.0, 0.0)
    assert (house.controllable, house.why_not, pair.ports()) == (True, None, [])


def test_the_house_is_told_every_10_s_and_no_oftener(pair: Pair) -> None:
    pair.out.clear()
    pair.run(minutes=5)

    assert 25 <= len(pair.out) <= 30


def test_a_car_that_begins_to_draw_is_told_at_once(pair: Pair) -> None:
    pair.call(pair.sim, ev=Drawn(at=pair.now, power=7000))

    assert pair.house.ev == 7000


def test_a_release_does_not_wait_for_the_effect_of_what_it_ends(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=2)
    pair.lease("release", 30)

    assert (pair.slot()["Day"], pair.ports()) == (-7, ["confirmed"])


def test_what_the_gx_still_shows_of_an_earlier_slot_proves_nothing(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.lease("release")
    pair.lease("charge", 30, soc=80)
    at_once = pair.ports()
    pair.run(seconds=6)

    assert at_once == ["confirmed", "confirmed"]  # the first charge and the release
    assert pair.ports() == ["confirmed"] * 3


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"host": "venus.local"}, "mqtt://venus.local:1883"),
        ({"host": "venus.local", "password": Secret("x")}, "mqtts://venus.local:8883"),
        ({"url": "mqtt://flow"}, "mqtt://flow"),
    ],
)
def test_a_password_never_travels_in_the_clear(settings: dict[str, Any], url: str) -> None:
    dial = gx_dial.dial(victron_gx.Config(**settings))

    assert (dial.url, dial.verify_hostname, dial.insecure) == (url, True, False)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "set either host or url"),
        ({"host": "a", "url": "b"}, "set either host or url"),
        ({"host": "a", "slot": 5}, "slot is 5; a GX has 0 to 4"),
        ({"host": "a", "timezone": "X"}, "no time zone is called X"),
        ({"host": "a", "keepalive": timedelta(minutes=1)}, "keepalive is 0:01:00; a GX tells nothing any more 0:01:00"),
        ({"url": "mqtt://flow", "keepalive": timedelta()}, "keepalive is 0:00:00; a GX tells nothing any more 0:01:00"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        victron_gx.Config(**settings)


def test_of_several_wishes_the_last_one_counts(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=2)
    pair.lease("hold", 30)
    pair.lease("release", 30)
    pair.lease("hold", 20)
    pair.run(seconds=30)

    assert (pair.plant.battery, pair.slot()["Soc"]) == (0, 0)
    assert [b.mode for _, e in pair.out if isinstance(b := e.body, Lease)] == ["release", "hold"]


def test_a_wish_that_comes_while_another_is_written_is_seen_to_afterwards(pair: Pair) -> None:
    pair.deaf.add(f"W/{ID}/{slot_path(4, 'Soc')}")
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=1)
    pair.deaf.clear()
    pair.lease("hold", 20)
    pair.run(seconds=30)

    assert (pair.plant.battery, pair.slot()["Soc"]) == (0, 0)


def test_a_charge_lease_charges_and_ends_by_itself(pair: Pair) -> None:
    lease = pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)

    assert pair.ports() == ["confirmed"]
    assert lease in [e.body for _, e in pair.out]
    assert pair.plant.battery == 5000
    assert pair.slot() == {"Day": 5, "Start": 43_205, "Duration": 1825, "Soc": 80, "AllowDischarge": 0}
    assert pair.house.mode == "scheduled"

    pair.run(minutes=31)

    assert pair.plant.battery < 0
    assert pair.slot()["Day"] == -7
    assert pair.ports() == ["confirmed", "confirmed"]


def test_the_slot_is_over_on_the_dot_though_nobody_is_left_to_end_it(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.gx.will = None
    pair.kill(pair.gx)
    pair.run(minutes=29, seconds=39)
    before = pair.plant.slot
    pair.run(seconds=2)

    assert (before, pair.plant.slot, pair.plant.battery < 0) == (4, None, True)


def test_day_is_written_last_and_after_the_will_is_set(pair: Pair) -> None:
    assert pair.gx.will == Say(f"W/{ID}/{slot_path(4, 'Day')}", {"value": -7})

    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)

    assert [p.rsplit("/", 1)[1] for p in pair.writes()] == ["Start", "Duration", "Soc", "Day"]


def test_a_dead_controller_is_released_by_the_gx_itself(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.kill(pair.gx)
    pair.run(seconds=10)

    assert pair.slot()["Day"] == -7
    assert pair.plant.battery < 0


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


def test_hold_keeps_the_battery_from_feeding_the_car(pair: Pair) -> None:
    pair.call(pair.sim, ev=Drawn(at=pair.now, power=7000))
    pair.run(seconds=10)
    before = pair.plant.battery
    pair.lease("hold")
    pair.run(seconds=20)

    assert (before, pair.plant.battery, pair.house.ev) == (-5000, 0, 7000)
    assert pair.slot()["Soc"] == 0


def test_a_renewal_writes_nothing_but_the_duration(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=25)
    pair.said.clear()
    pair.lease("charge", 35, soc=80)
    pair.run(minutes=30)

    assert pair.writes() == [slot_path(4, "Duration")]
    assert pair.plant.slot == 4
    assert pair.ports() == ["confirmed", "confirmed"]


def test_charge_turns_into_hold_by_one_write(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=5)
    pair.said.clear()
    pair.lease("hold", 25)
    pair.run(seconds=20)

    assert pair.writes() == [slot_path(4, "Soc")]
    assert pair.plant.battery == 0


def test_within_5_points_of_the_target_the_gx_charges_because_soc_changed(pair: Pair) -> None:
    for _ in range(2):
        pair.sim.state = replace(pair.sim.state, plant=replace(pair.plant, soc=77.0))
        pair.lease("charge", 30, soc=80)
        pair.run(seconds=20)
        charged = pair.plant.battery
        pair.lease("release")
        pair.run(seconds=20)

        assert charged == 5000

    assert pair.ports() == ["confirmed"] * 4


def test_a_slot_that_does_not_charge_is_touched_once_more(pair: Pair) -> None:
    pair.tell_gx(slot_path(4, "Soc"), 50)
    plant = replace(pair.plant, soc=77.0, target=80.0)  # the GX remembers a target of its own
    pair.sim.state = replace(pair.sim.state, plant=plant)
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=30)

    assert pair.plant.battery == 5000
    assert (pair.slot()["Soc"], pair.ports()) == (81, ["confirmed"])


def test_release_is_idempotent(pair: Pair) -> None:
    pair.lease("release")
    pair.lease("release")
    pair.run(seconds=10)

    assert (pair.writes(), pair.ports()) == ([], ["confirmed", "confirmed"])


def test_a_lease_of_the_past_is_a_release(pair: Pair) -> None:
    pair.lease("charge", 30)
    pair.run(seconds=20)
    pair.lease("charge", -1)
    pair.run(seconds=20)

    assert pair.slot()["Day"] == -7


def test_a_lease_too_long_is_cut_and_one_beyond_the_cap_lowered() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", max_soc=90))
    pair.run(seconds=10)
    pair.lease("charge", 600, soc=100)
    pair.run(seconds=20)

    assert (pair.slot()["Duration"], pair.slot()["Soc"]) == (3625, 90)


def test_a_silent_gx_is_lost_once_and_found_again(pair: Pair) -> None:
    pair.call(pair.sim, fault=SimFault(kind="silent"))
    pair.run(seconds=60)
    lost = (pair.ports(), pair.house.controllable, pair.house.soc, pair.house.why_not)
    shown = pair.status.fill
    pair.call(pair.sim, fault=SimFault(kind="none"))
    pair.run(seconds=60)

    assert (shown, pair.status) == ("red", Status("connected to the GX", "green"))
    assert lost == (["lost"], False, None, "no sign of life from the GX")
    assert (pair.ports(), pair.house.controllable, pair.house.soc) == (["lost"], True, 39.9)


def test_a_gx_that_reboots_is_woken_and_the_lease_goes_on(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.call(pair.sim, fault=SimFault(kind="reboot"))
    pair.run(minutes=3)

    assert pair.plant.battery == 5000
    assert pair.ports() == ["confirmed", "lost", "confirmed"]
    assert pair.house.controllable


def test_no_gx_at_all_is_lost() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow"), sim_gx.Config())
    pair.link(pair.sim, False)
    pair.link(pair.gx, False)
    pair.start(pair.gx)
    pair.link(pair.gx, False)
    pair.run(seconds=30)

    assert pair.ports() == ["lost"]


def test_somebody_who_changes_our_slot_is_left_alone_until_a_release(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=2)
    pair.said.clear()
    pair.tell_gx(slot_path(4, "Soc"), 60)
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
    pair.tell_gx(slot_path(4, "Soc"), 60)
    pair.run(minutes=40)

    assert pair.slot()["Day"] == -7


def test_a_slot_in_use_by_the_user_is_never_touched() -> None:
    pair = Pair()
    for name, value in (("Start", 7200), ("Duration", 3600), ("Day", 7)):
        pair.tell_gx(slot_path(4, name), value)
    pair.said.clear()
    pair.start(pair.gx)
    pair.run(seconds=20)
    pair.lease("charge", 30)
    pair.run(seconds=20)

    assert (pair.writes(), pair.gx.will) == ([], None)
    assert pair.faults() == ["charge schedule 5 on the GX is somebody else's; disable it there or set another slot"]


def test_a_user_who_takes_the_slot_over_also_ends_the_will(pair: Pair) -> None:
    for name, value in (("Start", 7200), ("Duration", 3600), ("Day", 7)):
        pair.tell_gx(slot_path(4, name), value)
    pair.run(seconds=10)
    taken = pair.gx.will
    pair.tell_gx(slot_path(4, "Day"), -7)
    pair.run(seconds=10)

    assert taken is None
    assert pair.gx.will is not None
    assert pair.house.controllable


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


def test_an_orderly_stop_lets_go_at_once(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.call(pair.gx, Stopping())

    assert pair.slot()["Day"] == -7


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (f"{ESS}/Hub4Mode", 3, "ESS mode is 3, not Optimised"),
        (f"{ESS}/BatteryLife/State", 9, "ESS is set to keep the battery charged"),
        (DYNAMIC, 4, "Dynamic ESS is on and blocks schedules"),
        (ZONE, "Moon/Tranquility", "the GX's time zone is Moon/Tranquility"),
    ],
)
def test_what_forbids_control_is_said_in_plain_words_and_ends_a_lease(path: str, value: object, why: str) -> None:
    pair = Pair()
    pair.run(seconds=20)
    pair.lease("charge", 30)
    pair.run(seconds=20)
    pair.tell_gx(path, value)
    pair.sim.timers.clear() if path == ZONE else None
    pair.run(seconds=5)

    assert pair.faults() == [why]
    assert (pair.house.controllable, pair.house.why_not) == (False, why)
    assert pair.slot()["Day"] == -7


def test_a_lost_grid_ends_the_lease(pair: Pair) -> None:
    pair.lease("charge", 30)
    pair.run(seconds=20)
    pair.call(pair.sim, fault=SimFault(kind="gridLost"))
    pair.run(seconds=10)

    assert pair.slot()["Day"] == -7
    assert pair.house.grid is None
    assert pair.house.why_not is not None
    assert "nothing, the grid is gone" in pair.house.why_not


def test_a_gx_without_a_time_zone_is_refused_in_summer_only() -> None:
    def why_not(now: datetime) -> str | None:
        pair = Pair(sim=sim_gx.Config(timezone="/UTC"), now=now)
        pair.run(seconds=20)
        return pair.house.why_not

    assert why_not(NOON) is None
    assert why_not(NOON.replace(month=7)) == "the GX's time zone is not set; set it to Europe/London"


def test_a_write_that_does_not_take_is_tried_three_times_then_let_go(pair: Pair) -> None:
    pair.deaf.add(f"W/{ID}/{slot_path(4, 'Soc')}")
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)

    assert pair.writes().count(slot_path(4, "Soc")) == 3 + 1  # and what was there before: it may be taken yet
    assert pair.faults() == ["the GX did not take Soc 80 in charge schedule 5; it shows 100"]
    assert pair.slot()["Day"] == -7


def test_a_slot_without_effect_is_refused_with_the_gx_s_reason(pair: Pair) -> None:
    pair.deaf.add(f"N/{ID}/{DYNAMIC}")  # we do not learn that Dynamic ESS came on
    pair.tell_gx(DYNAMIC, 1)
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=40)

    assert pair.faults() == ["another controller, such as Dynamic ESS, blocks schedules"]
    assert pair.slot()["Day"] == -7


def test_shadow_writes_nothing_and_says_what_it_would() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", shadow=True))
    pair.run(seconds=20)
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=40)

    assert (pair.writes(), pair.gx.will, pair.ports()) == ([], None, [])


def test_shadow_tells_the_lease_in_its_status() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", shadow=True))
    pair.run(seconds=20)
    pair.lease("charge", 30, soc=80)

    assert pair.status.text == "would charge to 80 % until 12:30 UTC"


def test_another_gx_than_the_one_set_is_refused() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", portal_id="aaaaaaaaaaaa"))
    pair.run(seconds=20)
    pair.lease("charge", 30)
    pair.run(seconds=20)

    assert pair.writes() == []
    assert pair.faults()[0] == "the GX here is c0619ab27f32, not aaaaaaaaaaaa as portal_id says"


def test_readings_that_went_null_or_away_are_unknown(pair: Pair) -> None:
    pair.call(pair.sim, fault=SimFault(kind="chargerGone"))
    pair.call(pair.sim, fault=SimFault(kind="chargerGone"))
    pair.publish(Say(f"N/{ID}/system/0/Dc/Battery/Soc", {"value": None}))
    pair.run(seconds=1)

    assert (pair.house.soc, pair.house.ev, pair.house.controllable) == (None, None, False)


@pytest.mark.parametrize(
    ("now", "minutes", "fault"),
    [
        ("2026-10-24T23:40:00+00:00", 20, None),  # 00:40 BST, over before the hour that comes twice
        ("2026-10-25T00:10:00+00:00", 20, "the clocks go back, and the GX would run the slot a second time"),
        ("2026-10-25T01:10:00+00:00", 20, None),
        ("2027-03-28T00:40:00+00:00", 40, None),
    ],
)
def test_a_clock_change_never_lengthens_a_lease(now: str, minutes: int, fault: str | None) -> None:
    pair = Pair(now=datetime.fromisoformat(now))
    pair.run(seconds=20)
    pair.lease("charge", minutes, soc=100)
    pair.run(seconds=30)
    began = pair.plant.slot
    pair.gx.will = None
    pair.kill(pair.gx)
    active = []
    for _ in range(180):
        pair.run(minutes=1)
        active.append(pair.plant.slot is not None)

    assert pair.faults() == ([fault] if fault else [])
    assert began == (None if fault else 4)
    assert sum(active) <= minutes


def test_a_lease_over_midnight_stays_one_lease() -> None:
    pair = Pair(now=datetime(2026, 11, 20, 23, 50, tzinfo=UTC))
    pair.run(seconds=20)
    pair.lease("charge", 30, soc=100)
    pair.run(minutes=20)
    inside = pair.plant.slot
    pair.lease("charge", 30, soc=100)
    pair.run(seconds=20)

    assert (inside, pair.plant.slot, pair.ports()) == (4, 4, ["confirmed", "confirmed"])


def test_it_stays_awake_for_a_day_without_another_full_publish(pair: Pair) -> None:
    pair.said.clear()
    pair.run(minutes=30)

    assert [t for _, t, _ in pair.said if t.endswith("full_publish_completed")] == []
    assert pair.house.at >= pair.now - timedelta(seconds=10)


USERS = {"Day": -3, "Start": 7200, "Duration": 3600, "Soc": 65, "AllowDischarge": 1}
FAULTS = ["silent", "reboot", "dynamicEss", "keepCharged", "gridLost", "settingsGone", "clockAhead", "chargerGone"]


@pytest.mark.parametrize("hold", ["slot", "overrides"])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_battery_is_free_when_the_last_lease_has_ended(seed: int, hold: Any) -> None:
    """Leases, faults, kills and meddling in any order; nobody but us uses the slot, and the GX lives at the end."""
    chance = random.Random(seed)
    pair = Pair(victron_gx.Config(url="mqtt://flow", hold=hold, proven={"v3.67": timedelta(minutes=5)}))
    for name, value in USERS.items():
        pair.tell_gx(slot_path(4, name), value)
    last = NOON
    for _ in range(60):
        match chance.randrange(10):
            case 0 | 1 | 2:
                mode = chance.choice(["charge", "hold", "hold", "release"])
                lease = pair.lease(mode, chance.randrange(-1, 70), soc=chance.randrange(30, 101))
                last = max(last, min(lease.until, pair.now + timedelta(hours=1)))
            case 3:
                pair.call(pair.sim, fault=SimFault(kind=chance.choice(FAULTS)))
            case 4:
                pair.call(pair.sim, fault=SimFault(kind="none"))
            case 5:
                if chance.random() < 0.5:
                    pair.gx.will = None  # the broker dies with us
                pair.kill(pair.gx)
                pair.run(seconds=chance.randrange(1, 100))
                pair.start(pair.gx)
            case 6:
                pair.link(pair.gx, False)
                pair.run(seconds=chance.randrange(1, 30))
                pair.link(pair.gx, True)
            case 7:
                pair.deaf = {f"W/{ID}/{slot_path(4, chance.choice(FIELDS))}"} if chance.random() < 0.5 else set()
            case 8 if chance.random() < 0.3:
                pair.tell_gx(slot_path(4, "Soc"), chance.randrange(100))
            case 9:
                pair.call(pair.sim, ev=Drawn(at=pair.now, power=chance.choice([0.0, 7000.0])))
        for _ in range(chance.randrange(1, 5)):
            pair.run(seconds=chance.choice([1, 3, 20, 100]))
            assert pair.plant.slot is None or pair.now <= last
            assert not pair.sim.state.overrides.get(SETPOINT) or pair.now <= last + timedelta(minutes=5)
    pair.deaf = set()
    pair.call(pair.sim, fault=SimFault(kind="none"))
    pair.run(minutes=70)

    assert pair.slot()["Day"] < 0
    assert (pair.slot() | {"Soc": 65}) == USERS or pair.gx.state.blocked
    assert pair.sim.state.overrides.get(SETPOINT) is None
    mine = {slot_path(4, "Day").rpartition("/")[0], SETPOINT.rpartition("/")[0]}
    assert {p.rpartition("/")[0] for p in pair.writes()} <= mine
    assert not [topic for topic in pair.retained if topic.startswith("W/")]
    assert pair.gx.timers.keys() >= {"silence", "keepalive"}
    assert pair.house.controllable or "somebody changed" in (pair.house.why_not or "")


def test_a_lease_just_after_midnight_begins_on_the_day_before() -> None:
    pair = Pair(now=datetime(2026, 11, 20, 23, 59, 40, tzinfo=UTC))
    pair.run(seconds=30)
    pair.lease("charge", 30, soc=100)
    pair.run(seconds=20)

    assert (pair.slot()["Day"], pair.plant.slot, pair.ports()) == (5, 4, ["confirmed"])  # a Friday's
    pair.run(minutes=30)
    assert pair.plant.slot is None


@pytest.mark.parametrize(("first", "then"), [("charge", "hold"), ("hold", "charge")])
def test_a_lease_that_follows_another_is_written_at_once_and_done_with_the_gx_s_next_tick(
    pair: Pair, first: str, then: str
) -> None:
    pair.lease(first, 30, soc=80)
    pair.run(minutes=5)
    pair.said.clear()
    pair.lease(then, 30, soc=80)
    written = [at - pair.now for at, topic, _ in pair.said if topic.startswith("W/")]
    pair.run(seconds=5)

    assert written
    assert max(written) == timedelta()
    assert pair.plant.battery == (0 if then == "hold" else 5000)
