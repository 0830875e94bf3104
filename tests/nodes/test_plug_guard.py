"""One plug-in after the other, told minute by minute after a quarter past six in the evening."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes.car_messages import CarCommand, CarDone
from wattwire.nodes.messages import Car, Dispatch, Plan, Rate, Tick
from wattwire.nodes.plug_guard import Config, State, step

START = datetime(2026, 11, 21, 18, 15, tzinfo=UTC)
ON = Config(enabled=True)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def smart(start: float, end: float, kind: Any = "smart") -> Dispatch:
    return Dispatch(start=after(start), end=after(end), kind=kind)


class Evening:
    """The car comes home, nothing is planned, and power is dear."""

    def __init__(self, cfg: Config = ON) -> None:
        self.cfg, self.state = cfg, State()
        self.known: dict[str, Any] = {"home": True, "soc": 50.0}
        self.plan: Plan | None = Plan(at=after(-1))
        self.rate: Rate | None = Rate(at=after(0), until=after(600), house=27, car=27, band="standard")
        self.car: Car | None = None

    def _step(self, minute: float, tick: bool = False) -> list[str]:
        now = after(minute)
        given = Tick(now) if tick else None
        self.state, emits = step(self.cfg, self.state, self.car, self.plan, None, given, now, rate=self.rate)
        return [e.body.do for e in emits if isinstance(e.body, CarCommand)]

    def see(self, minute: float, **known: Any) -> list[str]:
        """A reading of the car; most of what a test does not say is as it was."""
        self.known |= known
        if self.plan:
            self.plan = Plan(at=after(minute), dispatches=self.plan.dispatches, state=self.plan.state)
        self.car = Car(at=after(minute), seen=after(minute), **{"state": "online", **self.known})
        return self._step(minute)

    def hear(self, minute: float, *dispatches: Dispatch, **told: Any) -> list[str]:
        """A plan."""
        self.plan = Plan(at=after(minute), dispatches=dispatches, **told)
        return self._step(minute)

    def wait(self, minute: float) -> list[str]:
        return self._step(minute, tick=True)

    def done(self, minute: float, do: str, owner: str) -> str:
        told = CarDone(at=after(minute), do=do, owner=owner)
        self.state, emits = step(self.cfg, self.state, self.car, self.plan, told, None, after(minute), rate=self.rate)
        return next((e.body.why for e in emits), "")  # type: ignore[attr-defined]

    def why(self, minute: float, **known: Any) -> str:
        self.known |= known
        self.car = Car(at=after(minute), seen=after(minute), **{"state": "online", **self.known})
        self.state, emits = step(self.cfg, self.state, self.car, self.plan, None, None, after(minute), rate=self.rate)
        return next((e.body.why for e in emits if e.port == "told"), "")  # type: ignore[attr-defined]


def plugged(cfg: Config = ON) -> Evening:
    """The cable has just gone in, and the car charges."""
    evening = Evening(cfg)
    evening.see(-5, plugged=False, charging=False)
    evening.see(0, plugged=True, charging=False)
    return evening


def stopped() -> Evening:
    """And it was stopped."""
    evening = plugged()
    assert evening.see(1, charging=True) == ["stop"]
    evening.see(2, charging=False)
    return evening


def test_the_charge_at_plug_in_is_stopped_once_and_with_an_end() -> None:
    evening = plugged()
    evening.car = Car(at=after(1), seen=after(1), state="online", plugged=True, charging=True, home=True, soc=50)
    evening.state, (stop, told) = step(
        ON, evening.state, evening.car, evening.plan, None, None, after(1), rate=evening.rate
    )

    why = "plugged in, and Octopus has not planned yet"
    assert stop.body == CarCommand(at=after(1), do="stop", until=after(3), once=True, reason=why, owner="plugGuard")
    assert told.body.why == f"{why}: the charge is stopped until 18:31 UTC at most"  # type: ignore[attr-defined]
    assert evening.see(2, charging=True) == []  # not obeyed yet, or not at all: nothing more


def test_a_cable_that_goes_in_with_the_charge_already_running_is_a_plug_in_too() -> None:
    evening = Evening()
    evening.see(-5, plugged=False, charging=False)

    assert evening.see(0, plugged=True, charging=True) == ["stop"]


def test_a_clock_set_back_leaves_no_car_standing() -> None:
    assert stopped().wait(-300) == ["start"]


def test_it_is_off_unless_it_is_switched_on() -> None:
    assert plugged(Config()).see(1, charging=True) == []


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"home": False}, "the car is not at home"),
        ({"home": None}, "it is not known whether the car is at home"),
        ({"fast": True}, "it is at a fast charger"),
        ({"soc": 29.0}, "it holds less than 30 %"),
        ({"soc_usable": 29.0}, "it holds less than 30 %"),
        ({"soc": None}, "its state of charge is not known"),
    ],
)
def test_a_car_that_is_not_ours_to_stop_is_left_alone_and_it_says_why(known: dict[str, Any], why: str) -> None:
    evening = plugged()

    assert evening.why(1, charging=True, **known) == f"the charge at plug-in is left alone: {why}"
    assert evening.see(2, home=True, soc=50.0, soc_usable=None, fast=None) == []  # once per plug-in


@pytest.mark.parametrize(
    ("rate", "why"),
    [
        ({"window": True}, "power is cheap now"),
        ({"band": "cheap"}, "power is cheap now"),
        ({"band": "unsure"}, "the rate is not known"),
        ({"until": after(-5)}, "the rate is not known"),
    ],
)
def test_cheap_or_unknown_power_is_no_reason_to_stop(rate: dict[str, Any], why: str) -> None:
    evening = plugged()
    known = {"at": after(-30), "until": after(600), "house": 27.0, "car": 27.0, "band": "standard"}
    evening.rate = Rate(**{**known, **rate})

    assert evening.why(1, charging=True) == f"the charge at plug-in is left alone: {why}"


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (None, "what Octopus plans is not known"),
        (Plan(at=after(-10)), "what Octopus plans is not known"),
        (Plan(at=after(1), suspended=True), "Octopus does not steer the car, so no plan would come"),
        (Plan(at=after(1), state="SMART_CONTROL_OFF"), "Octopus does not steer the car, so no plan would come"),
        (Plan(at=after(1), state="BOOSTING"), "somebody has pressed boost"),
        (Plan(at=after(1), dispatches=(smart(0, 60, "boost"),)), "somebody has pressed boost"),
        (Plan(at=after(1), dispatches=(smart(120, 180),)), "Octopus has planned already"),
        (Plan(at=after(-1), dispatches=(smart(-20, 30),)), "Octopus has planned already"),
    ],
)
def test_whoever_else_is_in_charge_stays_so(plan: Plan | None, why: str) -> None:
    evening = plugged()
    evening.plan, evening.state = plan, replace(evening.state, plan=None)

    assert evening.why(1, charging=True) == f"the charge at plug-in is left alone: {why}"


def test_a_plan_from_before_the_plug_in_says_nothing_of_what_comes() -> None:
    evening = plugged()
    evening.plan = Plan(at=after(-1), dispatches=(smart(300, 400),))

    assert evening.why(1, charging=True).startswith("plugged in, and Octopus has not planned yet")


def test_a_car_that_was_in_when_it_first_looked_has_not_been_plugged_in() -> None:
    evening = Evening()

    assert evening.see(0, plugged=True, charging=True) == []


def test_a_charge_that_begins_later_is_somebody_elses() -> None:
    evening = plugged()
    evening.wait(11)

    assert evening.see(12, charging=True) == []


def test_a_sleeping_car_tells_nothing_new() -> None:
    evening = plugged()

    assert evening.see(1, charging=True, state="asleep") == []


def test_once_octopus_has_planned_the_car_is_octopuss() -> None:
    evening = stopped()

    assert evening.hear(5, smart(300, 400)) == []
    assert [evening.wait(m) for m in (16, 60, 299)] == [[], [], []]
    assert evening.see(301, charging=True) == []
    assert evening.wait(320) == []


def test_without_a_plan_the_car_is_started_again_after_15_minutes_once() -> None:
    evening = stopped()

    assert evening.wait(15.9) == []
    assert evening.wait(16) == ["start"]
    assert evening.see(17, charging=False) == []
    assert evening.wait(60) == []


def test_octopus_out_of_reach_is_no_plan_and_the_car_is_not_left_standing() -> None:
    evening = stopped()
    evening.plan = None

    assert evening.wait(16) == ["start"]


def test_a_plan_that_is_taken_back_is_as_if_none_had_come() -> None:
    evening = stopped()
    evening.hear(5, smart(300, 400))

    assert evening.hear(20) == ["start"]


@pytest.mark.parametrize("octopus_answers", [True, False])
def test_a_dispatch_that_does_not_start_the_car_ends_in_a_start_of_ours_once(octopus_answers: bool) -> None:
    evening = stopped()
    evening.hear(5, smart(60, 120))
    if octopus_answers:
        evening.hear(69, smart(60, 120))

    assert evening.wait(69) == []
    assert evening.wait(70) == ["start"]
    assert evening.wait(80) == []


def test_a_plan_that_moves_is_waited_for() -> None:
    evening = stopped()
    evening.hear(5, smart(60, 120))
    evening.hear(50, smart(90, 150))

    assert evening.wait(70) == []
    assert evening.wait(100) == ["start"]


def test_a_person_who_starts_the_car_again_is_not_fought_and_nothing_is_owed() -> None:
    evening = stopped()

    assert evening.see(5, charging=True) == []
    assert [evening.wait(m) for m in (6, 16, 60)] == [[], [], []]


@pytest.mark.parametrize(("do", "owner"), [("start", "me"), ("stop", "me"), ("start", "")])
def test_a_command_of_somebody_elses_ends_its_interest_too(do: str, owner: str) -> None:
    evening = stopped()

    assert evening.done(5, do, owner) == f"{owner or 'somebody'} said {do}: the rest is theirs"
    assert evening.wait(16) == []


def test_that_its_own_stop_was_seen_done_is_enough_to_know_a_persons_start() -> None:
    evening = plugged()
    evening.see(1, charging=True)
    evening.done(1.2, "stop", "plugGuard")

    assert evening.see(5, charging=True) == []
    assert evening.wait(16) == []


def test_of_several_devices_it_heeds_the_cars_own() -> None:
    evening = stopped()
    evening.cfg = Config(enabled=True, device="car")
    evening.hear(5, smart(300, 400), device="another")

    assert evening.wait(16) == ["start"]


def test_nor_is_a_boost() -> None:
    evening = stopped()

    assert evening.hear(5, smart(5, 65, "boost")) == []
    assert evening.wait(16) == []


def test_unplugged_nothing_is_owed_and_the_next_plug_in_is_a_new_one() -> None:
    evening = stopped()
    evening.see(5, plugged=False)

    assert evening.wait(16) == []
    evening.see(20, plugged=True)
    assert evening.see(21, charging=True) == ["stop"]


def test_a_stop_without_effect_is_seen_and_nothing_is_started_later() -> None:
    evening = plugged()
    assert evening.see(1, charging=True) == ["stop"]
    assert evening.why(2, charging=True) == ""  # it may not have got there yet
    assert evening.why(4, charging=True) == "the stop had no effect: the charge is left alone"
    assert evening.hear(6, smart(20, 80)) == []
    evening.see(10, charging=False)

    assert evening.wait(31) == []


def test_after_a_restart_in_between_the_car_is_still_started_in_time() -> None:
    evening = stopped()
    evening.state = replace(evening.state, seen=None)  # what is volatile is gone

    assert evening.wait(16) == ["start"]
