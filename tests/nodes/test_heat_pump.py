"""heatPump over an evening: when it switches, what it says, and that off is what it falls back to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Emit, Linked, Say, Started, Stopping, Timer, Will
from wattwire.nodes.heat_pump import Config, steer
from wattwire.nodes.heat_switch import Heating, State, Switch
from wattwire.nodes.messages import Rate, Tick

T = datetime(2026, 11, 21, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ONE = Switch(topic="heat/2")


def rate(at: datetime, **more: Any) -> Rate:
    half = datetime.fromtimestamp(at.timestamp() // 1800 * 1800, UTC)
    return Rate(at=at, until=half + 30 * MINUTE, **{"house": 27.0, "car": None, "band": "standard", **more})


class Pump:
    def __init__(self, **settings: Any) -> None:
        self.cfg, self.state = Config(**{"switch": ONE, **settings}), State()
        self.modes: list[tuple[int, str]] = []
        self.said: list[tuple[str, str]] = []
        self.timers: list[datetime | None] = []

    def hear(self, at: datetime, rate: Rate | None = None, event: Any = None) -> list[Any]:
        tick = Tick(at) if event is None else None
        self.state, results = steer(self.cfg, self.state, tick, rate, event, at)
        for it in results:
            match it:
                case Say(topic, payload):
                    self.said.append((topic, bytes(payload).decode()))  # type: ignore[call-overload]
                case Emit(body=Heating() as heating):
                    self.modes.append((int((at - T) / MINUTE), heating.mode))
                case Timer(at=when):
                    self.timers.append(when)
        return results


@pytest.mark.parametrize(
    ("settings", "known", "on"),
    [
        ({}, {"window": True, "band": "cheap"}, True),
        ({}, {"planned": True, "rung": "offered"}, True),
        ({"trust": "confirmed"}, {"planned": True, "rung": "started"}, False),
        ({"trust": "confirmed"}, {"planned": True, "rung": "confirmed", "band": "cheap"}, True),
        ({"trust": "window"}, {"planned": True, "rung": "confirmed", "band": "cheap"}, False),
        ({}, {"planned": True, "rung": "offered", "allowance_left": 0.0}, False),
        ({}, {"planned": True, "rung": "confirmed", "allowance_left": 5.5}, False),  # it ran out before noon
        ({"trust": "confirmed"}, {"planned": True, "rung": "confirmed"}, False),
        ({}, {"planned": True, "rung": "offered", "barred": True}, False),  # on this tariff it is the car's alone
        ({}, {"planned": True, "rung": "started", "allowance_left": 5.5, "barred": True}, False),
        ({"below": 30.0}, {"planned": True, "rung": "started", "barred": True}, True),
        ({}, {"band": "unsure", "rung": "offered"}, False),
        ({}, {}, False),
        ({"below": 10.0}, {"house": 9.9}, True),
        ({"below": 10.0}, {"house": 10.0}, False),
        ({"below": 10.0}, {"house": None}, False),
        ({"below": 0.0}, {"house": -1.0}, True),
    ],
)
def test_a_half_hour_is_used_as_surely_as_wanted(settings: Any, known: Any, on: bool) -> None:
    pump = Pump(**settings)
    pump.hear(T, rate(T, **known))

    assert pump.state.on is on
    assert pump.said == ([("heat/2", "ON")] if on else [])


def test_it_runs_and_rests_for_a_while_whatever_the_price_does() -> None:
    pump = Pump(run=20 * MINUTE, rest=15 * MINUTE)
    for i in range(70):
        at = T + i * MINUTE
        cheap = i % 10 < 5  # a price that flaps
        pump.hear(at, rate(at, band="cheap" if cheap else "standard", rung="confirmed" if cheap else None))

    assert pump.modes == [(0, "encouraged"), (25, "normal"), (40, "encouraged"), (65, "normal")]


def test_it_is_on_no_longer_than_it_may() -> None:
    pump = Pump(most=60 * MINUTE, rest=30 * MINUTE)
    for i in range(0, 121, 5):
        pump.hear(T + i * MINUTE, rate(T + i * MINUTE, window=True, band="cheap"))

    assert pump.modes == [(0, "encouraged"), (60, "normal"), (90, "encouraged")]


def test_without_ticks_it_still_looks_again_and_ends() -> None:
    pump = Pump()
    known = rate(T + 5 * MINUTE, band="cheap", rung="confirmed")
    pump.hear(T + 5 * MINUTE, known)
    (look,) = pump.timers
    assert look == T + 31 * MINUTE
    pump.hear(look, known)

    assert pump.modes == [(5, "encouraged"), (31, "normal")]


def test_a_run_that_outlasts_its_rate_ends_without_ticks_too() -> None:
    pump = Pump(run=60 * MINUTE)
    known = rate(T, band="cheap", rung="confirmed")
    for minute in (0, 1, 31):
        pump.hear(T + minute * MINUTE, known)
    assert pump.timers == [T + 61 * MINUTE]
    pump.hear(T + 61 * MINUTE, known)

    assert pump.modes == [(0, "encouraged"), (61, "normal")]


def test_after_a_crash_what_is_on_is_looked_at_again_and_what_is_over_is_off() -> None:
    pump = Pump()
    pump.hear(T, rate(T, window=True, band="cheap"))
    pump.said.clear()
    assert Timer("look", T + 31 * MINUTE) in pump.hear(T + MINUTE, event=Started())
    pump.hear(T + 31 * MINUTE, event=Started())
    pump.hear(T + 31 * MINUTE, event=Linked(up=True))

    assert pump.said == [("heat/2", "OFF")]


def test_both_contacts_are_switched_so_that_the_first_is_never_alone() -> None:
    pump = Pump(first=Switch(topic="heat/1"))
    pump.hear(T, rate(T, window=True, band="cheap"))
    pump.hear(T + 40 * MINUTE, rate(T + 40 * MINUTE))

    assert pump.said == [("heat/2", "ON"), ("heat/1", "ON"), ("heat/1", "OFF"), ("heat/2", "OFF")]
    assert [mode for _, mode in pump.modes] == ["forced", "normal"]


def test_a_dead_connection_is_ended_by_the_broker_and_a_new_one_told_how_it_is() -> None:
    pump = Pump(first=Switch(topic="heat/1"))

    assert pump.hear(T, event=Started()) == [Will(Say("heat/1", b"OFF"))]
    pump.hear(T, rate(T, window=True, band="cheap"))
    pump.said.clear()
    pump.hear(T + MINUTE, event=Linked(up=True))
    assert pump.said == [("heat/2", "ON"), ("heat/1", "ON")]


def test_a_stop_lets_go() -> None:
    pump = Pump()
    pump.hear(T, rate(T, window=True, band="cheap"))
    pump.hear(T + MINUTE, event=Stopping())

    assert pump.said == [("heat/2", "ON"), ("heat/2", "OFF")]


def test_how_it_is_is_said_again_every_few_minutes_to_a_switch_that_did_not_hear() -> None:
    pump = Pump(again=5 * MINUTE)
    pump.hear(T, event=Linked(up=True))
    for minute in range(1, 61):
        at = T + minute * MINUTE
        pump.hear(at, rate(at, window=minute < 30, band="cheap" if minute < 30 else "standard"))

    assert pump.modes == [(1, "encouraged"), (30, "normal")]
    assert [word for _, word in pump.said] == ["OFF"] + 6 * ["ON"] + 7 * ["OFF"]


def test_nothing_is_said_again_before_it_was_said_at_all_nor_by_a_clock_that_was_set_back() -> None:
    pump = Pump(again=5 * MINUTE)
    pump.hear(T, rate(T))
    assert pump.said == []
    pump.hear(T, event=Linked(up=True))
    early = T - timedelta(hours=1)
    pump.hear(early, rate(early))
    pump.hear(early + MINUTE, rate(early))

    assert pump.said == 2 * [("heat/2", "OFF")]


def test_a_connection_that_is_down_is_told_nothing_until_it_is_up() -> None:
    pump = Pump(again=5 * MINUTE)
    pump.hear(T, event=Linked(up=True))
    pump.hear(T + MINUTE, event=Linked(up=False))
    for minute in range(2, 30):
        pump.hear(T + minute * MINUTE, rate(T + minute * MINUTE))

    assert pump.said == [("heat/2", "OFF")]


def test_what_ends_by_a_stop_or_while_nobody_looked_is_told_as_ended() -> None:
    stopped, late = Pump(), Pump()
    for pump in (stopped, late):
        pump.hear(T, rate(T, window=True, band="cheap"))
    for _ in range(2):
        stopped.hear(T + 5 * MINUTE, event=Stopping())
        late.hear(T + 60 * MINUTE, event=Started())
    late.hear(T + 60 * MINUTE, event=Linked(up=True))

    assert stopped.modes == [(0, "encouraged"), (5, "normal")]
    assert late.modes == [(0, "encouraged"), (60, "normal")]
    assert late.said[-1] == ("heat/2", "OFF")
    assert late.state.since == T + 60 * MINUTE  # it rests from now on


def test_in_the_shadow_it_says_nothing() -> None:
    pump = Pump(shadow=True)
    assert pump.hear(T, event=Started()) == []
    for minute in (0, 10):
        pump.hear(T + minute * MINUTE, rate(T + minute * MINUTE, window=True, band="cheap"))

    assert (pump.said, pump.modes) == ([], [(0, "encouraged")])


def test_how_often_it_is_said_again_must_be_more_than_nothing() -> None:
    with pytest.raises(ValueError, match="again"):
        Config(switch=ONE, again=timedelta())


def test_an_old_rate_is_no_rate() -> None:
    pump = Pump()
    pump.hear(T + 40 * MINUTE, rate(T, window=True, band="cheap"))

    assert not pump.state.on


@pytest.mark.parametrize(("minute", "run", "on"), [(9, 20, True), (11, 20, False), (20, 10, True), (9, 45, True)])
def test_it_does_not_begin_in_the_last_minutes_of_a_cheap_half_hour_as_it_would_go_on_in_a_dear_one(
    minute: int, run: int, on: bool
) -> None:
    pump = Pump(run=run * MINUTE)
    at = T + minute * MINUTE
    pump.hear(at, rate(at, planned=True, rung="offered"))

    assert pump.state.on is on
