"""A car that draws is held for at once: by the GX's meter, by a charger's, by what the car says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from battery_talk import CFG, NOON, ask, at, car, charger, house, mode, modes, plan, rate

from wattwire.nodes import Emit, Status
from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import Car, House, Lease
from wattwire.nodes.victron_controller import Config, decide


@pytest.mark.parametrize(
    ("known", "wish"),
    [
        ({"charger": charger()}, "hold"),  # no tariff, no GX that sees it, no plan
        ({"charger": charger(power=300)}, "release"),
        ({"charger": charger(power=None)}, "release"),
        ({"charger": charger(-6)}, "release"),  # an old reading is none
        ({"charger": charger(), "rate": rate("unsure")}, "hold"),
        ({"charger": charger(power=0), "house": house(ev=7000)}, "hold"),  # two chargers
        ({"charger": charger(), "rate": rate(), "house": house()}, "charge"),  # cheap for both
        ({"charger": charger(), "rate": rate(), "house": house(soc=80)}, "hold"),
        ({"charger": charger(power=0), "rate": rate("standard"), "plan": plan(start=-10)}, "release"),
        ({"charger": charger(power=None, plugged=False), "rate": rate("standard"), "plan": plan()}, "release"),
        ({"charger": charger(power=0), "car": car()}, "hold"),  # a charger elsewhere: the meter has never seen this car
        ({"car": replace(car(home=None), fast=False)}, "hold"),
        ({"car": replace(car(home=None), fast=True)}, "release"),  # no home has a fast charger
        ({"house": House(at=NOON, load=9000, grid=9000)}, "release"),  # a load is no proof of a car
    ],
)
def test_a_car_that_is_measured_to_draw_is_held_for_whatever_else_is_known(known: dict[str, Any], wish: str) -> None:
    assert mode(**known) == wish


def test_a_charger_s_message_is_enough() -> None:
    """Not the minute's tick: nobody waits for it."""
    drawn = charger(power=7200)
    results = decide(CFG, State(), None, None, None, at(0), drawn, plan=None, car=None)[1]

    hold = Lease(mode="hold", until=at(60), reason="the car charges with 7200 W", owner="victronController")
    assert results == [Emit("lease", hold), Status("the car charges with 7200 W")]


def test_hold_for_the_car_can_be_switched_off() -> None:
    cfg = Config(hold_for_car=False)

    assert mode(cfg=cfg, rate=rate("standard"), house=house(ev=7000)) == "release"


def test_a_car_that_stops_for_a_moment_is_still_held_for() -> None:
    drawn = ((0, 7000), (10, 0), (20, 7000), (30, 0), (50, 0), (61, 0))
    said = modes((s / 60, {"rate": rate("standard"), "house": house(s / 60, ev=ev)}) for s, ev in drawn)

    assert said == ["hold", None, None, None, None, "release"]


def test_a_meter_that_saw_the_car_stop_knows_better_than_what_the_car_said_before() -> None:
    drawn = ((1, 7000), (2, 7000), (3, 0), (3.2, 0), (3.6, 0))
    said = modes((minute, {"charger": charger(minute, power), "car": car(0)}) for minute, power in drawn)

    assert said == ["hold", None, None, None, "release"]


def test_a_car_that_stops_and_goes_is_let_go_ever_later() -> None:
    seconds = range(0, 3600, 10)
    said = modes((s / 60, {"charger": charger(s / 60, 0 if s % 300 else 7000)}) for s in seconds)
    let_go = [second for second, what in zip(seconds, said, strict=True) if what == "release"]

    assert let_go == [40, 370, 730, 1150]  # 30, 60, 120, 240 s after it stopped; then the wait is longer than the pause


# A dispatch that no meter proves


def lingers(since: float, known: Car | None, wish: str, **told: Any) -> None:
    """At noon, in a dispatch that began before, and with nobody who measures what the car draws."""
    offer = plan(start=-since, end=180, **told)

    assert mode(rate=rate("standard"), house=house(ev=None), plan=offer, car=known) == wish


@pytest.mark.parametrize(
    ("since", "known", "wish"),
    [
        (4, None, "hold"),
        (60, None, "hold"),  # nobody knows
        (60, car(-70, charging=False), "hold"),  # as it was before, with its maker's service away since
        (60, car(-70, charging=False, plugged=False), "hold"),  # it may have come and been plugged in since
        (60, car(-70, home=False), "hold"),
        (60, car(0, charging=False, seen=at(-70)), "hold"),  # awake, and not read since
        (60, car(0, charging=None, state="online", plugged=True), "hold"),  # just woken
        (60, car(0, charging=False, seen=at(-70), state="offline"), "hold"),  # out of reach it may charge
        (60, car(-20), "hold"),  # it charged when it was last seen
        (4, car(-3, charging=False), "release"),  # it was read to be idle
        (60, car(-3, charging=False), "release"),
        (60, car(-50, charging=False), "release"),  # and no newer sight says otherwise
        (60, car(0, charging=False, seen=at(-50), state="offline"), "release"),
        (60, car(0, charging=False, seen=at(-70), state="asleep"), "release"),
        (60, car(-40, charging=None, seen=None, state="asleep"), "release"),
        (60, car(0, charging=False, seen=at(-70), plugged=False), "release"),
        (60, car(0, charging=None, seen=at(-70), home=False), "release"),
        (60, car(0, home=False), "release"),
        (60, car(0, home=None, fast=True), "release"),
        (4, car(0, charging=False, seen=at(-70), state="asleep"), "hold"),  # Octopus may be about to wake it
        (4, car(0, charging=None, seen=at(-70), plugged=False), "hold"),
        (60, car(9000, charging=False), "hold"),  # of a clock that is hours ahead
    ],
)
def test_a_dispatch_is_held_for_without_proof_until_the_car_was_seen_not_to_charge(
    since: float, known: Car | None, wish: str
) -> None:
    lingers(since, known, wish)


@pytest.mark.parametrize("since", [1, 60])
@pytest.mark.parametrize(
    ("told", "wish"),
    [
        ({"suspended": True}, "release"),
        ({"state": "SMART_CONTROL_OFF"}, "release"),
        ({"state": "SMART_CONTROL_NOT_AVAILABLE"}, "release"),
        ({"suspended": False, "state": "SMART_CONTROL_IN_PROGRESS"}, "hold"),
        ({"state": "SMART_CONTROL_CAPABLE"}, "hold"),
    ],
)
def test_a_dispatch_that_lingers_in_a_plan_which_octopus_does_not_follow_is_not_held_for(
    told: dict[str, Any], wish: str, since: float
) -> None:
    lingers(since, None, wish, **told)


def test_a_car_that_draws_is_held_for_whatever_its_plan_says() -> None:
    lingers(60, car(), "hold", suspended=True)


def test_a_car_that_was_full_early_does_not_keep_the_battery_for_the_rest_of_its_dispatch() -> None:
    """It stops six minutes after the start, sleeps from minute 40, and the dispatch stays listed for three hours."""
    state, said = State(), list[Any]()
    for minute in range(182):
        told = car(minute, minute < 5, seen=at(min(minute, 6)), state="online" if minute < 40 else "asleep")
        offer = plan(start=0, end=180, seen=minute)
        state, now = ask(state, minute, rate=rate("standard", minute, 600), house=house(minute, ev=None), plan=offer,
                         car=told)  # fmt: skip
        said += [(minute, now.mode)] if now else []

    assert said == [(0, "hold"), (6, "release")]
