"""What a lease does to the battery and to the GX's schedule, from the first write to the last."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gx_pair import ID, USERS, Pair, charging

from wattwire.nodes import Say, victron_gx
from wattwire.nodes.gx_topics import DYNAMIC, ESS, slot_path
from wattwire.nodes.messages import Lease


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


def test_hold_keeps_the_battery_from_feeding_the_car(pair: Pair) -> None:
    pair.draw(7000)
    pair.run(seconds=10)
    before = pair.plant.battery
    pair.lease("hold")
    pair.run(seconds=20)

    assert (before, pair.plant.battery, pair.house.ev) == (-5000, 0, 7000)
    assert pair.slot()["Soc"] == 0


def test_day_is_written_last_and_after_the_will_is_set(pair: Pair) -> None:
    assert pair.gx.will == Say(f"W/{ID}/{slot_path(4, 'Day')}", {"value": -7})

    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)

    assert [p.rsplit("/", 1)[1] for p in pair.writes()] == ["Start", "Duration", "Soc", "Day"]


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


@pytest.mark.parametrize(("floor", "wished", "soc"), [(30, 20, 30), (90, 20, 80), (90, 100, 80)])
def test_a_target_is_no_less_than_the_gx_s_own_minimum_and_never_beyond_the_cap(
    floor: int, wished: int, soc: int
) -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", max_soc=80))
    pair.tell_gx(f"{ESS}/BatteryLife/MinimumSocLimit", floor)
    pair.run(seconds=10)
    pair.lease("charge", 30, soc=wished)
    pair.run(seconds=20)

    assert pair.slot()["Soc"] == soc


# Several wishes


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


def test_a_release_does_not_wait_for_the_effect_of_what_it_ends(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=2)
    pair.lease("release", 30)

    assert (pair.slot()["Day"], pair.ports()) == (-7, ["confirmed"])


# What the GX makes of it


def test_what_the_gx_still_shows_of_an_earlier_slot_proves_nothing(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.lease("release")
    pair.lease("charge", 30, soc=80)
    at_once = pair.ports()
    pair.run(seconds=6)

    assert at_once == ["confirmed", "confirmed"]  # the first charge and the release
    assert pair.ports() == ["confirmed"] * 3


def test_within_5_points_of_the_target_the_gx_charges_because_soc_changed(pair: Pair) -> None:
    for _ in range(2):
        pair.set_plant(soc=77.0)
        pair.lease("charge", 30, soc=80)
        pair.run(seconds=20)
        charged = pair.plant.battery
        pair.lease("release")
        pair.run(seconds=20)

        assert charged == 5000

    assert pair.ports() == ["confirmed"] * 4


def test_after_the_user_s_values_were_put_back_a_soc_is_written_that_the_gx_does_not_remember(pair: Pair) -> None:
    pair.tell_slot(**USERS)
    pair.run(seconds=1)
    for _ in range(3):
        pair.set_plant(soc=77.0)
        pair.lease("charge", 30, soc=80)
        pair.run(seconds=6)
        charged = pair.plant.battery
        pair.lease("release")
        pair.run(seconds=10)

        assert charged == 5000


def test_a_slot_that_does_not_charge_is_touched_once_more(pair: Pair) -> None:
    pair.tell_slot(Soc=50)
    pair.set_plant(soc=77.0, target=80.0)  # the GX remembers a target of its own
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=30)

    assert pair.plant.battery == 5000
    assert (pair.slot()["Soc"], pair.ports()) == (81, ["confirmed"])


def test_a_slot_without_effect_is_refused_with_the_gx_s_reason(pair: Pair) -> None:
    pair.deaf.add(f"N/{ID}/{DYNAMIC}")  # we do not learn that Dynamic ESS came on
    pair.tell_gx(DYNAMIC, 1)
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=40)

    assert pair.faults() == ["another controller, such as Dynamic ESS, blocks schedules"]
    assert pair.slot()["Day"] == -7


def test_a_write_that_does_not_take_is_tried_three_times_then_let_go(pair: Pair) -> None:
    pair.deaf.add(f"W/{ID}/{slot_path(4, 'Soc')}")
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)

    assert pair.writes().count(slot_path(4, "Soc")) == 3 + 1  # and what was there before: it may be taken yet
    assert pair.faults() == ["the GX did not take Soc 80 in charge schedule 5; it shows 100"]
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
