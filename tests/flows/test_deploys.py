"""A changed flow is put in the place of the running one, as a person meets it: real processes and a real broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest
from supervised import FLOW
from watched import Watched

from wattwire.broker.envelope import begin

pytestmark = pytest.mark.broker

Runs = Callable[..., Watched]


def request(run: Watched, verb: str, transaction: int, **asked: Any) -> None:
    """As `ask` does, without waiting for the response."""
    told = json.dumps({"transaction": transaction, **asked})
    assert run.link.publish(f"wattwire/{run.name}/$request/{verb}", told.encode())
    run.link.step(0)


def answered(run: Watched, verb: str, transaction: int) -> dict[str, Any]:
    run.until(lambda: (run.heard.get(f"$response/{verb}") or {}).get("transaction") == transaction)
    told = run.heard[f"$response/{verb}"]
    assert isinstance(told, dict)
    return told


def test_two_deploys_at_once_are_made_one_after_the_other(runs: Runs) -> None:
    run = runs(FLOW).ready()
    run.status("first", "ready")
    run.file.write_text(FLOW.replace("first:  {type: moody}", "first:  {type: moody, config: {word: new}}"))
    for transaction in (1, 2):
        request(run, "deploy", transaction)
    second = answered(run, "deploy", 2)["data"]
    run.status("first", "ready")
    health = run.ask("health")["data"]

    assert (second["gone"], second["changed"], second["new"]) == ([], [], [])
    assert (health["healthy"], health["paused"]) == (True, False)
    assert [name for name in run.family().values() if name == "first"] == ["first"]
    assert [line for line in run.lines if "crashed" in line] == []


def test_a_flow_that_is_paused_while_it_is_deployed_stays_paused(runs: Runs) -> None:
    run = runs(FLOW).ready()
    run.link.step(0)
    request(run, "deploy", 1)
    request(run, "pause", 2, on=True)
    answered(run, "deploy", 1)
    answered(run, "pause", 2)

    assert run.ask("health")["data"]["paused"] is True


def test_a_deploy_that_cannot_be_made_changes_nothing_and_can_be_made_again(runs: Runs) -> None:
    run = runs(FLOW).ready()
    before = run.status("first", "ready")["pid"]
    changed = FLOW.replace("first:  {type: moody}", "first:  {type: moody, config: {word: new}}")
    run.file.write_text(changed.replace("nodes:\n", "nodes:\n  third:  {type: debug}\n"))
    (run.state / "moods" / "third.lock").mkdir()  # in the place of its file
    told = run.ask("deploy")

    assert (told["status"], told["error"].partition(":")[0]) == ("error", "IsADirectoryError")
    assert run.ask("health")["data"]["nodes"].keys() == {"edges", "first", "second", "shown"}
    (run.state / "moods" / "third.lock").rmdir()
    assert run.ask("deploy")["data"]["new"] == ["third"]
    assert run.status("first", "ready")["pid"] != before
    run.status("third", "ready")


def test_a_deploy_that_fails_midway_leaves_no_node_stopped(runs: Runs) -> None:
    run = runs(FLOW).ready()
    before = run.status("first", "ready")["pid"]
    changed = FLOW.replace("first:  {type: moody}", "first:  {type: moody, config: {word: new}}")
    run.file.write_text(changed.replace("nodes:\n", "nodes:\n  third:  {type: debug}\n"))
    (run.state / "moods" / "third.epoch").mkdir()  # so that no seat is remembered
    told = run.ask("deploy")

    assert told["status"] == "error"
    run.status("third", "ready")
    assert run.status("first", "ready")["pid"] != before
    assert run.ask("health")["data"]["healthy"] is True


PLAIN = """
flow: moods
nodes:
  first:  {type: moody}
  second: {type: moody}
  third:  {type: moody}
edges:
  - {from: first.passed, to: second.body}
ends: [second.passed, third.passed]
"""
LIMITED = PLAIN.replace("second.body}", "second.body, times: 9, spent: third.body}")
OTHER = PLAIN.replace("ends:", "  - {from: first.crashed, to: third.body, times: 9, spent: third.body}\nends:")
BOTH = LIMITED.replace("ends:", "  - {from: first.crashed, to: third.body, times: 9, spent: third.body}\nends:")


@pytest.mark.parametrize(
    ("before", "after"),
    [(PLAIN, LIMITED), (OTHER, BOTH), (LIMITED, PLAIN), (BOTH, OTHER)],
    ids=["the first that is carried", "another is carried", "the last that was carried", "another is still carried"],
)
def test_what_goes_along_an_edge_while_it_changes_hands_is_not_lost(runs: Runs, before: str, after: str) -> None:
    run = runs(before).ready()
    run.status("second", "ready")
    run.file.write_text(after)
    run.until(lambda: run.link.up)
    request(run, "deploy", 1)
    sent, again, limit = 0, 0.0, monotonic() + 40
    while "$response/deploy" not in run.heard:
        assert monotonic() < limit
        if monotonic() >= again:
            sent, again = sent + 1, monotonic() + 0.003
            message = begin("first.passed", sent, datetime.now(UTC), f"m{sent}")
            assert run.link.publish("wattwire/moods/first/passed", message.dumps())
        run.link.step(0.003)
    last = begin("first.passed", "last", datetime.now(UTC), "last")
    run.link.publish("wattwire/moods/first/passed", last.dumps())
    run.until(lambda: (run.heard.get("second/passed") or {}).get("body") == "last")

    assert set(range(1, sent + 1)) - set(run.bodies("second.passed")) == set()


@pytest.mark.parametrize("running", [True, False], ids=["while it runs", "while it does not"])
def test_what_waited_is_handed_over_when_no_edge_waits_any_more_and_never_comes_again(
    runs: Runs, running: bool
) -> None:
    waits, waiting = PLAIN.replace("second.body}", "second.body, after: 1h}"), "$waiting/first.passed>second.body"
    run = runs(waits).ready()
    run.give("first.body", "hello")
    run.until(lambda: run.heard.get(waiting))
    if running:
        run.file.write_text(PLAIN)
        assert run.ask("deploy")["data"]["gone"] == ["edges"]
    else:
        run.signal()
        run.end()
        run = runs(PLAIN).early()
    run.until(lambda: "hello" in run.bodies("second.passed"))
    run.until(lambda: not run.heard.get(waiting))
    run.file.write_text(waits)

    assert run.ask("deploy")["data"]["new"] == ["edges"]
    run.status("edges", "ready")
    told = run.admin("/metrics/moods/edges")
    assert 'wattwire_edge_waiting{edge="first.passed>second.body",kind="delay"} 0.0' in told
    assert [row for row in told.splitlines() if "edge_followed_total{" in row and not row.endswith(" 0.0")] == []
    assert run.bodies("second.passed") == ["hello"]
