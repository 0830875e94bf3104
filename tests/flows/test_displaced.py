"""A node that another supervisor took over while its own did not look: it leaves the broker to that one's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from wattwire.flows.engine.bus import Bus
from wattwire.flows.engine.flowrun import FlowRun
from wattwire.flows.engine.launcher import Launcher
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.means import Means
from wattwire.flows.engine.meeting import HERE
from wattwire.flows.engine.options import Options
from wattwire.flows.engine.ownership import Claim

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
        self.broker, later = Broker(), list[asyncio.Task[None]]()
        me = Claim("me", 0, host="here", pid=7, boot="of this machine")
        means = Means(Options(root=folder), cast(Launcher, SimpleNamespace()), cast(Bus, self.broker), "mqtt://x", me,
                      lambda *_: None, lambda: None, lambda: None,
                      lambda work: later.append(asyncio.ensure_future(work)))  # fmt: skip
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

    assert "go" not in first
    assert "go" in second
    assert [topic for topic, _ in it.broker.said if topic == OWNER] == []  # nor is it claimed against the other one


def test_a_gate_that_nobody_comes_to_while_the_broker_is_away_stays_closed_until_it_is_back(tmp_path: Path) -> None:
    async def run() -> tuple[list[bool], list[str]]:
        it = Run(tmp_path)
        it.flow.down()
        it.broker.up.clear()
        await it.flow.gate(0.01)
        states = [it.flow.open]
        it.broker.up.set()
        for minder in it.flow.minders.values():
            minder.seated = True
        await it.flow.gate(0.01)
        return [*states, it.flow.open], it.processes["first"].words()

    states, first = asyncio.run(run())

    assert (states, first.count("go")) == ([False, True], 1)
