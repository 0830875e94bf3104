from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Emit, Fault
from wattwire.nodes.car_choice import State, Word
from wattwire.nodes.messages import Car, Charger, House
from wattwire.nodes.which_car import Config, step

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CFG = Config()


def after(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


class Drive:
    """Two cars and one cable, at some minutes after noon: what is told on."""

    def __init__(self) -> None:
        self.state, self.told, self.whys = State(), list[Car](), list[str]()

    def happen(self, minute: float, **given: Any) -> str:
        args = {"car": None, "charger": None, "house": None, "word": None} | given
        self.state, emits = step(CFG, self.state, now=after(minute), **args)
        self.told += [e.body for e in emits if isinstance(e.body, Car)]
        self.whys += [e.body.why for e in emits if isinstance(e.body, Fault)]
        return self.which

    def car(self, minute: float, name: str, **told: Any) -> str:
        return self.happen(minute, car=Car(**{"at": after(minute), "seen": after(minute), "name": name, **told}))

    def cable(self, minute: float, plugged: bool | None = None, power: float | None = None) -> str:
        return self.happen(minute, charger=Charger(at=after(minute), plugged=plugged, power=power))

    def person(self, minute: float, name: str | None) -> str:
        return self.happen(minute, word=Word(name))

    @property
    def which(self) -> str:
        if not self.told:
            return ""
        last = self.told[-1]
        return last.name or ("none" if last.plugged is False else "unknown")


def home(blue: bool | None = True, red: bool | None = True) -> Drive:
    """Both cars unplugged, and where they are."""
    drive = Drive()
    drive.cable(-60, plugged=False, power=0)
    drive.car(-30, "Blue", plugged=False, charging=False, home=blue)
    drive.car(-30, "Red", plugged=False, charging=False, home=red)
    return drive


def test_with_the_cable_in_no_car_there_is_none() -> None:
    drive = home()

    assert drive.which == "none"
    assert drive.told[-1].charging is False
    assert drive.whys == []


def test_a_car_that_tells_of_its_plug_when_the_cable_does_is_the_one() -> None:
    drive = home()

    assert drive.cable(0, plugged=True, power=0) == "unknown"  # what both said before counts for nothing
    assert drive.car(2, "Blue", plugged=True, charging=False, home=True) == "Blue"
    assert drive.told[-1].plugged is True


def test_a_car_that_draws_as_much_as_the_cable_gives_is_the_one_of_two_that_say_they_are_plugged_in() -> None:
    drive = Drive()
    drive.cable(0, plugged=True, power=7200)
    drive.car(1, "Blue", plugged=True, charging=True, power=7100)

    assert drive.car(1, "Red", plugged=True, charging=True, power=2300) == "Blue"


def test_two_that_say_they_are_plugged_in_and_draw_alike_are_not_told_apart() -> None:
    drive = Drive()
    drive.cable(0, plugged=True, power=7200)
    drive.car(1, "Blue", plugged=True, charging=True, power=7100)
    drive.car(2, "Red", plugged=True, charging=True, power=7150)
    drive.state = replace(drive.state, held=None)

    assert drive.cable(3, plugged=True, power=7200) == "unknown"
    assert drive.whys[-1] == "it may be Blue or Red"


@pytest.mark.parametrize(
    ("told", "which"),
    [
        ({"plugged": False}, "Red"),
        ({"plugged": True, "home": False}, "Red"),
        ({"plugged": True, "fast": True}, "Red"),
        ({"plugged": None}, "unknown"),
    ],
)
def test_one_that_is_ruled_out_leaves_the_other(told: dict[str, Any], which: str) -> None:
    """Red sleeps since before the cable was plugged in: nobody else is left."""
    drive = home()
    drive.cable(0, plugged=True, power=0)

    assert drive.car(5, "Blue", **told) == which


def test_a_car_that_charges_elsewhere_is_not_the_one() -> None:
    drive = home(red=None)
    drive.cable(0, plugged=True, power=0)

    assert drive.car(5, "Red", plugged=True, charging=True, power=7000.0) == "Blue"


def test_without_a_charger_the_only_one_that_is_plugged_in_is_the_one() -> None:
    drive = Drive()
    drive.car(0, "Blue", plugged=False)

    assert drive.car(1, "Red", plugged=True) == "Red"


def test_without_a_charger_two_that_are_plugged_in_are_not_told_apart_unless_one_is_away() -> None:
    drive = Drive()
    drive.car(0, "Blue", plugged=None)
    drive.car(1, "Red", plugged=True)
    drive.state = replace(drive.state, held=None)

    assert drive.car(2, "Blue", plugged=True) == "unknown"
    assert drive.car(3, "Blue", plugged=True, home=False) == "Red"


def test_a_meter_in_the_house_does_as_well_as_a_charger() -> None:
    drive = Drive()
    drive.happen(0, house=House(at=after(0), ev=7200.0))
    drive.car(1, "Blue", plugged=True, charging=True, power=7100)

    assert drive.car(2, "Red", plugged=True, charging=False, power=0) == "Blue"


def test_a_person_s_word_is_kept_until_the_cable_is_unplugged() -> None:
    drive = home()
    drive.cable(0, plugged=True, power=0)
    drive.person(1, "Red")
    drive.car(2, "Blue", plugged=True, charging=False, home=True)
    assert drive.which == "Red"
    drive.cable(600, plugged=False)
    drive.cable(660, plugged=True)

    assert drive.car(661, "Blue", plugged=True, home=True) == "Blue"


def test_a_word_ends_when_the_car_says_that_it_is_unplugged_and_not_by_what_it_said_before() -> None:
    drive = home()
    drive.person(1, "Red")
    drive.cable(2, plugged=True)
    before = drive.car(3, "Red", seen=after(-30), plugged=False, charging=False)
    drive.car(30, "Red", plugged=False, charging=False)

    assert before == "Red"
    assert drive.state.word is None


def test_a_word_may_be_taken_back_and_may_name_a_car_that_was_never_heard_of() -> None:
    drive = Drive()
    drive.cable(0, plugged=True)

    assert drive.person(1, "Green") == "unknown"
    assert drive.whys[-1] == "nothing has been heard yet of Green"
    assert drive.person(2, None) == "unknown"
    assert drive.whys[-1] == "no car has reported yet"


def test_who_was_found_stays_found_while_the_others_merely_catch_up() -> None:
    drive = home()
    drive.cable(0, plugged=True, power=0)
    drive.car(2, "Blue", plugged=True, charging=False, home=True)
    drive.car(3, "Red", plugged=True, charging=False, home=True)

    assert drive.which == "Blue"
    assert drive.whys == ["nothing points to any of the cars"]  # until the first one told


def test_the_same_news_are_told_once_and_a_new_reading_once_a_minute() -> None:
    drive = home()
    drive.cable(0, plugged=True, power=0)
    for second in range(120, 240, 10):
        drive.car(second / 60, "Blue", plugged=True, charging=False, home=True)

    assert [car.seen for car in drive.told if car.name] == [after(2), after(3)]


def test_cars_are_told_apart_by_their_vin_and_named_by_their_name() -> None:
    drive = Drive()
    drive.car(0, "Car", vin="V1", plugged=False)
    drive.car(0, "Car", vin="V2", plugged=True)
    drive.person(1, "V1")

    assert drive.told[-1].vin == "V1"


def test_nothing_is_said_of_a_house_that_does_not_measure_the_car() -> None:
    _, emits = step(CFG, State(), None, None, House(at=NOON, load=7000.0), None, NOON)

    assert emits == [
        Emit("car", Car(at=NOON)),
        Emit("unknown", Fault("no car has reported yet")),
    ]


def test_a_car_that_sleeps_is_told_again_as_often_as_it_is_heard_and_with_the_time_at_which_it_was() -> None:
    drive = Drive()
    for minute in range(0, 30, 10):
        drive.car(minute, "Blue", seen=NOON, state="asleep", plugged=True, charging=False)
        drive.happen(minute + 5, house=House(at=after(minute + 5), ev=0.0))  # tells nothing of Blue

    assert [(car.at, car.seen) for car in drive.told] == [(after(minute), NOON) for minute in (0, 10, 20)]


def test_that_no_car_is_plugged_in_is_as_sure_as_what_is_known_of_the_least_known_one() -> None:
    drive = Drive()
    for minute in (0, 10):
        drive.car(minute, "Red", state="online", plugged=False, charging=False)
        drive.car(minute + 2, "Blue", seen=after(-60), state="asleep", plugged=False, charging=False)

    assert {(car.plugged, car.state, car.name) for car in drive.told} == {(False, "unknown", None)}
    assert [(car.at, car.seen) for car in drive.told] == [(after(minute),) * 2 for minute in (0, 2, 10)]


def test_that_no_car_is_plugged_in_holds_for_as_long_as_a_sleep_where_all_sleep() -> None:
    drive = Drive()
    drive.car(0, "Blue", seen=after(-60), state="asleep", plugged=False, charging=False)
    drive.car(1, "Red", seen=after(-30), state="asleep", plugged=False, charging=False)

    assert drive.told[-1] == Car(at=NOON, seen=NOON, state="asleep", plugged=False, charging=False)


@pytest.mark.parametrize("before", [0.0, 7000.0])
def test_a_meter_that_falls_silent_tells_nothing_of_the_power_that_a_car_is_read_to_draw_later(before: float) -> None:
    drive = Drive()
    drive.car(0, "Red", plugged=True, home=False)
    drive.car(0, "Blue", plugged=True, charging=before > 0, power=before, home=True)
    drive.cable(1, power=before)
    drive.cable(6)
    after_it = {"plugged": True, "charging": before == 0, "power": 7000.0 - before, "home": True}

    assert drive.car(8, "Blue", **after_it) == "Blue"


def test_a_power_does_not_become_younger_by_a_word_of_the_plug() -> None:
    drive = Drive()
    drive.car(0, "Red", plugged=True, home=False)
    drive.cable(0, power=0.0)
    drive.cable(15, plugged=True)

    assert drive.car(16, "Blue", plugged=True, charging=True, power=7000.0, home=True) == "Blue"


def test_an_old_reading_told_again_does_not_unplug_the_car_that_was_found() -> None:
    drive = home(red=False)
    drive.cable(0, plugged=True, power=0)
    drive.car(2, "Red", plugged=False, home=False)
    which = drive.car(5, "Blue", seen=after(-30), state="offline", plugged=False, charging=False, home=False)

    assert (which, drive.state.cable.since) == ("Blue", NOON)
    assert (drive.told[-1].plugged, drive.told[-1].charging, drive.told[-1].home) == (True, None, True)
    assert drive.car(9, "Blue", plugged=False, home=True) == "none"


def test_a_word_may_come_before_the_car_is_heard_of() -> None:
    drive = Drive()
    drive.person(0, "Blue")

    assert drive.car(1, "Blue", vin="V1", plugged=True) == "Blue"
    assert drive.state.word == "V1"
    assert drive.car(2, "Blue", vin="V1", plugged=False) == "none"
