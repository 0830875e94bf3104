"""What victronController wishes by price, battery and car; how long for, and when it says so again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from battery_talk import CFG, ask, at, car, house, lease, leases, mode, modes, night, plan, rate

from wattwire.nodes import Due, Timer
from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import Lease, Next, Plan, Tick
from wattwire.nodes.victron_controller import Config, decide


@pytest.mark.parametrize(
    ("known", "wish"),
    [
        ({"rate": rate(), "house": house()}, "charge"),
        ({"rate": rate(), "house": house(soc=80)}, "hold"),
        ({"rate": rate("standard"), "house": house()}, "release"),
        ({"rate": rate("standard"), "house": house(ev=7000)}, "hold"),
        ({"rate": rate("standard"), "house": house(ev=None), "car": car()}, "hold"),
        ({"rate": rate("standard"), "house": house(ev=None), "car": car(home=False)}, "release"),
        ({"rate": rate("standard"), "house": house(ev=None), "car": car(-20)}, "release"),  # an old sight is none
        ({"rate": rate("standard"), "house": house(), "plan": plan()}, "hold"),  # the first minutes after plugging in
        ({"rate": rate("standard"), "house": house(), "plan": plan(start=-10)}, "release"),  # the meter says no
        ({"rate": rate("standard"), "house": house(ev=None), "plan": plan(start=-10)}, "hold"),
        ({"rate": rate("standard"), "house": house(ev=None), "plan": plan(), "car": car(charging=False)}, "release"),
        ({"rate": rate("standard"), "house": house(), "plan": plan(location="away")}, "release"),
        ({"rate": rate("standard"), "house": house(), "plan": plan(seen=-20)}, "release"),  # an old plan is none
        ({"rate": rate("unsure"), "house": house()}, "release"),
        ({"rate": rate("unsure"), "house": house(), "plan": plan()}, "release"),
        ({"rate": rate("unsure"), "house": house(ev=7000)}, "hold"),
        ({"rate": rate(since=-900, until=-870), "house": house()}, "release"),  # yesterday's retained cheap
        ({"rate": rate(), "house": house(-3)}, "release"),  # the house is not seen any more
        ({"rate": rate(), "house": house(-3), "car": car()}, "hold"),
        ({"rate": rate(), "house": house(soc=None)}, "release"),
        ({"house": house()}, "release"),
        ({}, "release"),
        ({"rate": rate(), "house": house(controllable=False)}, "release"),
        ({"rate": rate("standard"), "house": house(controllable=False)}, "release"),
    ],
)
def test_the_wish_follows_price_battery_and_car(known: dict[str, Any], wish: str | None) -> None:
    assert mode(**known) == wish


def test_a_charge_lasts_as_long_as_the_price_and_says_why() -> None:
    assert lease(rate=rate(), house=house()) == Lease(
        mode="charge",
        until=at(30),
        soc=80,
        reason="power is cheap, and the battery at 40 % is below 80 %",
        owner="victronController",
    )


@pytest.mark.parametrize(
    ("window", "until"),
    [(True, 60), (False, 30)],  # a dispatch is trusted for its half hour, the window to its end, an hour at most
)
def test_no_wish_reaches_beyond_what_is_certain(window: bool, until: float) -> None:
    certain = rate(window=window, next=Next(at=at(300), house=27.0))

    assert lease(rate=certain, house=house()).until == at(until)


@pytest.mark.parametrize(
    ("known", "wish"),
    [
        ({"rate": rate(rung="offered", planned=True, band="standard")}, "release"),  # hoped for
        ({"rate": rate(since=-16, until=14)}, "release"),  # nobody has confirmed it since
        ({"rate": night()}, "charge"),
        ({"rate": rate(since=-40, until=-10, window=True, next=Next(at=at(60), house=27.0))}, "charge"),
        ({"rate": rate(since=2, until=30)}, "release"),  # of a clock that is ahead
    ],
)
def test_only_what_is_certain_is_charged_in(known: dict[str, Any], wish: str) -> None:
    assert mode(house=house(), **known) == wish


def test_a_wish_is_said_once_and_again_ten_minutes_before_its_end() -> None:
    state, said = State(), []
    whole = rate(window=True, until=600, next=Next(at=at(600), house=27.0))
    for minute in range(120):
        state, now = ask(state, minute, rate=whole, house=house(minute))
        said += [(minute, now.until)] if now else []

    assert said == [(0, at(60)), (50, at(110)), (100, at(160))]


def test_a_withdrawn_offer_releases_at_once() -> None:
    state, _ = ask(rate=rate(), house=house())

    assert lease(state, 5, rate=rate("standard"), house=house(5)).mode == "release"


def test_at_the_target_it_holds_and_does_not_flap() -> None:
    socs = [79.9, 80.0, 79.9, 80.0, 79.0, 77.1, 76.9, 77.5, 80.0]
    said = modes((minute, {"rate": rate(), "house": house(minute, soc=soc)}) for minute, soc in enumerate(socs))

    assert said == ["charge", "hold", None, None, None, None, "charge", None, "hold"]


def test_the_last_minute_of_a_price_is_not_worth_a_write() -> None:
    assert mode(minutes=29.5, rate=rate(since=29), house=house(29.5)) is None


def test_a_price_that_just_ended_waits_for_its_successor() -> None:
    said = modes((minute, {"rate": rate(), "house": house(minute)}) for minute in (0, 30, 31))

    assert said == ["charge", None, "release"]


def test_a_hold_is_not_shortened_for_another_reason() -> None:
    state, first = ask(rate=rate("standard"), house=house(ev=7000))
    _, second = ask(state, 1, rate=rate(), house=house(1, soc=90))

    assert first is not None
    assert (first.mode, first.until, second) == ("hold", at(60), None)


def test_from_one_cheap_half_hour_to_the_next_the_charge_goes_on_without_a_hold_between() -> None:
    state, _ = ask(rate=rate(), house=house(ev=7000))
    state, tick = ask(state, 30, rate=rate(), house=house(30, ev=7000))
    state, then = ask(state, 30, rate=rate(since=30, until=60), house=house(30, ev=7000))
    other = lease(state, 30.1, rate=rate("standard", since=30, until=60), house=house(30, ev=7000))

    assert tick is None
    assert then is not None
    assert (then.mode, then.until) == ("charge", at(60))
    assert other.mode == "hold"


def test_where_no_next_rate_follows_the_battery_is_held_two_seconds_later() -> None:
    """Whoever says the rate may be away, and else nothing may come for a minute in which it empties into the car."""
    known: dict[str, Any] = {"rate": rate(), "plan": None, "car": None}
    state, _ = ask(rate=rate(), house=house(ev=7000))
    state, results = decide(CFG, state, Tick(at(30)), house=house(30, ev=7000), now=at(30), **known)
    soon = at(30) + timedelta(seconds=2)
    _, then = decide(CFG, state, None, event=Due("next rate"), house=house(30, ev=7000), now=soon, **known)

    assert results[0] == Timer("next rate", soon)
    assert [it.mode for it in leases(then)] == ["hold"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"lease": timedelta(hours=2)}, "from 2m to 1h"),
        ({"late": timedelta(hours=1)}, "set capacity too"),
        ({"timezone": "Mars/Olympus"}, "write it like Europe/London"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Config(**settings)


# Clocks


@pytest.mark.parametrize(
    ("skew", "wish", "why"),
    [
        (None, "charge", "power is cheap, and the battery at 40 % is below 80 %"),
        (60, "charge", "power is cheap, and the battery at 40 % is below 80 %"),
        (61, "release", "our clock is 61 s behind Octopus's"),
        (-300, "release", "our clock is 300 s ahead of Octopus's"),
    ],
)
def test_nothing_is_charged_by_a_clock_that_is_wrong(skew: float | None, wish: str, why: str) -> None:
    said = lease(rate=rate(), house=house(), plan=Plan(at=at(0), skew=skew))

    assert (said.mode, said.reason) == (wish, why)


def test_a_car_that_draws_is_held_for_by_any_clock() -> None:
    assert mode(rate=rate(), house=house(ev=7000), plan=Plan(at=at(0), skew=300)) == "hold"
