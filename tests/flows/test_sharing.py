"""`host: shared`: nodes of a flow in one process. One with a bug ends alone; what stops the process stops all."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from supervised import FLOW, gone, watch
from watched import Watched

from wattwire.flows.engine.setup import LONG, TURN
from wattwire.flows.engine.sharing import Shared

pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,
]

ALL = ("edges", "first", "second", "shown")
SHARED = FLOW.replace("flow: moods", "flow: moods\nhost: shared")
SPENDING = """
flow: spending
host: shared
nodes:
  one:   {type: probe, config: {url: "http://127.0.0.1:9/", most: 4, per: 1h}}
  other: {type: probe, config: {url: "http://127.0.0.1:9/", most: 4, per: 1h}}
  shown: {type: debug}
edges:
  - {from: one.failed,   to: shown.body}
  - {from: other.failed, to: shown.body}
ends: [one.fine, other.fine]
"""
PALETTE = str(Path(__file__).parent / "palette")
APART = FLOW.replace("type: moody}", "type: moody, host: shared}")

Runs = Callable[..., Watched]


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    made: list[Watched] = []

    def run(flow: str = SHARED, *options: str) -> Watched:
        made.append(Watched(tmp_path, flow, "--prefer", "mosquitto", *options))
        return made[-1].early().ready()

    yield run
    for it in made:
        it.close()


def pids(run: Watched, *names: str) -> set[int]:
    return {run.status(name, "ready")["pid"] for name in names}


def restarts(run: Watched) -> dict[str, int]:
    return {name: run.status(name, "ready")["restarts"] for name in ALL}


def passes(run: Watched, word: str) -> None:
    run.give("first.body", word)
    run.until(lambda: (run.heard.get("second/passed") or {}).get("body") == word)


def numbers(run: Watched, node: str) -> str:
    """Of a node; asked again if a busy machine kept it from answering."""
    told = ""

    def answers() -> bool:
        nonlocal told
        told = run.admin(f"/metrics/moods/{node}")
        return "does not answer" not in told

    run.until(answers)
    return told


def test_all_nodes_of_a_flow_that_says_so_run_in_one_process(runs: Runs) -> None:
    run = runs()
    passes(run, "hello")

    assert pids(run, *ALL) == {run.pid("shared")}
    assert sorted(run.family().values()) == ["mosquitto", "shared", "wattwire-forks"]
    assert run.ask("health")["data"]["healthy"]


def test_only_those_nodes_share_that_say_so(runs: Runs) -> None:
    run = runs(APART)
    passes(run, "hello")

    assert pids(run, "first", "second") == {run.pid("shared")}
    assert len(pids(run, *ALL)) == 3


def test_told_to_share_a_run_leaves_alone_who_needs_a_process_of_its_own(runs: Runs) -> None:
    flow = FLOW.replace("second: {type: moody}", "second: {type: moody, memory: 200MB}")
    run = runs(flow.replace("{type: debug}", "{type: debug, isolation: spawn}"), "--shared")
    passes(run, "hello")

    assert pids(run, "first") == {run.pid("shared")}
    assert len(pids(run, *ALL)) == 4  # the edges, too: not every node shares


def test_a_node_with_a_bug_ends_alone_and_its_input_is_set_aside_after_three_tries(runs: Runs) -> None:
    run = runs()
    before = pids(run, *ALL)
    run.give("second.body", "crash")
    run.said("second: crashed: RuntimeError")
    run.status("second", "ready", restarts=3)
    told = run.came("second.crashed")
    passes(run, "hello")

    assert restarts(run) == {"edges": 0, "first": 0, "second": 3, "shown": 0}
    assert pids(run, *ALL) == before
    assert told[0]["body"]["why"].startswith("RuntimeError")
    assert run.heard["second/$status"]["text"].startswith("set an input of body aside: RuntimeError")


def test_killed_the_process_is_started_again_with_all_of_them(runs: Runs) -> None:
    run = runs()
    os.kill(run.pid("shared"), signal.SIGKILL)
    for name in ALL:
        run.status(name, "ready", restarts=1)
    passes(run, "hello")

    assert len(pids(run, *ALL)) == 1


def test_a_run_of_one_flow_that_is_told_to_share_needs_no_fork_server(runs: Runs) -> None:
    run = runs(FLOW, "--shared")
    passes(run, "hello")
    alone = sorted(run.family().values())
    os.kill(run.pid("shared"), signal.SIGKILL)
    for name in ALL:
        run.status(name, "ready", restarts=1)
    passes(run, "hello again")
    family = watch(run.family())
    run.signal(signal.SIGKILL)

    assert alone == ["mosquitto", "shared"]
    assert gone(family, 5) == []


def test_a_hang_is_said_once_with_whose_turn_it_was_and_its_input_set_aside_after_three_tries(runs: Runs) -> None:
    run = runs(SHARED, "--hang", "4")  # longer than a busy machine may hold up one that is well
    run.give("second.body", "hang")
    run.until(lambda: "set an input of body aside" in run.heard["second/$status"]["text"], 60)
    passes(run, "hello")
    again = restarts(run)
    run.signal()

    assert (run.end(), again) == (0, dict.fromkeys(ALL, 3))
    hangs = [line for line in run.lines if "hangs" in line and "as it was told" not in line]
    assert len(hangs) == 3
    assert all("hangs in the process that it shares, where second has its turn: no sign" in line for line in hangs)


def test_what_its_nodes_spend_is_counted_for_all_whoever_looks_meanwhile_and_over_a_kill(runs: Runs) -> None:
    run = runs(SPENDING, "--nodes", PALETTE)
    ask = ["one", "other", "one", "other", "one", "other"]
    for turn, node in enumerate(ask):
        run.give(f"{node}.poll", None)
        run.came(f"{node}.failed", turn // 2 + 1)
        seen = 'wattwire_budget_used{budget="page",flow="",per="1h"} 4.0' in run.admin("/metrics")
    os.kill(run.pid("shared"), signal.SIGKILL)
    run.status("one", "ready", restarts=1)
    run.give("one.poll", None)
    after = run.came("one.failed", 4)[-1]["body"]["why"]
    spent = [["spent" in it["why"] for it in run.bodies(f"{node}.failed")] for node in ("one", "other")]

    assert spent == [[False, False, True, True], [False, False, True]]
    assert after == "the budget of 4 in an hour on page is spent"
    assert seen


def test_between_two_turns_it_is_nobody_s(tmp_path: Path) -> None:
    (tmp_path / TURN).write_bytes(b"\0tubborn" + bytes(LONG - 8))

    assert Shared(tmp_path).whose() == ""


def test_ctrl_c_stops_all_in_good_order(runs: Runs) -> None:
    def killed(time: int) -> bool:
        run = runs()
        passes(run, f"hello {time}")
        family, began = watch(run.family()), monotonic()
        run.signal()

        assert run.end() == 0
        assert monotonic() - began < 8  # five are promised; a busy machine may take its time over the last steps
        assert gone(family, 5.0) == []
        assert not [line for line in run.lines if "starts again" in line]
        return any("killed, as" in line for line in run.lines)

    assert not all(killed(time) for time in range(3))  # a busy machine may hold a node up, but not each time


def test_started_again_in_the_same_process_a_node_leaves_nothing_open_there(runs: Runs) -> None:
    flow = SHARED.replace("  shown:", "  sim: {type: simTesla}\n  shown:")
    run = runs(flow)
    pid = run.pid("shared")

    def opened() -> tuple[int, int]:
        return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))

    def again(number: int) -> tuple[int, int]:
        for node in ("sim", "second"):
            run.ask("restart", node=node)
            run.status(node, "ready", number)
        return opened()

    first = again(1)
    for number in range(2, 7):
        again(number)

    run.until(lambda: all(now <= then for now, then in zip(opened(), first, strict=True)))  # the last may be hanging up
    assert pids(run, *ALL, "sim") == {pid}


def test_each_node_stays_a_target_of_its_own_for_prometheus(runs: Runs) -> None:
    run = runs()
    passes(run, "hello")

    assert 'wattwire_messages_out_total{port="passed"} 1.0' in numbers(run, "second")
    assert 'wattwire_node_up{flow="moods",node="second"} 1.0' in run.admin("/metrics")
    assert run.admin("/sd").count('"node"') == 5


def test_deployed_out_of_the_shared_process_a_node_has_one_of_its_own(runs: Runs) -> None:
    run = runs()
    before = pids(run, "first", "edges")
    run.file.write_text(SHARED.replace("second: {type: moody}", "second: {type: moody, isolation: fork}"))
    told = run.ask("deploy")
    run.until(lambda: {run.status("second", "ready")["pid"]} != before)
    passes(run, "hello")

    assert told["data"]["changed"] == ["second"]
    assert pids(run, "first", "edges") == before
    assert pids(run, "second") == {run.pid("second")}
