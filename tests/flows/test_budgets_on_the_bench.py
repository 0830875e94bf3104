"""Budgets in made-up time: one count for the whole flow, which a crash does not touch."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.script import play, read
from wattwire.nodes import Reply

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FLOW = load_text(
    """flow: f
nodes:
  clock: {type: clock, config: {every: 10s}}
  one: {type: probe, config: {most: 4}}
  other: {type: probe, config: {most: 6}}
  alone: {type: probe, config: {budget: mine, most: 1, per: 1h}}
edges:
  - {from: clock.tick, to: one.poll}
  - {from: one.failed, to: other.poll}
ends: [one.fine, other.fine, other.failed, alone.fine, alone.failed]
""",
    env={},
    nodes_dirs=[Path(__file__).parent / "palette"],
)


def bench(**more: Any) -> Bench:
    return Bench(FLOW, NOON, world=lambda node, request, now: Reply(200), **more)


def asked(it: Bench, node: str) -> list[str]:
    return [f"{seen.at:%H:%M:%S}" for seen in it.requests(node)]


def test_nodes_that_name_one_budget_share_it_and_the_greedy_leaves_some_to_the_other() -> None:
    it = bench().run(NOON + timedelta(seconds=50))

    assert asked(it, "one") == ["12:00:00", "12:00:10", "12:00:20", "12:00:30"]
    assert asked(it, "other") == ["12:00:40", "12:00:50"]
    assert it.bodies("one.failed")[0].why == "the budget of 4 in a minute on page is spent"
    assert it.bodies("one.failed")[0].retry_after == 20


def test_it_slides_with_the_made_up_time() -> None:
    it = bench()
    for second in (0, 1, 3599, 3600, 3601, 7200):
        it.put(NOON + timedelta(seconds=second), "alone.poll", None)

    assert asked(it.run(NOON + timedelta(hours=3)), "alone") == ["12:00:00", "13:00:00", "14:00:00"]
    assert [fault.retry_after for fault in it.bodies("alone.failed")] == [3599, 1, 3599]


def test_a_crash_gives_nothing_back() -> None:
    it = bench()
    it.put(NOON, "alone.poll", None)
    it.do(NOON + timedelta(seconds=1), lambda: it.crash("alone"))
    it.put(NOON + timedelta(seconds=2), "alone.poll", None)
    it.put(NOON + timedelta(hours=1), "alone.poll", None)
    it.run(NOON + timedelta(hours=1))

    assert asked(it, "alone") == ["12:00:00", "13:00:00"]
    assert [fault.retry_after for fault in it.bodies("alone.failed")] == [3598]


def test_a_trial_shows_the_calls_that_are_made_and_no_others() -> None:
    script = [json.dumps({"at": f"2026-11-20T12:00:{s:02}Z", "to": "alone.poll", "body": None}) for s in (1, 2)]
    lines: list[str] = []
    play(FLOW, read(script, FLOW), NOON, NOON + timedelta(seconds=5), lines.append)
    told = [json.loads(line) for line in lines]

    assert [it["at"] for it in told if it.get("request", {}).get("node") == "alone"] == ["2026-11-20T12:00:01Z"]
    assert [it["body"]["why"] for it in told if it.get("from") == "alone.failed"] == [
        "no network",
        "the budget of 1 in an hour on mine is spent",
    ]
