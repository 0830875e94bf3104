"""Node processes on a real broker without a supervisor: start, kill, start again. For tests of the host alone."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from wattwire.broker.link import Link, Message
from wattwire.broker.private import PrivateBroker, start
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.routes import processes
from wattwire.flows.engine.setup import Setup


class Rig:
    """A flow's processes, forked from the test."""

    def __init__(self, flow: Flow, kind: Literal["mosquitto", "embedded"] = "mosquitto") -> None:
        self.flow, self.folder = flow, Path(tempfile.mkdtemp(prefix="rig"))
        self.broker: PrivateBroker = start(self.folder / "broker", prefer=kind, port=0)
        self.channels: dict[str, socket.socket] = {}
        self.pids: dict[str, int] = {}
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.heard: list[Message] = []
        self._rest: dict[str, bytes] = {}
        self.link = Link(self.broker.url, f"rig{os.getpid()}", on_up=lambda _: self._listen(), on_down=lambda _: None,
                         on_message=self._hear)  # fmt: skip
        self.link.connect()
        self.until(lambda: self.link.up)

    def _listen(self) -> None:
        self.link.subscribe(["wattwire/#"])

    def _hear(self, message: Message) -> None:
        self.heard.append(message)
        self.link.ack(message)

    def start(self, *names: str) -> None:
        for name in names or processes(self.flow):
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                ours.close()
                from wattwire.flows.engine import life

                code = 1
                try:
                    url = f"unix://{self.broker.unix}" if self.broker.unix else self.broker.url
                    code = life.run(Setup(flow=self.flow, node=name, broker=url, state=self.folder), theirs)
                finally:
                    os._exit(code)
            theirs.close()
            self.channels[name], self.pids[name], self.told[name] = ours, pid, []
            self._rest[name] = b""
        self.until(lambda: all(any("seated" in t for t in self.told[n]) for n in names or processes(self.flow)))
        for name in names or processes(self.flow):
            with suppress(BrokenPipeError):  # what came again may have killed it before
                self.say(name, {"go": True})

    def break_broker(self) -> None:
        """kill -9, once it has saved what it knows, and wait until we are connected to the next."""
        assert self.broker.save(20)
        number = self.link.number
        os.kill(self.broker.pid, signal.SIGKILL)
        self.broker.restart()
        self.until(lambda: self.link.up and self.link.number > number)

    def say(self, name: str, what: dict[str, Any]) -> None:
        self.channels[name].sendall(json.dumps(what).encode() + b"\n")

    def kill(self, name: str) -> None:
        os.kill(self.pids[name], signal.SIGKILL)
        os.waitpid(self.pids.pop(name), 0)
        self.channels.pop(name).close()

    def alive(self, name: str) -> bool:
        """Whether the process still runs; one that ended stays to be reaped."""
        return os.waitid(os.P_PID, self.pids[name], os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def reap(self, name: str) -> int:
        """Take leave of a process that ended; its exit code."""
        self.channels.pop(name).close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pids.pop(name), 0)[1])

    def send(self, to: str, body: object) -> None:
        node, _, port = to.partition(".")
        self.link.publish(f"wattwire/{self.flow.name}/{node}/in/{port}", json.dumps(body).encode())

    def bodies(self, source: str) -> list[Any]:
        topic = f"wattwire/{self.flow.name}/{source.replace('.', '/')}"
        return [json.loads(m.payload)["body"] for m in self.heard if m.topic == topic and m.payload]

    def until(self, done: Callable[[], bool], limit: float = 40.0) -> None:
        """Wait for something to be so; not longer than the limit."""
        ends = time.monotonic() + limit
        while not done():
            if time.monotonic() > ends:
                raise AssertionError("it did not happen in time")
            self.link.step(0.02)
            for name, channel in list(self.channels.items()):
                if select.select([channel], [], [], 0)[0]:
                    try:
                        data = channel.recv(65536)
                    except OSError:
                        continue
                    *lines, self._rest[name] = (self._rest[name] + data).split(b"\n")
                    self.told[name] += [json.loads(line) for line in lines]

    def stop(self) -> None:
        for name in list(self.pids):
            self.kill(name)
        self.link.close()
        self.broker.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
