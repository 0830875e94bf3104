"""Node processes without processes: the real desk, intake, outbox and store of each, at a broker of this file's.

The broker does what MQTT and mosquitto allow, and no more. Anybody may be killed at any step; time passes when a test
says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mortal import Bug, Clock, Killed, Process, Session

from wattwire.broker import topics
from wattwire.broker.envelope import begin
from wattwire.broker.link import Message
from wattwire.flows.engine import desk as desks
from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.inputs import Input
from wattwire.flows.engine.routes import EDGES, processes, routes
from wattwire.nodes import Reply

SAVED_EVERY = 5.0  # seconds


class House:
    """A flow's processes and their broker."""

    def __init__(self, flow: Flow, folder: Path) -> None:
        self.flow, self.folder, self.clock = flow, folder, Clock()
        self.passed = 0.0  # seconds
        self.names = processes(flow)
        self.sessions = {name: Session() for name in self.names}
        self.retained: dict[str, bytes] = {}
        self._disk: tuple[dict[str, Session], dict[str, bytes]] = ({n: Session() for n in self.names}, {})
        self.connections = dict.fromkeys(self.names, 0)
        self.asked: list[str] = []
        self.aside: list[Input] = []  # what was given up
        self.lives: int | None = None  # steps that a process has left
        self.running: dict[str, Process] = {}
        self._given: list[tuple[str, bytes]] = []
        for name in self.names:
            self.start(name)
            self.connect(name)

    @contextmanager
    def at_our_time(self) -> Iterator[None]:
        with patch.object(desks, "datetime", self.clock):
            yield

    def close(self) -> None:
        for process in self.running.values():
            process.close()

    # What may happen

    def give(self, source: str, body: Any, number: int) -> None:
        """A source sends something: it has it until the broker has surely saved it."""
        message = begin(source, body, self.clock.at, str(number))
        topic = topics.out(self.flow.name, *source.split("."))
        self._given.append((topic, message.dumps()))
        self._publish(*self._given[-1], retain=False)

    def deliver(self, name: str) -> None:
        """The next message reaches a node."""
        process = self.running[name]
        if process.up:
            with self._alive(name):
                self._next(name, process)

    def _next(self, name: str, process: Process) -> None:
        session = self.sessions[name]
        if session.sent < len(session.queue):
            mid, topic, payload = session.queue[session.sent]
            again = session.sent < session.again
            session.sent += 1
            process.intake.offer(Message(topic, payload, False, 1, mid, again, self.connections[name]))

    def work(self, name: str) -> None:
        with self._alive(name):
            self.running[name].desk.work()

    def confirm(self, name: str) -> None:
        """The broker takes what a node published, and says so."""
        process = self.running[name]
        if process.up and process.pubacks:
            on_sent, topic, payload, retain = process.pubacks.popleft()
            self._publish(topic, payload, retain)
            with self._alive(name):
                on_sent()

    def take_unsaid(self, name: str) -> None:
        """The broker takes what a node published, and the connection breaks before it can say so."""
        process = self.running[name]
        if process.up and process.pubacks:
            _, topic, payload, retain = process.pubacks.popleft()
            self._publish(topic, payload, retain)
            self.disconnect(name)

    def answer(self, name: str) -> None:
        calls = self.running[name].calls
        if calls.waiting:
            with self._alive(name):
                calls.waiting.popleft()(Reply(200, json={}, at=self.clock.at))

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.close()
        self.disconnect(name)
        self.start(name)

    def kill_within(self, name: str, steps: int, act: Callable[[str], None]) -> None:
        """It dies so many steps into what it does now."""
        self.lives = steps
        act(name)
        self.lives = None

    def disconnect(self, name: str) -> None:
        session = self.sessions[name]
        session.again, session.sent = max(session.again, session.sent), 0
        if (process := self.running.get(name)) and process.up:
            process.up, process.outbox.open = False, False
            process.pubacks.clear()

    def connect(self, name: str) -> None:
        """It gets what waits for it, subscribes, is told what is retained, and may publish."""
        process = self.running[name]
        if process.up:
            return
        process.up = True
        self.connections[name] += 1
        process.intake.begin("")
        with self._alive(name):
            for _ in self.sessions[name].queue:
                self._next(name, process)
            for topic in routes(self.flow, name):
                if topic in self.retained:
                    retained = Message(topic, self.retained[topic], True, 1, 0, False, self.connections[name])
                    process.intake.offer(retained)
            process.intake.gathered()
            process.outbox.replay()

    def kill_broker(self) -> None:
        """What it has not saved is lost."""
        sessions, self.retained = self._disk[0], dict(self._disk[1])
        for name in self.names:
            self.disconnect(name)
        self.sessions = {name: session.kept() for name, session in sessions.items()}
        for topic, payload in self._given:  # their sender comes back as well
            self._publish(topic, payload, retain=False)

    def wait(self, seconds: float) -> None:
        """Time passes; the broker saves now and then."""
        self.passed += seconds
        self.clock.at += timedelta(seconds=seconds)
        if int(self.passed / SAVED_EVERY) != int((self.passed - seconds) / SAVED_EVERY):
            self._disk = ({n: s.kept() for n, s in self.sessions.items()}, dict(self.retained))
        for name in self.names:
            self.running[name].outbox.prune()
        process = self.running.get(EDGES)
        if process and process.outbox.open and isinstance(carrier := process.actor, Carrier):
            carrier.watch(self.clock.at)
            if (due := carrier.next_due()) is not None and due <= self.clock.at:
                with self._alive(EDGES):
                    process.desk.settle(Input(), carrier.due(self.clock.at))

    def rest(self) -> None:
        """Everybody is there, and all that is under way arrives."""
        for _ in range(8):
            self.wait(SAVED_EVERY)
            for name in self.names:
                self.connect(name)
            for _ in range(300):
                busy = False
                for name in self.names:
                    process = self.running[name]
                    busy |= bool(process.pubacks or process.desk.queue or process.calls.waiting)
                    busy |= self.sessions[name].sent < len(self.sessions[name].queue)
                    self.deliver(name)
                    self.work(name)
                    self.answer(name)
                    self.confirm(name)
                if not busy:
                    break

    # The broker

    def acked(self, name: str, mid: int) -> None:
        session = self.sessions[name]
        for place, (number, _, _) in enumerate(session.queue[: session.sent]):
            if number == mid:
                del session.queue[place]
                session.sent -= 1
                session.again -= place < session.again
                return

    def _publish(self, topic: str, payload: bytes, retain: bool) -> None:
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        for name in self.names:
            if payload and topic in routes(self.flow, name):
                session = self.sessions[name]
                session.number += 1
                session.queue.append((session.number, topic, payload))

    def start(self, name: str) -> None:
        self.running[name] = Process(self, name)

    def step(self, name: str) -> None:
        if self.lives is not None:
            if self.lives == 0:
                raise Killed(name)
            self.lives -= 1

    @contextmanager
    def _alive(self, name: str) -> Iterator[None]:
        try:
            yield
        except (Killed, Bug):
            self.lives = None
            self.kill(name)
