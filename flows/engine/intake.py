"""What has come for a node, in the order in which it may be taken: remembered before triggering, old news last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from wattwire.broker.envelope import derived, loads
from wattwire.broker.link import Message
from wattwire.nodes import In

from .desk import Desk, Input
from .routes import Route


class Intake:
    """Retained values are gathered first, live messages wait for them; after that everything goes straight on."""

    def __init__(self, desk: Desk, routes: Mapping[str, tuple[Route, ...]], ins: Mapping[str, In],
                 ack: Callable[[Message], None], refuse: Callable[[str], None]) -> None:  # fmt: skip
        self._desk, self._routes, self._ins, self._ack, self._refuse = desk, routes, ins, ack, refuse
        self._retained: dict[str, Input] = {}  # in port -> the newest
        self._live: list[Message] = []
        self.gathering = True
        self.epoch = ""  # of the session: its message ids begin again with it

    def offer(self, message: Message) -> None:
        if not message.payload:  # a retained message was cleared
            self._ack(message)
        elif message.retain:
            self._gather(message)
        elif self.gathering:
            self._live.append(message)
        else:
            self._push(message)

    def gathered(self) -> None:
        """All retained messages are here: take the remembered ones, at most one that triggers, then what is live."""
        if not self.gathering:
            return
        self.gathering = False
        found, self._retained = self._retained, {}
        fresh = sorted((i for i in found.values() if i.key not in self._desk.seen), key=_at)
        triggers = [i for i in fresh if i.route is not None and i.route.port in self._ins and
                    self._ins[i.route.port].triggers]  # fmt: skip
        for it in fresh:
            if it not in triggers[-1:]:
                self._desk.hold(it)
        if triggers:
            self._desk.push(triggers[-1])
        live, self._live = self._live, []
        for message in live:
            self._push(message)

    def forget(self) -> None:
        """The connection was lost: what was not acknowledged will come again."""
        self._live, self._retained, self.gathering = [], {}, True

    def _gather(self, message: Message) -> None:
        for it in self._read(message):
            if it.route is None or it.message is None:
                continue
            kept = self._retained.get(it.route.port)
            if kept is None or kept.message is None or kept.message.at <= it.message.at:
                self._retained[it.route.port] = it
        self._ack(message)

    def _push(self, message: Message) -> None:
        inputs = self._read(message)
        left = len(inputs)
        if not inputs:
            self._ack(message)

        def done() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self._ack(message)

        for it in inputs:
            it.done = done
            self._desk.push(it)

    def _read(self, message: Message) -> list[Input]:
        along = self._routes.get(message.topic, ())
        try:
            envelope = loads(message.payload, datetime.now(UTC))
            if not envelope.source:  # so that delivered again, after a kill, it leads to the same messages
                id = derived(self.epoch, message.topic, message.mid, message.payload.decode(errors="replace"))
                envelope = replace(envelope, id=id, root=id)
        except ValueError as wrong:
            self._refuse(f"{message.topic.rpartition('/')[2]}: {wrong}")
            return []
        return [
            Input(replace(envelope, body=None) if route.strip else envelope, route, topic=message.topic,
                  payload=b"null" if route.strip else message.payload, again=message.dup)
            for route in along
        ]  # fmt: skip


def _at(it: Input) -> datetime:
    return it.message.at if it.message is not None else datetime.min.replace(tzinfo=UTC)
