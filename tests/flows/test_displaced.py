"""A node that another supervisor took over while its own did not look: it leaves the broker to that one's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from wattwire.broker.link import Link
from wattwire.flows.engine.bus import Bus
from wattwire.flows.engine.flowrun import FlowRun
from wattwire.flows.engine.launcher import Launcher
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.means import Means
from wattwire.flows.engine.meeting import HERE
from wattwire.flows.engine.options import Options
from wattwire.flows.engine.outer import Outer
from wattwire.flows.engine.ownership import Claim
from wattwire.flows.engine.permit import Permit
from wattwire.nodes import Dial, Event, Linked

FLOW = load_text("flow: moods\nnodes: {first: {type: debug}, second: {type: debug}}\n")
PRESENCE = "wattwire/moods/$supervisor/there"
CLAIM = Claim("there", 5, host="there", pid=1, boot="of another machine", presence=PRESENCE)
OWNER = "wattwire/moods/first/$owner"


class Broker:
    """What a supervisor's bus says to it, and is told; `late` is what it has for us before we ask."""

    def __init__(self) -> None:
        self.up, self.said = asyncio.Event(), list[tuple[str, bytes]]()
        self.late: Callable[[], None] = lambda: None
        self.up.set()

    def publish(self, topic: str, payload: bytes, **_: object) -> None:
        self.said.append((topic, payload))

    async def settled(self, _: str) -> bool:
        await asyncio.sleep(0)
        self.late()
        return True


class Process:
    pid, where, dying = 7, "", False

    def __init__(self) -> None:
        self.told = list[dict[str, Any]]()

    def send(self, message: dict[str, Any]) -> None:
        self.told.append(message)

    def words(self) -> list[str]:
        return [key for message in self.told for key in message]


class Run:
    """A flow of two nodes that run here, until the broker was lost for a while."""

    def __init__(self, folder: Path) -> None:
        self.broker, self.later = Broker(), list[asyncio.Future[None]]()
        me = Claim("me", 0, host="here", pid=7, boot="of this machine")
        means = Means(Options(root=folder), cast(Launcher, SimpleNamespace()), cast(Bus, self.broker), "mqtt://x", me,
                      lambda *_: None, lambda: None, lambda: None,
                      lambda work: self.later.append(asyncio.ensure_future(work)))  # fmt: skip
        self.flow = FlowRun(FLOW, means)
        self.processes = {name: Process() for name in self.flow.minders}
        for name, minder in self.flow.minders.items():
            self.flow.holding.claims.heard(name, self.flow.holding.claims.next(name).dumps())
            self.flow.owned.add(name)
            cast(Any, minder).process, minder.seated = self.processes[name], True

    def taken_over(self) -> None:
        """The claim of the other one, as the broker tells it to us."""
        self.flow.holding.claims.presence(PRESENCE, HERE)
        self.flow._heard(OWNER, CLAIM.dumps(), True)

    async def parted(self, *names: str) -> None:
        for name in names:
            self.flow.minders[name]._heard({"parted": "the broker closed the connection"})
        await asyncio.gather(*self.later)

    async def back(self) -> None:
        self.flow.down()
        self.flow.up()
        assert self.flow._recovery
        await self.flow._recovery


def test_when_the_broker_is_back_nobody_may_publish_whom_another_supervisor_took_over(tmp_path: Path) -> None:
    async def run() -> tuple[Run, list[str], list[str]]:
        it = Run(tmp_path)
        it.broker.late = it.taken_over
        await it.back()
        return it, it.processes["first"].words(), it.processes["second"].words()

    it, first, second = asyncio.run(run())

    assert [word for word in first if word in ("go", "rejoin")] == ["rejoin"]
    assert it.processes["first"].told[0] == {"rejoin": False}
    assert [m for m in it.processes["second"].told if "rejoin" in m] == [{"rejoin": False}, {"rejoin": True}]
    assert second[-1] == "go"
    assert [topic for topic, _ in it.broker.said if topic == OWNER] == []  # nor is it claimed against the other one


def test_a_node_that_was_thrown_off_may_come_back_if_nobody_took_it_over(tmp_path: Path) -> None:
    async def run() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        it = Run(tmp_path)
        it.broker.late = it.taken_over
        await it.parted("first", "second")
        return it.processes["first"].told, it.processes["second"].told

    first, second = asyncio.run(run())

    assert {"rejoin": True} not in first
    assert second == [{"rejoin": True}]


def test_while_we_are_cut_off_ourselves_nobody_is_told_to_come_back(tmp_path: Path) -> None:
    async def run() -> list[dict[str, Any]]:
        it = Run(tmp_path)
        it.broker.late = it.flow.down
        await it.parted("second")
        it.broker.up.clear()
        await it.parted("second")
        return it.processes["second"].told

    assert asyncio.run(run()) == [{"rejoin": False}]


def test_a_node_connects_anew_only_with_its_supervisors_word() -> None:
    told, done = list[dict[str, Any]](), list[str]()
    link = SimpleNamespace(connect=lambda: done.append("connect"), wake=lambda: done.append("wake"))
    it = Permit(told.append, cast(Link, link))
    tries = [it.until("nobody answers", False)]
    it.connected()
    tries.append(it.until("closed", True))
    it.heard(None)
    it.heard(False)

    assert [at is None for at in tries] == [False, True]
    assert (told, done) == ([{"parted": "closed"}], [])
    it.heard(True)
    assert (done, it.until("nobody answers", False) is None) == (["connect", "wake"], False)


def test_a_link_that_waits_for_a_word_is_not_tried_and_then_after_its_pause() -> None:
    link = Link("unix:///no/such/socket", "x", on_up=lambda _: None, on_down=lambda _: None, on_message=lambda _: None)
    link.pause = permit = Permit(lambda _: None, link)
    permit.given = False
    link.connect()
    link.step(0)
    tried, pause = link.why, permit.due
    for _ in range(3):
        link.step(0)
    waits = link._due
    permit.heard(True)

    assert tried == "nobody answers there: the socket does not exist"
    assert (waits, link._due) == (None, pause)
    link.close()


def test_what_else_a_node_is_connected_to_is_let_be_as_well_until_it_is_surely_ours() -> None:
    heard = list[Event]()
    outer = Outer(Dial(url="mqtt://flow"), "unix:///no/such/socket", "x", heard.append)
    outer.step(ours=False)

    assert heard == []
    outer.step(ours=True)
    assert [(e.up, e.why) for e in heard if isinstance(e, Linked)] == [
        (False, "nobody answers there: the socket does not exist")
    ]
    outer.close()
