"""A car that draws is held for at once: by the GX's meter, by a charger's, by what the car says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from battery_talk import CFG, NOON, at, car, charger, house, mode, modes, plan, rate

from wattwire.nodes import Emit, Status
from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import House, Lease
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
