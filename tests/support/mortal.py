"""One node's process without a process: the real desk, intake, outbox and store, that may die at any step."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wattwire.broker.link import Message
from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.callers import Caller
from wattwire.flows.engine.desk import Desk
from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.inhand import InHand
from wattwire.flows.engine.intake import Intake
from wattwire.flows.engine.journal import Journal
from wattwire.flows.engine.keeping import keeps
from wattwire.flows.engine.meters import Meters
from wattwire.flows.engine.outbox import Outbox
from wattwire.flows.engine.routes import EDGES, routes
from wattwire.flows.engine.store import Store
from wattwire.nodes import Reply, Request

if TYPE_CHECKING:
    from processes import House

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Killed(BaseException):
    """The process is no more. Not even `except Exception` hears of it."""


class Bug(Exception):
    """Of a node."""


@dataclass
class Session:
    """What the broker keeps for one client."""

    queue: list[tuple[int, str, bytes]] = field(default_factory=list)  # not acknowledged, oldest first
    sent: int = 0  # how many of them were delivered over the present connection
    again: int = 0  # how many of them over an earlier one
    number: int = 0

    def kept(self) -> Session:
        return replace(self, queue=[*self.queue], sent=0, again=0)


class Clock:
    """In place of `datetime` in the engine."""

    at = START

    def now(self, zone: Any = None) -> datetime:
        return self.at


class Calls(Caller):
    """The world counts what it was asked; whether the answer arrives is another matter."""

    def __init__(self, done: list[str]) -> None:
        self.done = done
        self.waiting: deque[Callable[[Reply], None]] = deque()

    def start(self, request: Request, done: Callable[[Reply], None]) -> None:
        self.done.append(request.url)
        self.waiting.append(done)


class Process:
    """One node's, from its start to its end."""

    def __init__(self, house: House, name: str) -> None:
        self.house, self.name, flow = house, name, house.flow
        folder = house.folder
        kind = Journal if name == EDGES else Store
        self.store = kind(folder / f"{name}.db") if keeps(flow, name) else None
        saved = self.store.snapshot() if self.store else None
        self.actor: Actor | Carrier
        if name == EDGES:
            self.actor = Carrier(flow, saved=saved)
        else:
            self.actor = Actor(flow.name, flow.nodes[name], saved=saved)
        self.pubacks: deque[tuple[Callable[[], None], str, bytes, bool]] = deque()
        self.outbox = Outbox(self._publish, lambda: house.passed, self.store)
        self.calls = Calls(house.asked)
        self.desk = Desk(self.actor, self.outbox, self.store, InHand(folder / f"{name}.hand"), self.calls, Meters(),
                         post=lambda act: act(), act=lambda actions: None,
                         aside=lambda it, why: house.aside.append(it), full=lambda full: None)  # fmt: skip
        ins = flow.nodes[name].type.ins if name != EDGES else {}
        self.intake = Intake(self.desk, routes(flow, name), ins, self._ack, lambda why: None)
        self.up = False
        for it, method in ((self.store, "commit"), (self.desk.hand, "take"), (self.actor, "take")):
            if it is not None:
                self._mortal(it, method)

    def close(self) -> None:
        os.close(self.desk.hand._file)
        if self.store:
            self.store._db.close()

    def _mortal(self, it: Any, method: str) -> None:
        """It may die just before or just after."""
        real = getattr(it, method)

        def done(*args: Any, **named: Any) -> Any:
            self.house.step(self.name)
            result = real(*args, **named)
            self.house.step(self.name)
            return result

        setattr(it, method, done)

    def _publish(self, topic: str, payload: bytes, retain: bool, on_sent: Callable[[], None]) -> None:
        if self.up:
            self.house.step(self.name)
            self.pubacks.append((on_sent, topic, payload, retain))

    def _ack(self, message: Message) -> None:
        if self.up and message.connection == self.house.connections[self.name]:
            self.house.step(self.name)
            self.house.acked(self.name, message.mid)
