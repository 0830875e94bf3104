"""Bad weather on the bench, the part of the broker: what each node has there, and the way to it and from it."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from wattwire.broker.envelope import Envelope
from wattwire.nodes import Event

from .agenda import Act, Agenda
from .graph import Flow
from .mishaps import Mishaps
from .outbox import SURE
from .post import Post
from .routes import Route
from .seen import LEAST
from .work import Work

SAVES = timedelta(seconds=5)  # a broker that is killed has forgotten what came since
OWED = timedelta(seconds=SURE)


class Job(NamedTuple):
    """A message for an in port, on its way or in hand."""

    route: Route
    message: Envelope
    again: bool = False  # the broker says that it has delivered it before

    @property
    def key(self) -> str:
        return f"{self.message.id}|{self.route.edge or self.message.edge}|{self.route.port}"


@dataclass(slots=True)
class Seat:
    """What one node's process has, and its session at the broker."""

    keeps: bool  # what it has seen, and what it owes, outlives it
    here: bool = True
    cuts: int = 0  # of its connection
    life: int = 0
    queue: deque[Job | Event] = field(default_factory=deque)
    session: deque[Job] = field(default_factory=deque)
    busy: tuple[Job, Work] | None = None  # a call is under way
    seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    tries: dict[str, int] = field(default_factory=dict)
    owed: deque[tuple[datetime, str, Envelope]] = field(default_factory=deque)
    unsure: str = ""  # the input for which a call that must not be repeated may have been made

    @property
    def reached(self) -> bool:
        return self.here and not self.cuts

    def took(self, key: str, dies: bool = False) -> None:
        if not dies:
            self.tries.pop(key, None)
        self.seen[key] = None
        if len(self.seen) > LEAST:
            self.seen.popitem(last=False)


@dataclass(slots=True)
class Hearer:
    """A node that hears a topic."""

    node: str
    outside: bool
    routes: list[Route] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    due: datetime | None = None  # when the last message on it reaches the node: the next is no earlier


class Mail(Post):
    """The broker, and the way to it and from it."""

    def __init__(self, flow: Flow, agenda: Agenda, hand: Callable[[str, Job], object], seats: dict[str, Seat],
                 outside: frozenset[str], mishaps: Mishaps) -> None:  # fmt: skip
        super().__init__(flow, agenda, lambda node, route, message: hand(node, Job(route, message)))
        self._to, self._seats, self._outside, self._mishaps = hand, seats, outside, mishaps
        self.sender = ""
        self._killed = datetime.min.replace(tzinfo=agenda.now.tzinfo)
        self._by: dict[str, list[Hearer]] = {}
        for topic, listeners in self._listeners.items():
            hearers = {node: Hearer(node, node in outside) for node, _ in listeners}
            for node, route in listeners:
                hearers[node].routes.append(route)
                hearers[node].edges.append(route.edge)
            self._by[topic] = [*hearers.values()]

    def publish(self, topic: str, message: Envelope) -> None:
        seat = self._seats[self.sender]
        if self.sender not in self._outside:
            self.owe(seat, topic, message)
        if seat.reached:
            self.send(topic, message)

    def now(self, deliver: Act) -> None:
        deliver()

    def owe(self, seat: Seat, topic: str, message: Envelope) -> None:
        now, owed = self._agenda.now, seat.owed
        owed.append((now, topic, message))
        while now - owed[0][0] > OWED and seat.reached:
            owed.popleft()

    def replay(self, seat: Seat) -> None:
        """What the broker may have forgotten, in order."""
        now = self._agenda.now
        seat.owed = deque((now, topic, message) for _, topic, message in seat.owed)
        for _, topic, message in list(seat.owed):
            self.send(topic, message)

    def killed(self) -> None:
        self._killed = self._agenda.now

    def send(self, topic: str, message: Envelope) -> None:
        agenda, mishaps = self._agenda, self._mishaps
        now = agenda.now
        for it in self._by.get(topic, ()):
            jobs = [Job(r, replace(message, body=None) if r.strip else message) for r in it.routes]
            if it.outside:
                agenda.soon(partial(self._arrive, now, it.node, jobs))
                continue
            edges = it.edges if it.edges[0] else [message.edge]
            due = now + mishaps.late(edges, it.node, message.id, now)
            if it.due is not None and it.due > due:
                due = it.due
            it.due = due
            agenda.at(due, partial(self._arrive, now, it.node, jobs))
            if (by := mishaps.again(edges, it.node, message.id, now)) is not None:
                again = [job._replace(again=True) for job in jobs]
                agenda.at(due + by, partial(self._arrive, now, it.node, again))

    def _arrive(self, sent: datetime, node: str, jobs: list[Job]) -> None:
        if sent <= self._killed < sent + SAVES and self._killed < self._agenda.now and node not in self._outside:
            return  # it was under way when the broker was killed: its sender has it still
        for job in jobs:
            self._to(node, job)


def simulators(flow: Flow) -> frozenset[str]:
    """Nodes that stand for the world, and those that only they hear."""
    found = {name for name, node in flow.nodes.items() if node.type.name.startswith("sim")}
    heard: dict[str, set[str]] = {}
    for edge in flow.edges:
        for to in filter(None, (edge.to, edge.spent)):
            heard.setdefault(edge.source.partition(".")[0], set()).add(to.partition(".")[0])
    return frozenset(found | {name for name, by in heard.items() if by <= found})
