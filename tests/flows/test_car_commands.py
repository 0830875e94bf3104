"""A command on its way to a car that may refuse or say nothing: edges only, in made-up time."""

from collections import Counter
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

import pytest
from commanded_car import NOON, asleep, at, bench, calls, flow, order, outcomes, told, trouble

from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Reply, Request


def stopped(kind: str = "", times: int | None = None, until: float = 30, world: Any = None) -> Bench:
    """A car that charges is told at five past twelve to stop, while Tesla or the car has this fault."""
    it = bench(world)
    it.put(at(1), "simTesla.charge", {"power": 7400})
    if kind:
        trouble(it, 5, kind, times)
    order(it, 5, "stop")
    return it.run(at(until))


def test_a_refusal_is_told_in_words_and_not_repeated() -> None:
    it = stopped("refuse user_not_present")

    assert calls(it, 5) == ["12:05:00 charge_stop"]
    assert told(it) == ["the car wants a person in it"]


def test_a_key_that_is_not_paired_is_a_persons_job() -> None:
    it = stopped("unpaired")

    assert len(calls(it, 5)) == 1
    assert told(it) == ["the app's key is not paired with the car: do that once"]


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("504done", ["12:05:00 charge_stop", "12:05:15 vehicle_data"]),
        (
            "504",
            [
                "12:05:00 charge_stop",
                "12:05:15 vehicle_data",
                "12:05:45 charge_stop",
                "12:05:53 vehicle_data",
            ],
        ),
    ],
)
def test_where_tesla_says_nothing_a_look_tells_whether_it_is_to_be_repeated(kind: str, sent: list[str]) -> None:
    it = stopped(kind, times=1, until=14)

    assert calls(it, 5) == sent
    assert len(it.bodies("teslaCommand.done")) == 1
    assert told(it) == []


def test_a_process_that_dies_over_a_command_looks_before_it_repeats_anything() -> None:
    def died(node: str, request: Request, now: datetime) -> Reply | None:
        return Reply(0, unknown=True, why="the process died") if request.url.endswith("charge_stop") else None

    it = stopped(until=5.5, world=died)

    assert calls(it, 5) == ["12:05:00 charge_stop", "12:05:15 vehicle_data"]


@pytest.mark.parametrize("second", [0, 1, 7, 24])
def test_whatever_dies_on_the_way_the_command_is_seen_done_once(second: float) -> None:
    it = asleep()
    order(it, 62, "start")
    for node in ("teslaCommand", "teslaWake", "edges"):
        it.do(at(62 + second / 60), partial(it.crash, node))
    it.run(at(70))

    assert len([c for c in calls(it, 60) if "wake_up" in c]) == 1
    assert [d.do for d in it.bodies("teslaCommand.done")] == ["stop", "start"]
    assert it.faults == []


def test_what_has_no_effect_is_tried_three_times_and_then_told() -> None:
    it = stopped("ineffective")

    assert [c for c in calls(it, 5) if "stop" in c] == [
        "12:05:00 charge_stop",
        "12:05:38 charge_stop",
        "12:06:16 charge_stop",
    ]
    assert told(it) == ["stop: given up after 3 tries"]


def test_what_was_surely_not_done_is_sent_again_in_seconds() -> None:
    it = stopped("busy", times=1, until=10)

    assert outcomes(it, "teslaCommand", 5)[:3] == ["12:05:00 failed", "12:05:10 taken", "12:05:18 done"]


def test_the_limit_at_tesla_stops_everything_and_is_told() -> None:
    it = stopped("limit", until=60)

    assert calls(it, 5) == ["12:05:00 charge_stop"]
    assert told(it)[0] == "the account's spending limit at Tesla is reached"


def test_a_shadow_run_commands_and_wakes_nothing() -> None:
    it = Bench(flow(), NOON, shadow=True)
    order(it, 5, "start")
    it.run(at(10))

    assert calls(it) == []


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens_no_needless_wake_no_old_wish_and_an_end_to_everything(seed: int) -> None:
    chance, it = Random(seed), bench()
    kinds = ["504", "504done", "busy", "deaf", "ineffective", "500", "401", "429", "timeout", "asleep", "offline"]
    kinds += ["none", "none", "none", "refuse no_power", "refuse something_new"]
    wishes = [(round(chance.uniform(2, 900), 2), chance.choice(["start", "stop"])) for _ in range(12)]
    for minute, do in wishes:
        order(it, minute, do)
    for _ in range(25):
        trouble(it, round(chance.uniform(1, 900), 2), chance.choice(kinds))
        power = chance.choice([0, 7400])
        it.put(at(round(chance.uniform(1, 900), 2)), "simTesla.charge", {"power": power})
        plugged = chance.random() < 0.8
        it.put(at(round(chance.uniform(1, 900), 2)), "simTesla.cable", {"plugged": plugged, "power": power})
        victim = chance.choice(["teslaCommand", "teslaWake", "edges", "teslaState"])
        it.do(at(round(chance.uniform(1, 900), 2)), partial(it.crash, victim))
    trouble(it, 901, "none")
    it.run(at(1100))

    sent = [(s.at, s.request.url.rpartition("/")[2]) for s in it.seen if s.source == "teslaCommand" and s.request]
    woken = [s for s in it.seen if s.source == "teslaWake" and s.request and s.request.method == "POST"]
    newest = [(when, max((at(m), do) for m, do in wishes if at(m) <= when)[1]) for when, _ in sent]
    asked = [(when, do) for (when, name), (_, do) in zip(sent, newest, strict=True) if name == f"charge_{do}"]
    assert it.faults == []
    assert len(asked) == len([name for _, name in sent if name.startswith("charge_")])  # only ever the newest wish
    assert len(woken) <= len(it.bodies("teslaCommand.asleep"))
    assert max(Counter(w.at.date() for w in it.bodies("teslaWake.woken")).values(), default=0) <= 2
    assert "stop" not in {need.do for need in it.bodies("teslaCommand.asleep")}
    assert it.actors["teslaCommand"].state.wanted == {}
    assert 0 < len(sent) < 120
