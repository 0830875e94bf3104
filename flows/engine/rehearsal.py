"""A made-up node that lives a whole short life in the fork server, before there are children."""

from __future__ import annotations

import json
import os
import select
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from wattwire.broker import topics
from wattwire.broker.link import Link
from wattwire.nodes import Emit, Node, Now, Port, Ports, Started, Timer

from .graph import Edge, Flow, FlowNode
from .setup import Setup

ROUNDS = 30  # messages to itself: after a few the interpreter has adapted to the code
LIMIT = 0.7  # seconds


@dataclass(frozen=True)
class Count:
    n: int


@dataclass(frozen=True)
class State:
    n: int = 0


@dataclass(frozen=True)
class Config:
    rounds: int = ROUNDS


class Out(Ports):
    again: Port[Count]
    over: Port[Count]


def step(
    cfg: Config, state: State, body: Count | None, event: Started | None, now: Now
) -> tuple[State, list[Emit | Timer]]:
    if event is not None:
        return state, [Out.again(Count(0)), Timer("due", now)]
    state = State(state.n + 1)
    return state, [Out.again(Count(state.n)) if state.n < cfg.rounds else Out.over(Count(state.n))]


NODE = Node("rehearsal", Config, Out, step, state=State)


def rehearse(run: Callable[[Setup, socket.socket], int], broker: str) -> None:
    """Runs `run`, the host's, in this process; a child plays the supervisor."""
    flow = Flow(f"$warm{os.getpid()}", {"it": FlowNode("it", NODE, Config())}, (Edge("it.again", "it.body"),))
    ours, theirs = socket.socketpair()
    player = os.fork()
    if player == 0:
        theirs.close()
        try:
            _play(ours)
        finally:
            os._exit(0)
    ours.close()
    try:
        with tempfile.TemporaryDirectory(prefix="wattwire-") as folder:
            run(Setup(flow=flow, node="it", broker=broker, state=Path(folder)), theirs)
    finally:
        theirs.close()
        os.waitpid(player, 0)
        _forget(flow.name, broker)


def _play(channel: socket.socket) -> None:
    """`go` once it is seated; `metrics` and `stop` a moment later."""
    until, heard = monotonic() + LIMIT, b""
    while b"seated" not in heard and (left := until - monotonic()) > 0:
        if select.select([channel], [], [], left)[0]:
            data = channel.recv(65536)
            if not data:
                return
            heard += data
    for said in ({"go": True}, {"metrics": 1}):
        channel.sendall(json.dumps(said).encode() + b"\n")
    while b"answer" not in heard and (left := until - monotonic()) > 0:
        if select.select([channel], [], [], left)[0] and not (data := channel.recv(65536)):
            return
        heard += data
    channel.sendall(b'{"stop": true}\n')
    while channel.recv(65536):
        pass


def _forget(flow: str, broker: str) -> None:
    """Leave no session and no retained message behind."""
    done: list[bool] = []

    def up(_: bool) -> None:
        link.publish(topics.status(flow, "it"), b"", True, lambda: done.append(True))

    link = Link(
        broker, topics.client(flow, "it"), on_up=up, on_down=lambda _: None, on_message=lambda _: None, clean=True
    )
    link.connect()
    until = monotonic() + LIMIT
    while not done and monotonic() < until:
        link.step(0.1)
    link.close()
