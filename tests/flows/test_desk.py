"""A node's desk when things go wrong around it: a full disk, a pause, a stop."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from numbered import Config, Number

from wattwire.broker.envelope import begin
from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.callers import Caller
from wattwire.flows.engine.desk import Desk
from wattwire.flows.engine.graph import FlowNode
from wattwire.flows.engine.inhand import InHand
from wattwire.flows.engine.inputs import Input, thin
from wattwire.flows.engine.meters import Meters
from wattwire.flows.engine.outbox import Outbox
from wattwire.flows.engine.routes import Route
from wattwire.flows.engine.seen import Seen
from wattwire.flows.engine.store import Full, Store
from wattwire.nodes import Dial, Due, Emit, Heard, Node, Port, Ports, Reply, Request, Say, Started, Stopping

T = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class State:
    n: int = 0


class Out(Ports):
    done: Port[Number]


class Odd(Ports):
    done: Port[object]


def write(cfg: Config, state: State, lease: Number | None, event: Started | Due | Stopping | None) -> Any:
    if isinstance(event, Stopping):
        return State(), [Say("gx", b"release")]
    return State(state.n + 1), [Say("gx", b"charge")]


def ask(cfg: Config, do: Number) -> Request:
    return Request(method="POST", url="http://here/")


def read(cfg: Config, reply: Reply) -> Emit:
    return Out.done(Number(1))


def slow(cfg: Config, body: Number) -> Emit:
    time.sleep(0.05)  # its work
    return Out.done(body)


def odd(cfg: Config, body: Number) -> Emit:
    return Odd.done("x" * 9_000_000 if body.n else math.nan)


WRITER = Node("writer", Config, Out, write, state=State, dial=lambda cfg: Dial(url="mqtt://flow"))
ASKER = Node("asker", Config, Out, ask, read, once=True)
SLOW = Node("slow", Config, Out, slow)


class FullStore(Store):
    full = False

    def commit(self, **kept: Any) -> None:
        if self.full:
            raise Full
        super().commit(**kept)

    def set_aside(self, at: str, port: str, payload: bytes, why: str) -> None:
        if self.full:
            raise Full
        super().set_aside(at, port, payload, why)


class Calls(Caller):
    def __init__(self) -> None:
        self.made: list[Request] = []

    def start(self, request: Request, done: Callable[[Reply], None]) -> None:
        self.made.append(request)


class Bench:
    def __init__(self, node: Node, folder: Path) -> None:
        self.acted: list[object] = []
        self.full: list[bool] = []
        self.hand = InHand(folder / "x.hand")
        self.store, self.calls = FullStore(folder / "x.db"), Calls()
        outbox = Outbox(lambda *_: None, lambda: 0.0, self.store)
        self.desk = Desk(Actor("f", FlowNode("it", node, Config())), outbox, self.store, self.hand, self.calls,
                         Meters(), post=lambda act: act(), act=self.acted.extend, full=self.full.append,
                         aside=lambda it, why: self.store.set_aside("", "", it.payload, why))  # fmt: skip

    def give(self, port: str, number: int) -> None:
        message = begin("a.b", {"n": number}, T, str(number))
        self.desk.push(Input(message, Route("a.b>it", port)))

    def payloads(self) -> list[object]:
        return [say.payload for say in self.acted if isinstance(say, Say)]


@pytest.mark.parametrize("why", ["paused", "the disk is full", "it waits for the broker"])
def test_a_node_s_last_word_is_said_whatever_else_waits(tmp_path: Path, why: str) -> None:
    bench = Bench(WRITER, tmp_path)

    bench.give("lease", 1)
    if why == "paused":
        bench.desk.quiet = True
        bench.desk.push(Input(event=Due("x")))
    if why == "the disk is full":
        bench.store.full = True
        bench.desk.work()
    bench.desk.stop()
    bench.store.full, bench.desk._again = False, 0.0
    bench.give("lease", 2)
    bench.desk.work()

    assert bench.payloads() == [b"release"]


def test_a_call_that_must_not_be_repeated_is_made_once_there_is_room_to_note_it(tmp_path: Path) -> None:
    bench = Bench(ASKER, tmp_path)

    bench.store.full = True
    bench.give("do", 1)
    bench.desk.work()
    before = len(bench.calls.made)
    bench.store.full, bench.desk._again = False, 0.0
    bench.desk.work()

    assert (before, len(bench.calls.made), bench.full) == (0, 1, [True, False])
    assert (bench.store.was_asking() or "").endswith("|a.b>it|do")


def test_on_a_full_disk_what_no_call_can_digest_waits_as_well(tmp_path: Path) -> None:
    bench = Bench(ASKER, tmp_path)

    bench.store.full = True
    bench.desk.push(Input(begin("a.b", "no number", T, "1"), Route("a.b>it", "do"), payload=b"x"))
    bench.desk.work()
    bench.store.full, bench.desk._again = False, 0.0
    bench.desk.work()

    assert [(payload, why) for _, _, _, payload, why in bench.store.aside()] == [(b"x", "'no number' is not a Number")]


def test_a_long_queue_does_not_keep_the_node_from_its_heartbeat(tmp_path: Path) -> None:
    bench = Bench(SLOW, tmp_path)

    for n in range(100):
        bench.give("body", n)
    bench.desk.work()

    assert 1 <= 100 - len(bench.desk.queue) <= 20


def test_who_is_told_to_stop_during_a_call_has_not_failed(tmp_path: Path) -> None:
    for _ in range(5):
        bench = Bench(ASKER, tmp_path)
        bench.give("do", 1)
        bench.desk.work()
        bench.desk.leave()
        bench.store.commit(asking="")
        bench.store.close()

    assert bench.store is not None
    assert InHand(tmp_path / "x.hand").take("x") == 1
    assert len(bench.calls.made) == 1


@pytest.mark.parametrize("ends", [Desk.leave, Desk.tidy], ids=["told to stop", "killed after its next heartbeat"])
def test_what_went_well_counts_no_try_when_the_same_comes_after_another_start(
    tmp_path: Path, ends: Callable[[Desk], None]
) -> None:
    """A node without a memory is triggered again by what is retained: at the fourth start it was set aside."""
    bench = Bench(SLOW, tmp_path)
    bench.give("body", 1)
    (it,) = bench.desk.queue
    bench.desk.work()
    ends(bench.desk)

    assert it.taken
    assert InHand(tmp_path / "x.hand").take(it.key) == 1


def test_of_very_many_inputs_that_were_set_aside_the_newest_are_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "x.db")

    for n in range(1010):
        store.set_aside("", "", b"", str(n))

    assert (len(store.aside()), store.aside()[0][4]) == (1000, "10")


@pytest.mark.parametrize("number", [0, 1], ids=["no number", "too large"])
def test_what_no_broker_would_take_is_the_node_s_bug_and_not_kept(tmp_path: Path, number: int) -> None:
    bench = Bench(Node("odd", Config, Odd, odd), tmp_path)

    bench.give("body", number)
    with pytest.raises(ValueError, match=r"too large|Out of range"):
        bench.desk.work()

    assert bench.store.owed() == []
    assert bench.hand.why.startswith("ValueError at ")


def test_in_a_burst_no_repetition_is_taken_for_new() -> None:
    seen = Seen()

    for n in range(50_000):
        seen.add(str(n))

    assert "0" in seen


def test_nor_after_the_process_was_killed_in_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "node.db")
    for n in range(25_000):
        store.commit(key=str(n))
    store.close()
    seen = Seen(Store(tmp_path / "node.db").seen())

    assert "0" in seen


def test_what_is_heard_while_nobody_listens_takes_the_place_of_what_was_heard_there_before() -> None:
    queue = deque(Input(event=Heard(f"t{n % 50}", b"%d" % n)) for n in range(5000))

    thin(queue, Heard("t7", b"new"))

    assert len(queue) == 4999
    assert b"7" not in [it.event.payload for it in queue if isinstance(it.event, Heard)]
