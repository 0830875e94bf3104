"""A node's loop over a lost connection: what it was told before is taken first, after each of them."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker.envelope import begin
from wattwire.broker.link import Message
from wattwire.flows.engine.host import Host
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.setup import Setup

FLOW = """
flow: f
nodes:
  adds: {type: adds}
edges: []
ends: [adds.sum]
"""
ADDS = '''
"""adds: what it was told last to what it is told now."""

from dataclasses import dataclass

from wattwire.nodes import Emit, Node, Port, Ports


@dataclass(frozen=True, kw_only=True)
class Config:
    pass


@dataclass(frozen=True)
class Number:
    n: int


class Out(Ports):
    sum: Port[Number]


def run(cfg: Config, go: Number, *, more: Number | None) -> Emit:
    return Out.sum(Number(go.n + (more.n if more else 0)))


NODE = Node("adds", Config, Out, run)
'''


class Loop:
    """A host that no broker is there for: the test says what comes of it, and what time it is."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        (folder / "nodes").mkdir()
        (folder / "nodes" / "adds.py").write_text(ADDS.lstrip())
        self.now, self.ours, theirs = 1000.0, *socket.socketpair()
        patch.setattr("wattwire.flows.engine.host.monotonic", lambda: self.now)
        flow = load_text(FLOW, nodes_dirs=[folder / "nodes"])
        (folder / "f").mkdir()
        self.host = Host(Setup(flow=flow, node="adds", broker="mqtt://localhost", state=folder), theirs)

    def connects(self) -> None:
        self.host._up(True)
        self.host.turn(0.0)

    def hears(self, port: str, n: int, retain: bool = False) -> None:
        message = begin(f"x.{port}", {"n": n}, datetime(2026, 11, 21, 12, 0, n, tzinfo=UTC), str(n)).dumps()
        self.host._heard(Message(f"wattwire/f/adds/in/{port}", message, retain, 1, n, False, 1))
        self.host.turn(0.0)

    def subscribed(self) -> None:
        """The broker has told all that is retained."""
        self.host._subscribed(True, ())
        self.host._heard(Message(self.host._probe, self.host._asked, False, 1, 99, False, 1))
        self.host.turn(0.0)

    def falls_silent(self) -> None:
        self.host._down("gone")
        self.host.turn(0.0)

    @property
    def sums(self) -> list[Any]:
        return [json.loads(it.payload)["body"]["n"] for it in self.host.outbox._entries]


@pytest.fixture
def loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loop:
    return Loop(tmp_path, monkeypatch)


def test_after_every_connection_what_triggers_waits_for_what_is_remembered(loop: Loop) -> None:
    for n in (1, 2, 3):
        loop.connects()
        loop.hears("go", n)
        loop.hears("more", 10 * n, retain=True)
        loop.subscribed()
        loop.now += 60.0
        loop.falls_silent()

    assert loop.sums == [11, 22, 33]


def test_what_came_before_the_connection_was_lost_is_done_once_and_meanwhile(loop: Loop) -> None:
    loop.connects()
    loop.hears("more", 10, retain=True)
    loop.hears("go", 1)
    loop.falls_silent()
    meanwhile = loop.sums
    loop.connects()
    loop.hears("go", 1)
    loop.subscribed()

    assert (meanwhile, loop.sums) == ([11], [11])


def test_before_the_first_connection_nothing_is_begun(loop: Loop) -> None:
    loop.now += 60.0
    loop.falls_silent()

    assert loop.host.intake.gathering
