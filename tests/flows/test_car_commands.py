"""A command on its way to a car that may sleep, refuse or say nothing: edges only, in made-up time."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load, load_text
from wattwire.flows.engine.reasons import FlowError
from wattwire.nodes import Reply, Request

FILE = Path(__file__).parent / "car_commands.yaml"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENV = {"TESLA_REFRESH_TOKEN": "first"}


@cache
def flow() -> Flow:
    return load(FILE, env=ENV)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def bench(world: Any = None) -> Bench:
    return Bench(flow(), NOON, world=world)


def order(bench: Bench, minutes: float, do: str, **rest: Any) -> None:
    bench.put(at(minutes), "teslaCommand.command", {"do": do, **rest})


def trouble(bench: Bench, minutes: float, kind: str, times: int | None = None) -> None:
    bench.put(at(minutes), "simTesla.fault", {"kind": kind, "times": times})


def asleep() -> Bench:
    """At a quarter to one the car has slept for long: it was stopped at five past twelve, and is on the cable."""
    it = bench()
    it.put(at(1), "simTesla.charge", {"power": 7400})
    order(it, 5, "stop")
    return it.run(at(60))


def calls(bench: Bench, since: float = 0) -> list[str]:
    """What reached Tesla for teslaCommand and teslaWake, as HH:MM:SS and words."""
    those = [s for s in bench.seen if s.request and s.source in ("teslaCommand", "teslaWake") and s.at >= at(since)]
    return [f"{s.at:%H:%M:%S} {s.request.url.rpartition('/')[2]}" for s in those if s.request]


def outcomes(bench: Bench, node: str, since: float = 0) -> list[str]:
    left = [s for s in bench.seen if s.message and s.source.startswith(f"{node}.") and s.at >= at(since)]
    return [f"{s.at:%H:%M:%S} {s.source.partition('.')[2]}" for s in left]


def told(bench: Bench) -> list[str]:
    return [fault.why for fault in bench.bodies("alarm.said")]


def test_a_start_to_a_sleeping_car_wakes_it_once_is_carried_on_and_seen_done() -> None:
    it = asleep()
    order(it, 62, "start", reason="cheap")
    it.run(at(70))

    assert calls(it, 60) == [
        "13:02:00 charge_start",
        "13:02:00 wake_up",
        "13:02:05 LRWSIMULATED00001",
        "13:02:12 LRWSIMULATED00001",
        "13:02:23 LRWSIMULATED00001",
        "13:02:25 charge_start",
        "13:02:33 vehicle_data",
    ]
    assert outcomes(it, "teslaCommand", 60) == ["13:02:00 asleep", "13:02:25 taken", "13:02:33 done"]
    assert [w.why for w in it.bodies("teslaWake.woken")] == ["the car is asleep, and start is wanted: cheap"]
    assert told(it) == []
    assert it.faults == []


def test_several_commands_to_a_sleeping_car_share_one_wake_and_the_start_goes_last() -> None:
    it = asleep()
    for do, value in (("start", None), ("limit", 90), ("amps", 16)):
        order(it, 60, do, value=value)
    it.run(at(70))

    assert [c.split()[1] for c in calls(it, 60.2) if "LRW" not in c] == [
        "set_charge_limit",
        "set_charging_amps",
        "charge_start",
        "vehicle_data",
    ]
    assert len(it.bodies("teslaWake.woken")) == 1
    assert sorted(d.do for d in it.bodies("teslaCommand.done")[-3:]) == ["amps", "limit", "start"]


def test_a_stop_to_a_sleeping_car_is_done_and_nobody_wakes_it() -> None:
    it = asleep()
    order(it, 60, "stop")
    it.run(at(70))

    assert outcomes(it, "teslaCommand", 60) == ["13:00:00 done"]
    assert it.bodies("teslaWake.woken") == []


def test_a_stop_that_comes_while_the_car_wakes_wins_over_the_start_that_woke_it() -> None:
    it = asleep()
    order(it, 60, "start")
    order(it, 60.1, "stop")
    it.run(at(70))

    assert [c.split()[1] for c in calls(it, 60.2) if "charge" in c] == []
    assert it.times("teslaCommand.overtaken") == ["13:00:06", "13:00:25"]


def test_the_wakes_of_a_day_are_few_and_then_somebody_is_told() -> None:
    it = asleep()
    for hour in range(1, 5):
        order(it, hour * 60, "limit", value=50 + hour)
    it.run(at(300))

    assert it.times("teslaWake.woken") == ["13:00:00", "14:00:00"]
    assert it.times("teslaWake.spent") == ["15:00:00", "16:00:00"]
    assert len(told(it)) >= 2
    assert told(it)[0].startswith("the car is not woken for the car is asleep, and limit is wanted: ")


def test_on_holiday_nothing_wakes_it_and_somebody_is_told() -> None:
    it = asleep()
    it.put(at(59), "teslaWake.holiday", {"on": True})
    order(it, 60, "start")
    it.run(at(70))
    it.crash("teslaWake")
    order(it, 71, "start")
    it.run(at(75))

    assert [c for c in calls(it, 60) if "wake_up" in c] == []
    assert it.times("teslaWake.refused") == ["13:00:00", "13:11:00"]
    assert told(it)[0] == "it is a holiday, the car is not woken: the car is asleep, and start is wanted"


def test_a_car_that_does_not_wake_is_called_once_and_given_up_and_its_command_lapses() -> None:
    it = asleep()
    trouble(it, 60, "deaf")
    order(it, 60, "start")
    it.run(at(180))

    assert [c for c in calls(it, 60) if "wake_up" in c] == ["13:00:00 wake_up"]
    assert it.times("teslaWake.failed") == ["13:01:40"]
    assert [why for why in told(it) if "did not wake" in why] == [
        "the car did not wake within 90 s: the car is asleep, and start is wanted"
    ]
    assert it.bodies("teslaCommand.lapsed")[0].why == "start: not wanted any more, its time is over"


def test_a_refusal_is_told_in_words_and_not_repeated() -> None:
    it = bench()
    it.put(at(1), "simTesla.charge", {"power": 7400})
    trouble(it, 5, "refuse user_not_present")
    order(it, 5, "stop")
    it.run(at(30))

    assert calls(it, 5) == ["12:05:00 charge_stop"]
    assert told(it) == ["the car wants a person in it"]


def test_a_key_that_is_not_paired_is_a_persons_job() -> None:
    it = bench()
    it.put(at(1), "simTesla.charge", {"power": 7400})
    trouble(it, 5, "unpaired")
    order(it, 5, "stop")
    it.run(at(30))

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
    it = bench()
    it.put(at(1), "simTesla.charge", {"power": 7400})
    trouble(it, 5, kind, times=1)
    order(it, 5, "stop")
    it.run(at(14))

    assert calls(it, 5) == sent
    assert len(it.bodies("teslaCommand.done")) == 1
    assert told(it) == []


def test_a_process_that_dies_over_a_command_looks_before_it_repeats_anything() -> None:
    def died(node: str, request: Request, now: datetime) -> Reply | None:
        return Reply(0, unknown=True, why="the process died") if request.url.endswith("charge_stop") else None

    it = bench(died)
    it.put(at(1), "simTesla.charge", {"power": 7400})
    order(it, 5, "stop")
    it.run(at(5.5))

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
    it = bench()
    it.put(at(1), "simTesla.charge", {"power": 7400})
    trouble(it, 5, "ineffective")
    order(it, 5, "stop")
    it.run(at(30))

    assert [c for c in calls(it, 5) if "stop" in c] == [
        "12:05:00 charge_stop",
        "12:05:38 charge_stop",
        "12:06:16 charge_stop",
    ]
    assert told(it) == ["stop: given up after 3 tries"]


def test_what_was_surely_not_done_is_sent_again_in_seconds() -> None:
    it = bench()
    it.put(at(1), "simTesla.charge", {"power": 7400})
    trouble(it, 5, "busy", times=1)
    order(it, 5, "stop")
    it.run(at(10))

    assert outcomes(it, "teslaCommand", 5)[:3] == ["12:05:00 failed", "12:05:10 taken", "12:05:18 done"]


def test_the_limit_at_tesla_stops_everything_and_is_told() -> None:
    it = bench()
    it.put(at(1), "simTesla.charge", {"power": 7400})
    trouble(it, 5, "limit")
    order(it, 5, "stop")
    it.run(at(60))

    assert calls(it, 5) == ["12:05:00 charge_stop"]
    assert told(it)[0] == "the account's spending limit at Tesla is reached"


def evening(planned: int = 60) -> Bench:
    """Power is dear, and at 12:06 the cable goes in; the charge begins with it, and Octopus plans some time later."""
    it = bench()
    night = {"start": "2026-11-20T23:00:00Z", "end": "2026-11-21T01:00:00Z"}
    it.put(NOON, "simTesla.cable", {"plugged": False})
    it.put(NOON, "plugGuard.rate", {"until": "2026-11-20T18:00:00Z", "house": 27, "car": 27, "band": "standard"})
    it.put(at(6), "simTesla.cable", {"plugged": True, "power": 7400})
    for minute in range(60):
        it.put(at(minute), "plugGuard.plan", {"device": "d", "dispatches": [night] if minute >= planned else []})
        it.put(at(minute), "teslaState.poll", None)
    return it


def done(bench: Bench) -> list[str]:
    return [f"{d.at:%H:%M:%S} {d.do} {d.owner}" for d in bench.bodies("teslaCommand.done")]


def test_without_a_plan_the_charge_at_plug_in_is_stopped_for_15_minutes_and_started_again() -> None:
    it = evening().run(at(50))

    assert done(it) == ["12:08:08 stop plugGuard", "12:23:08 start plugGuard"]
    assert [t.why for t in it.bodies("plugGuard.told")] == [
        "plugged in, and Octopus has not planned yet: the charge is stopped until 12:23 UTC at most",
        "no plan came within 15 minutes: the car is started again, once",
    ]
    assert told(it) == []
    assert it.faults == []


def test_with_a_plan_the_car_is_left_to_octopus() -> None:
    it = evening(planned=12).run(at(59))

    assert done(it) == ["12:08:08 stop plugGuard"]
    assert it.bodies("plugGuard.told")[-1].why == "Octopus has planned: the car waits for its dispatch"


def test_a_person_who_starts_the_car_again_is_not_fought() -> None:
    it = evening()
    order(it, 15, "start", owner="me")
    it.run(at(59))

    assert done(it) == ["12:08:08 stop plugGuard", "12:15:08 start me"]
    assert it.bodies("plugGuard.told")[-1].why == "me said start: the rest is theirs"


@pytest.mark.parametrize("source", ["plugGuard.stop", "teslaCommand.taken", "teslaWake.awake", "teslaCommand.done"])
def test_no_edge_leads_from_anything_that_may_be_a_stop_to_a_wake(source: str) -> None:
    text = FILE.read_text().replace("\nends:", f"\n  - {{from: {source}, to: teslaWake.need, every: 1h}}\nends:")
    with pytest.raises(FlowError) as refused:
        load_text(text, env=ENV)

    carries = "CarDone" if source.endswith("done") else "CarCommand"
    assert [r.text for r in refused.value.reasons] == [f"{source} carries {carries}, teslaWake.need takes Needed"]


def test_nor_does_a_message_from_outside_get_by_with_a_stop() -> None:
    it = asleep()
    it.put(at(60), "teslaWake.need", {"do": "stop"})
    it.run(at(61))

    assert it.bodies("teslaWake.woken") == []
    assert [node for _, node, _ in it.faults] == ["teslaWake"]


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
