"""`wattwire run` as a process of its own, watched over its output and over its broker."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from wattwire.broker.link import Link, Message

MOODY = '''"""moody: do what the body says: pass on, crash or hang."""

from dataclasses import dataclass

from wattwire.nodes import Emit, Node, Port, Ports, Started


@dataclass(frozen=True, kw_only=True)
class Config:
    broken: bool = False  # from the start
    word: str = ""


class Out(Ports):
    passed: Port[object]


def act(cfg: Config, body: object, event: Started | None) -> Emit | None:
    if cfg.broken or body == "crash":
        raise RuntimeError("as it was told")
    if body == "hang":
        print("hangs, as it was told", flush=True)
    while body == "hang":
        pass
    if body == "memory":
        bytearray(10**9)
    return None if event else Out.passed(cfg.word or body)


NODE = Node("moody", Config, Out, act)
'''

FLOW = """
flow: moods
nodes:
  first:  {type: moody}
  second: {type: moody}
  shown:  {type: debug}
edges:
  - {from: first.passed, to: second.body}
  - {from: second.passed, to: shown.body, after: 10ms}
"""


class Supervised:
    """Nothing here sleeps: every wait is for a line, a message or the end of a process."""

    shared = False  # whether the nodes of a flow have one process: what conftest's `hosting` says
    command: Sequence[str] = (sys.executable, "-m", "wattwire.flows")
    inherited: Sequence[int] = ()  # descriptors

    def __init__(self, folder: Path, flow: str = FLOW, *options: str, state: str = "state") -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.state = folder, folder / state
        self.file, nodes = folder / "flow.yaml", folder / "nodes"
        nodes.mkdir(exist_ok=True)
        (nodes / "moody.py").write_text(MOODY)
        self.file.write_text(flow)
        self.name = re.findall(r"flow: (\w+)", flow)[0]
        shared = ["--shared"] if self.shared else []
        told = [*shared, "--state", str(self.state), "--nodes", str(nodes), "--admin", "0", "--port", "0", *options]
        self.process = subprocess.Popen(
            [*self.command, "run", str(self.file), *told],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            pass_fds=self.inherited,
        )  # fmt: skip
        self.lines: list[str] = []
        self._rest, self.heard = b"", dict[str, Any]()
        self._link: Link | None = None

    # What it prints

    def said(self, pattern: str, seconds: float = 40.0) -> str:
        """The first line, printed before or from now on, that holds the pattern."""
        until = time.monotonic() + seconds
        while True:
            for line in self.lines:
                if re.search(pattern, line):
                    return line
            self._before_more()
            assert self.process.stdout
            left = until - time.monotonic()
            assert select.select([self.process.stdout], [], [], max(0.0, left))[0], (pattern, self.lines)
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data, (pattern, self.lines)
            *lines, self._rest = (self._rest + data).split(b"\n")
            self.lines += [line.decode() for line in lines]

    def _before_more(self) -> None:
        """What must be done before it says more."""

    def ready(self) -> Supervised:
        self.said("admin: http")
        return self

    # What its broker carries

    @property
    def note(self) -> dict[str, Any]:
        told = json.loads((self.state / self.name / "broker.json").read_text())
        assert isinstance(told, dict)
        return told

    @property
    def link(self) -> Link:
        if self._link is None:

            def up(_: bool) -> None:
                link.subscribe([f"wattwire/{self.name}/#"], lambda refused: self._listening())

            self._link = link = Link(str(self.note["url"]), f"test-{os.getpid()}-{id(self)}", on_up=up,
                                     on_down=lambda _: None, on_message=self._hear, clean=True)  # fmt: skip
            link.connect()
            self.until(lambda: link.up)
        return self._link

    def _listening(self) -> None:
        """What to do once its broker sends us everything."""

    def _hear(self, message: Message) -> None:
        self.link.ack(message)
        topic = message.topic.removeprefix(f"wattwire/{self.name}/")
        if not topic.endswith("$probe"):
            with suppress(ValueError, RecursionError):  # a test may say anything
                self.heard[topic] = json.loads(message.payload) if message.payload else None

    def until(self, done: Callable[[], object], seconds: float = 40.0) -> None:
        limit = time.monotonic() + seconds
        link = self._link or self.link
        while not done():
            assert time.monotonic() < limit, self.heard
            link.step(0.1)

    def status(self, node: str, state: str, restarts: int | None = None, seconds: float = 40.0) -> dict[str, Any]:
        """Wait until the node is said to be so; what its status says then."""

        def so() -> bool:
            told = self.heard.get(f"{node}/$status") or {}
            return told.get("state") == state and (restarts is None or told["restarts"] == restarts)

        self.until(lambda: self.link.up and so(), seconds)
        told = self.heard[f"{node}/$status"]
        assert isinstance(told, dict)
        return told

    def give(self, to: str, body: object) -> None:
        node, port = to.split(".")
        self.raw(f"{node}/in/{port}", json.dumps(body).encode())

    def raw(self, topic: str, payload: bytes) -> None:
        """Until the broker has it: a connection that was not cared for during another wait may be gone."""
        taken, number = list[None](), 0

        def done() -> bool:
            nonlocal number
            if self.link.up and self.link.number != number:
                number = self.link.number
                self.link.publish(f"wattwire/{self.name}/{topic}", payload, on_sent=lambda: taken.append(None))
            return bool(taken)

        self.until(done)

    def insist(self, to: str, body: object, done: Callable[[], object], seconds: float = 40.0) -> None:
        """Give it again each second until it shows: a broker that lost its memory knows no subscribers at first."""
        limit = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < limit, self.heard
            self.give(to, body)
            again = time.monotonic() + 1
            self.until(lambda: done() or time.monotonic() > again)  # noqa: B023

    def ask(self, verb: str, **asked: object) -> dict[str, Any]:
        """An admin request over MQTT, and its response."""
        self.heard.pop(f"$response/{verb}", None)
        self.raw(f"$request/{verb}", json.dumps({"transaction": 7, **asked}).encode())
        self.until(lambda: f"$response/{verb}" in self.heard)
        told = self.heard[f"$response/{verb}"]
        assert isinstance(told, dict)
        return told

    # Its processes

    def family(self) -> dict[int, str]:
        """The supervisor's children and theirs: pid -> name."""
        found, parents = dict[int, str](), {self.process.pid}
        table = [
            row.split(None, 2)
            for row in subprocess.check_output(["ps", "-eo", "pid,ppid,comm"], text=True).splitlines()
        ]
        for _ in range(3):
            for pid, parent, name in table[1:]:
                if int(parent) in parents and name != "ps":
                    found[int(pid)] = name
            parents |= set(found)
        return found

    def pid(self, name: str) -> int:
        return next(pid for pid, comm in self.family().items() if comm.startswith(name))

    def signal(self, number: int = signal.SIGINT) -> None:
        self.process.send_signal(number)

    def end(self, seconds: float = 40.0) -> int:
        """Its exit code; what it still printed is in `lines`."""
        out, _ = self.process.communicate(timeout=seconds)
        self.lines += (self._rest + out).decode().splitlines()
        return self.process.returncode

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
        if self.process.poll() is None:
            family = watch(self.family())
            self.process.kill()
            self.end()
            gone(family, 5.0)


def watch(pids: dict[int, str]) -> dict[int, str]:
    """Handles on processes, by which their end can be waited for: descriptor -> name."""
    handles = dict[int, str]()
    for pid, name in pids.items():
        with suppress(ProcessLookupError):  # it ended just now
            handles[os.pidfd_open(pid)] = name
    return handles


def gone(handles: dict[int, str], seconds: float) -> list[str]:
    """Wait for their end; the names of those that are still there."""
    until, left = time.monotonic() + seconds, dict(handles)
    while left and (wait := until - time.monotonic()) > 0:
        for fd in select.select(list(left), [], [], wait)[0]:
            del left[fd]
    for fd in handles:
        os.close(fd)
    return sorted(left.values())
