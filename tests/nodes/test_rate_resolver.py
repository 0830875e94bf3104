"""What rateResolver makes of the window and of nothing known, why it says so, and what it remembers and takes."""

import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from rate_life import at, bands, charging, config, dispatch, live, plan

from wattwire.flows.engine.bodies import decode, encode
from wattwire.nodes.allowance import Allowance
from wattwire.nodes.half_hours import Window
from wattwire.nodes.messages import Car, Dispatch, Next, Plan, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import NODE, Config, resolve
from wattwire.nodes.tariff_rules import Fallback


@pytest.mark.parametrize(
    ("now", "band"),
    [
        ("2026-01-20T23:29:59Z", "unsure"),
        ("2026-01-20T23:30:00Z", "cheap"),
        ("2026-01-21T05:29:59Z", "cheap"),
        ("2026-01-21T05:30:00Z", "unsure"),
        ("2026-07-01T22:29:59Z", "unsure"),
        ("2026-07-01T22:30:00Z", "cheap"),
        ("2026-07-02T04:30:00Z", "unsure"),
        ("2026-03-28T23:30:00Z", "cheap"),  # the night the clocks go forward has five hours of it
        ("2026-03-29T04:29:59Z", "cheap"),
        ("2026-03-29T04:30:00Z", "unsure"),
        ("2026-10-24T22:30:00Z", "cheap"),  # and the one they go back has seven
        ("2026-10-25T05:29:59Z", "cheap"),
        ("2026-10-25T05:30:00Z", "unsure"),
    ],
)
def test_the_window_is_cheap_by_the_local_wall_clock_with_nothing_known(now: str, band: str) -> None:
    assert bands(live(config(), datetime.fromisoformat(now))) == [band]


def test_all_a_rate_says_inside_the_window() -> None:
    (rate,) = live(config(), "+02:10")

    assert rate == Rate(
        at=at("+02:10"),
        until=at("+02:30"),
        house=7.0,
        car=6.0,
        band="cheap",
        window=True,
        planned=False,
        rung="window",
        rung_at=at("23:30"),
        allowance_left=6.0,
        next=Next(at=at("+05:30"), house=28.0),
        why="inside the fixed window until 05:30",
        tier="cheap",
    )


def test_all_a_rate_says_of_a_confirmed_dispatch() -> None:
    rate = live(config(), plan("14:01", "14:10-14:50"), charging("14:02"), "14:03")[-1]

    assert rate == Rate(
        at=at("14:03"),
        until=at("14:30"),
        house=7.0,
        car=6.0,
        band="cheap",
        window=False,
        planned=True,
        rung="confirmed",
        rung_at=at("14:02"),
        allowance_left=5.5,
        next=Next(at=at("14:30"), house=28.0),
        why="a dispatch touches this half hour and the car is seen charging",
        tier="standard",
    )


def test_without_a_window_the_night_is_like_the_day() -> None:
    (rate,) = live(config(window=False), plan("+02:10"))

    assert (rate.band, rate.window, rate.house, rate.next) == ("standard", False, 28.0, None)


@pytest.mark.parametrize(
    ("trust", "found", "why"),
    [
        ("offered", dispatch("15:00-15:30"), "outside the fixed window, and no dispatch touches this half hour"),
        ("offered", dispatch("14:00-14:30"), "a dispatch touches this half hour and what is offered is trusted"),
        (
            "started",
            dispatch("14:00-14:30"),
            "a dispatch touches this half hour and is offered, but is not yet started",
        ),
        ("window", dispatch("14:00-14:30"), "a dispatch touches this half hour, but only the fixed window is trusted"),
        (
            "offered",
            dispatch("14:00-14:30", kind="boost"),
            "a boost touches this half hour, and a boost is never cheap",
        ),
        ("offered", dispatch("14:00-14:30", kind="test"), "a dispatch touches this half hour, but it is a test"),
        (
            "offered",
            dispatch("14:00-14:30", location="away"),
            "a dispatch touches this half hour, but the car is not at home",
        ),
        (
            "offered",
            dispatch("14:00-14:30", kwh=0.0),
            "a dispatch touches this half hour, but it is of a kind that counts only when the car is seen charging",
        ),
    ],
)
def test_a_rate_says_why_in_a_sentence(trust: str, found: Dispatch, why: str) -> None:
    (rate,) = live(config(trust), plan("14:05", found))

    assert rate.why == why


def test_a_missing_price_says_so() -> None:
    (rate,) = live(config(price=Fallback()), plan("14:05"))

    assert rate.why == "no price is known for this half hour"


# Memory and settings


def test_nothing_but_a_tick_or_a_plan_triggers() -> None:
    triggers = {name for name, port in NODE.ins.items() if port.triggers}

    assert (triggers, NODE.ins.keys() - triggers) == ({"tick", "plan"}, {"prices", "car", "house"})


def test_a_restart_forgets_nothing() -> None:
    def run(restart: bool) -> list[Rate]:
        state, rates, cfg = State(), [], config(allowance=Allowance(hours=1))
        first, second = plan("14:01", "14:00-14:30"), plan("14:31", "14:30-15:30")
        plans = (first, second, plan("14:35"), plan("15:10", "15:00-15:40"))
        for new in plans:
            car = Car(at=new.at, seen=new.at, charging=True)
            state, emit = resolve(cfg, state, None, new, prices=None, car=car, house=None, now=new.at)
            assert isinstance(emit.body, Rate)
            rates.append(emit.body)
            if restart:
                state = decode(State, json.loads(json.dumps(encode(replace(state, outlook=None)))))
        return rates

    assert run(restart=True) == run(restart=False)
    assert bands(run(restart=True)) == ["cheap", "cheap", "cheap", "standard"]


def test_its_memory_stays_small() -> None:
    state, now, cfg = State(), at("00:00", 1), config("offered")
    for _ in range(48 * 10):
        now += timedelta(minutes=30)
        span = Dispatch(start=now - timedelta(minutes=20), end=now + timedelta(hours=3))
        new = Plan(at=now, device=f"{now:%d}", dispatches=(span,))
        car = Car(at=now, seen=now, charging=now.hour % 2 == 0)
        state, _ = resolve(cfg, state, Tick(now), None, prices=None, car=car, house=None, now=now)
        state, _ = resolve(cfg, state, None, new, prices=None, car=car, house=None, now=now)

    assert len(json.dumps(encode(replace(state, outlook=None)))) < 3000


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"timezone": "Europe/Londn"}, "there is no 'Europe/Londn'"),
        ({"timezone": ""}, "write it like Europe/London"),
        ({"plan_max_age": timedelta()}, "write how long a plan is believed"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Config(**settings)


def test_a_window_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="write `window: false`"):
        Window(from_=time(1), until=time(1))


@pytest.mark.parametrize("hours", [-1, 25])
def test_an_allowance_that_no_day_holds_is_refused(hours: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 24"):
        Allowance(hours=hours)
