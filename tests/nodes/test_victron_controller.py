from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Emit
from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import Car, Dispatch, House, Lease, Next, Plan, Rate, Tick
from wattwire.nodes.victron_controller import Config, decide

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CFG = Config(charge_soc=80)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def rate(band: Any = "cheap", since: float = 0, until: float = 30, **more: Any) -> Rate:
    return Rate(at=at(since), until=at(until), house=7.0, car=7.0, band=band, **more)


def house(minutes: float = 0, soc: float | None = 40, ev: float | None = 0, controllable: bool | None = True) -> House:
    return House(at=at(minutes), soc=soc, ev=ev, controllable=controllable, input_limit=8000)


def car(minutes: float = 0, charging: bool | None = True, home: bool | None = True) -> Car:
    return Car(at=at(minutes), seen=at(minutes), charging=charging, home=home)


def plan(start: float = -1, end: float = 29, seen: float = 0, location: Any = "unknown") -> Plan:
    return Plan(at=at(seen), dispatches=(Dispatch(start=at(start), end=at(end), location=location),))


def ask(state: State = State(), minutes: float = 0, cfg: Config = CFG, **known: Any) -> tuple[State, Lease | None]:  # noqa: B008
    now = at(minutes)
    know = {"rate": None, "house": None, "plan": None, "car": None} | known
    state, results = decide(cfg, state, Tick(now), now=now, **know)
    leases = [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Lease)]
    assert len(leases) <= 1
    return state, leases[0] if leases else None


def mode(**known: Any) -> str | None:
    lease = ask(**known)[1]
    return lease.mode if lease else None


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
    assert ask(rate=rate(), house=house())[1] == Lease(
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
    lease = ask(rate=rate(window=window, next=Next(at=at(300), house=27.0)), house=house())[1]

    assert lease is not None
    assert lease.until == at(until)


def test_a_wish_is_said_once_and_again_ten_minutes_before_its_end() -> None:
    state, said = State(), []
    night = rate(window=True, until=600, next=Next(at=at(600), house=27.0))
    for minute in range(120):
        state, lease = ask(state, minute, rate=night, house=house(minute))
        said += [(minute, lease.until)] if lease else []

    assert said == [(0, at(60)), (50, at(110)), (100, at(160))]


def test_a_withdrawn_offer_releases_at_once() -> None:
    state, _ = ask(rate=rate(), house=house())
    _, lease = ask(state, 5, rate=rate("standard"), house=house(5))

    assert lease is not None
    assert lease.mode == "release"


def test_at_the_target_it_holds_and_does_not_flap() -> None:
    state, said = State(), []
    for minute, soc in enumerate([79.9, 80.0, 79.9, 80.0, 79.0, 77.1, 76.9, 77.5, 80.0]):
        state, lease = ask(state, minute, rate=rate(), house=house(minute, soc=soc))
        said.append(lease.mode if lease else None)

    assert said == ["charge", "hold", None, None, None, None, "charge", None, "hold"]


def test_a_car_that_stops_for_a_moment_is_still_held_for() -> None:
    state, said = State(), []
    for second, ev in ((0, 7000), (10, 0), (20, 7000), (30, 0), (50, 0), (61, 0)):
        state, lease = ask(state, second / 60, rate=rate("standard"), house=house(second / 60, ev=ev))
        said.append(lease.mode if lease else None)

    assert said == ["hold", None, None, None, None, "release"]


def test_what_cannot_be_done_is_let_go_and_said_again_a_minute_after_it_can() -> None:
    state, said = State(), []
    for second, able in ((0, True), (60, False), (120, True), (150, True), (180, True)):
        state, lease = ask(state, second / 60, rate=rate(), house=house(second / 60, controllable=able))
        said.append(lease.mode if lease else None)

    assert said == ["charge", "release", None, None, "charge"]


def test_the_last_minute_of_a_price_is_not_worth_a_write() -> None:
    assert mode(minutes=29.5, rate=rate(since=29), house=house(29.5)) is None


def test_a_price_that_just_ended_waits_for_its_successor() -> None:
    state, _ = ask(rate=rate(), house=house())
    state, at_once = ask(state, 30, rate=rate(), house=house(30))
    _, later = ask(state, 31, rate=rate(), house=house(31))

    assert at_once is None
    assert later is not None
    assert later.mode == "release"


def test_a_hold_is_not_shortened_for_another_reason() -> None:
    state, first = ask(rate=rate("standard"), house=house(ev=7000))
    _, second = ask(state, 1, rate=rate(), house=house(1, soc=90))

    assert first is not None
    assert (first.mode, first.until, second) == ("hold", at(60), None)


def test_hold_for_the_car_can_be_switched_off() -> None:
    cfg = Config(hold_for_car=False)

    assert mode(cfg=cfg, rate=rate("standard"), house=house(ev=7000)) == "release"
