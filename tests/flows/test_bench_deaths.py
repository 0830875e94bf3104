"""The bench without its broker, with nodes that die, and with nodes that go wrong."""

from datetime import timedelta
from typing import Any

import pytest
from retrying import NOON, after, flow, retrying

from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Emit

# The broker is away


def test_while_the_broker_is_away_nothing_arrives_and_nothing_is_lost() -> None:
    bench = retrying()
    bench.do(after(0.5), lambda: bench.broker(False))
    bench.do(after(15), lambda: bench.broker(True))
    bench.run(after(15))

    assert bench.times("clock.tick") == ["12:01:00", "12:11:00"]
    assert bench.times("fetch.failed") == ["12:15:00", "12:15:00"]


def test_a_waiting_message_comes_due_while_the_broker_is_away_and_arrives_when_it_is_back() -> None:
    bench = retrying()
    bench.do(after(1) + timedelta(seconds=5), lambda: bench.broker(False))
    bench.do(after(5), lambda: bench.broker(True))
    bench.run(after(6))

    assert bench.times("fetch.failed") == ["12:01:00", "12:05:00", "12:05:10", "12:05:20"]


def test_a_script_s_message_waits_for_the_broker_too() -> None:
    bench = retrying()
    bench.do(NOON, lambda: bench.broker(False))
    bench.put(after(0.25), "fetch.poll", None)
    bench.do(after(0.5), lambda: bench.broker(True))
    bench.run(after(0.5))

    assert bench.times("fetch.failed") == ["12:00:30"]


# Crashes


def test_a_killed_clock_ticks_on_and_not_twice() -> None:
    bench = retrying()
    for minute in (1, 5, 11):
        bench.do(after(minute), lambda: bench.crash("clock"))
    bench.run(after(25))

    assert bench.times("clock.tick") == ["12:01:00", "12:11:00", "12:21:00"]


def test_a_retry_survives_the_death_of_its_node_and_of_the_edges() -> None:
    bench = retrying("1m")
    bench.do(after(1.5), lambda: bench.crash("edges"))
    bench.do(after(1.6), lambda: bench.crash("fetch"))
    bench.run(after(5))

    assert bench.times("fetch.failed") == ["12:01:00", "12:02:00", "12:03:00", "12:04:00"]
    assert bench.times("alarm.said") == ["12:04:00"]


def test_an_edge_that_waits_wakes_after_the_edges_died_even_if_nothing_new_comes() -> None:
    bench = retrying("1m")
    bench.do(after(1.5), lambda: bench.crash("edges"))
    bench.run(after(2))

    assert bench.times("fetch.failed")[-1] == "12:02:00"


def test_the_ids_of_a_node_s_second_life_are_not_those_of_its_first() -> None:
    bench = Bench(flow("flow: f\nnodes: {a: {type: inject}}\nends: [a.out]"), NOON)
    bench.do(after(1), lambda: bench.crash("a"))
    bench.run(after(2))

    ids = [seen.message.id for seen in bench.seen if seen.message]
    assert len(ids) == len(set(ids)) == 2


def test_a_bug_is_told_on_crashed_and_the_node_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any, **more: Any) -> None:
        raise KeyError("the-secret")

    bench = retrying()
    whole = bench.flow.nodes["fetch"].type
    monkeypatch.setattr(whole, "run", broken)
    bench.run(after(1))
    monkeypatch.undo()
    bench.run(after(11))

    [crashed] = bench.bodies("fetch.crashed")
    assert crashed.why.startswith("KeyError at ")
    assert bench.times("alarm.said")[0] == "12:01:00"
    assert bench.times("fetch.failed")[0] == "12:11:00"
    assert [node for _, node, _ in bench.faults] == ["fetch"]
    assert "the-secret" not in str(bench.faults)


def test_a_body_that_does_not_fit_is_set_aside_and_said() -> None:
    text = "flow: f\nnodes: {r: {type: rateResolver}}\nends: [r.cheap, r.standard, r.unsure]"
    bench = Bench(flow(text), NOON)
    bench.put(NOON, "r.tick", {"at": "soon"})
    bench.run(NOON)

    assert bench.faults == [(NOON, "r", "set aside: Tick.at: 'soon' is not a time: Invalid isoformat string: 'soon'")]


def test_what_a_node_changes_in_a_body_is_not_changed_for_who_sent_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(cfg: object, body: dict[str, int]) -> Emit:
        body["n"] += 1
        return Emit("yes", body)

    nodes = "{a: {type: switch, config: {field: n, above: 0}}, b: {type: switch, config: {field: n, above: 0}}}"
    ends = "[a.no, a.unknown, b.yes, b.no, b.unknown]"
    bench = Bench(flow(f"flow: f\nnodes: {nodes}\nedges: [{{from: a.yes, to: b.body}}]\nends: {ends}"), NOON)
    monkeypatch.setattr(bench.flow.nodes["a"].type, "run", counted)
    bench.put(NOON, "a.body", {"n": 0})
    bench.run(NOON)

    assert bench.bodies("a.yes") == [{"n": 1}]
    assert bench.bodies("b.yes") == [{"n": 2}]
