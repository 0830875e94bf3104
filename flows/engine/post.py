"""The flow's own broker on the bench: who hears what, in order, and nothing is lost while it is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from wattwire.broker.envelope import Envelope

from .agenda import Act, Agenda
from .graph import Flow
from .routes import EDGES, Route, routes

Hand = Callable[[str, Route, Envelope], object]


class Post:
    """What was sent while the broker was away stays in the outboxes."""

    def __init__(self, flow: Flow, agenda: Agenda, hand: Hand) -> None:
        self._agenda, self._hand = agenda, hand
        self._up, self._queued = True, list[Act]()
        self._listeners: dict[str, list[tuple[str, Route]]] = {}
        for node in [EDGES, *flow.nodes]:
            for topic, along in routes(flow, node).items():
                self._listeners.setdefault(topic, []).extend((node, route) for route in along)

    def publish(self, topic: str, message: Envelope) -> None:
        if topic in self._listeners:
            self.carry(partial(self._deliver, topic, message))

    def _deliver(self, topic: str, message: Envelope) -> None:
        for node, route in self._listeners[topic]:
            self._hand(node, route, replace(message, body=None) if route.strip else message)

    def carry(self, deliver: Act) -> None:
        (self._agenda.soon if self._up else self._queued.append)(deliver)

    def now(self, deliver: Act) -> None:
        """From outside: at once, if the broker is there."""
        if self._up:
            deliver()
        else:
            self._queued.append(deliver)

    def broker(self, up: bool) -> None:
        self._up = up
        if up:
            queued, self._queued = self._queued, []
            for deliver in queued:
                self._agenda.soon(deliver)
