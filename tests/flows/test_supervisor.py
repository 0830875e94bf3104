"""The supervisor, as a person meets it: real processes, a real broker, and the fault injected for real."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from begun import begun
from supervised import FLOW, Supervised, gone, watch

from wattwire.broker.private import start

pytestmark = pytest.mark.broker

KINDS = [pytest.param("mosquitto", marks=pytest.mark.mosquitto), "embedded"]

Runs = Callable[..., Supervised]
LATEST = 8  # seconds: five are promised, and a busy machine may take its time over the last steps


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with begun(tmp_path) as run:
        yield run


@pytest.mark.parametrize("kind", KINDS)
def test_all_nodes_become_ready_and_ctrl_c_ends_everything_within_5_s(runs: Runs, kind: str) -> None:
    run = runs(FLOW, "--prefer", kind).ready()
    for node in ("first", "second", "shown", "edges"):
        run.status(node, "ready")
    family = watch(run.family())
    began = monotonic()
    run.signal(signal.SIGINT)

    assert run.end() == 0
    assert monotonic() - began < LATEST
    assert gone(family, 5.0) == []
    assert not (run.state / "moods" / "broker.json").exists()


def test_a_node_may_be_called_run(runs: Runs) -> None:
    run = runs(FLOW.replace("second", "run"), "--prefer", "embedded").ready()

    assert run.said("ready: ").endswith("ready: edges, first, run, shown")


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_supervisor_leaves_nothing_behind(runs: Runs, kind: str) -> None:
    run = runs(FLOW, "--prefer", kind).ready()
    family = run.family()
    handles = watch(family)
    run.signal(signal.SIGKILL)

    assert {"first", "second", "shown", "edges", "wattwire-forks"} <= set(family.values())
    assert gone(handles, 10.0) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_node_is_started_again_and_the_others_do_not_notice(runs: Runs, kind: str) -> None:
    run = runs(FLOW, "--prefer", kind).ready()
    second = run.status("second", "ready")["pid"]
    os.kill(run.status("first", "ready")["pid"], signal.SIGKILL)
    run.status("first", "ready", restarts=1)
    run.give("first.body", "hello")

    run.until(lambda: "second/passed" in run.heard)
    assert run.heard["second/passed"]["body"] == "hello"
    assert run.status("second", "ready", restarts=0)["pid"] == second
    assert run.said("first: killed by SIGKILL; starts again in 0.1 s")


def test_a_crash_loop_is_visible_and_the_others_run(runs: Runs) -> None:
    run = runs(FLOW.replace("second: {type: moody}", "second: {type: moody, config: {broken: true}}")).ready()
    told = run.status("second", "crashed", restarts=4)
    run.until(lambda: "again and again" in run.heard["second/$status"]["text"])

    assert (told["fill"], told["pid"]) == ("red", None)
    assert run.status("first", "ready")["restarts"] == 0
    health = run.ask("health")
    assert (health["status"], health["transaction"]) == ("ok", 7)
    assert (health["data"]["healthy"], health["data"]["nodes"]["second"]["state"]) == (False, "crashed")


def test_a_node_that_hangs_is_killed_and_started_again(runs: Runs) -> None:
    run = runs(FLOW, "--hang", "4").ready()  # longer than a busy machine may hold up one that is well
    run.give("second.body", "hang")

    assert run.said("second: hangs: no sign of life for 4 s; it is killed")
    run.status("second", "ready", restarts=3, seconds=60)  # three times is enough
    run.until(lambda: run.heard["second/$status"]["text"] == "set an input of body aside: the process died of it")
    assert run.status("first", "ready")["restarts"] == 0


def test_a_dead_fork_server_costs_a_restart_and_no_more(runs: Runs) -> None:
    run = runs().ready()
    run.status("first", "ready")
    os.kill(run.pid("wattwire-forks"), signal.SIGKILL)

    for node in ("first", "second", "shown", "edges"):
        run.status(node, "ready", restarts=1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_dead_broker_is_started_again_and_messages_flow_again(runs: Runs, kind: str) -> None:
    run = runs(FLOW, "--prefer", kind).ready()
    first, number = run.status("first", "ready")["pid"], run.link.number
    os.kill(run.pid("mosquitto" if kind == "mosquitto" else "python"), signal.SIGKILL)
    run.said("died; starts again")
    run.said("broker: back again")
    run.heard.clear()
    run.until(lambda: run.link.number > number and run.link.up)
    run.status("first", "ready")
    run.status("second", "ready")
    run.insist("first.body", "hello again", lambda: (run.heard.get("second/passed") or {}).get("body") == "hello again")
    assert run.status("first", "ready", restarts=0)["pid"] == first


def test_a_node_over_its_memory_fails_alone(runs: Runs) -> None:
    run = runs(FLOW.replace("second: {type: moody}", "second: {type: moody, memory: 100MB}")).ready()
    run.give("second.body", "memory")

    assert run.said("second: crashed: MemoryError")
    run.status("second", "ready", restarts=3)
    assert run.status("first", "ready")["restarts"] == 0


def test_a_node_with_an_interpreter_of_its_own_runs_like_the_others(runs: Runs) -> None:
    run = runs(FLOW.replace("second: {type: moody}", "second: {type: moody, isolation: spawn}")).ready()
    run.give("first.body", "hello")
    run.until(lambda: "second/passed" in run.heard)
    family = watch(run.family())
    run.signal(signal.SIGKILL)

    assert gone(family, 10.0) == []


def test_requests_restart_pause_send_and_refuse_with_a_list(runs: Runs) -> None:
    run = runs().ready()
    before = run.status("first", "ready")["pid"]

    assert run.ask("restart", node="first")["status"] == "ok"
    assert run.status("first", "ready", restarts=1)["pid"] != before
    assert run.ask("send", to="first.body", body="by hand")["data"] == {"to": "first.body"}
    run.until(lambda: "second/passed" in run.heard)
    assert run.ask("pause", on=True)["data"] == {"on": True}
    assert run.ask("send", to="first.bodi", body=1)["error"] == (
        "no in port 'first.bodi'; there are first.body, second.body, shown.body"
    )
    assert run.ask("again", node="first", number=True)["error"] == (
        "again wants a node that runs here, and the number of an input or null for all"
    )
    assert run.ask("dance")["error"] == "no verb 'dance'; there are again, deploy, health, pause, restart, send"


def test_deploy_restarts_only_what_differs_and_clears_what_is_gone(runs: Runs) -> None:
    run = runs().ready()
    first = run.status("first", "ready")["pid"]
    run.status("shown", "ready")
    changed = FLOW.replace("  shown:  {type: debug}\n", "").replace(
        "  - {from: second.passed, to: shown.body, after: 10ms}\n", ""
    )
    run.file.write_text(
        changed.replace("second: {type: moody}", "second: {type: moody, config: {word: new}}")
        + "ends: [second.passed]\n"
    )
    told = run.ask("deploy")

    assert told["data"] == {"revision": told["data"]["revision"], "gone": ["edges", "shown"], "changed": ["second"],
                            "new": []}  # fmt: skip
    run.until(lambda: run.heard["shown/$status"] is None)
    run.until(lambda: set(run.heard["$flow"]["nodes"]) == {"first", "second"})
    run.give("first.body", "hello")
    run.until(lambda: (run.heard.get("second/passed") or {}).get("body") == "new")
    assert run.status("first", "ready", restarts=0)["pid"] == first
    run.signal()
    assert run.end() == 0
    assert not [line for line in run.lines if "first: broker" in line]  # its connection was left alone


def test_a_second_supervisor_of_the_same_state_stands_by_and_takes_over(runs: Runs) -> None:
    first = runs().ready()
    second = runs()
    second.said(f"process {first.process.pid} runs moods here; standing by")
    first.signal()

    assert first.end() == 0
    second.ready().status("first", "ready")


def test_a_second_supervisor_elsewhere_stands_by_until_the_first_is_dead(runs: Runs, tmp_path: Path) -> None:
    with start(tmp_path / "broker", port=0) as broker:
        first = runs(FLOW, "--broker", broker.url).ready()
        second = runs(FLOW, "--broker", broker.url, folder="b")
        second.said("first: is run by .* standing by")
        second.said("edges: is run by .* standing by")
        before = first.status("first", "ready")["pid"]
        first.signal(signal.SIGKILL)
        second.said("ready: edges, first, second, shown")

        assert second.ready().status("first", "ready")["pid"] != before


def test_two_supervisors_share_a_flow_by_node(runs: Runs) -> None:
    first = runs(FLOW, "--only", "first,edges").ready()
    second = runs(FLOW, "--only", "second,shown").ready()
    first.give("first.body", "hello")
    first.until(lambda: "second/passed" in first.heard)

    assert second.said("broker: the one that process")
    assert set(second.family().values()) >= {"second", "shown"}
    assert "second" not in first.family().values()
