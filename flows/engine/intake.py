"""What has come for a node, in the order in which it may be taken: remembered before triggering, old news last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from wattwire.broker.envelope import Envelope, derived, loads
from wattwire.broker.link import Message
from wattwire.nodes import In

from .actor import Actor
from .bodies import BadBody
from .desk import Desk
from .inputs import Input, known
from .routes import Route
from .seen import COPY, copied


class Intake:
    """Retained values are gathered first, live messages wait for them; after that everything goes straight on."""

    def __init__(self, desk: Desk, routes: Mapping[str, tuple[Route, ...]], ins: Mapping[str, In],
                 ack: Callable[[Message], None], refuse: Callable[[str], None]) -> None:  # fmt: skip
        self._desk, self._routes, self._ins, self._ack, self._refuse = desk, routes, ins, ack, refuse
        self._retained: dict[str, Input] = {}  # in port -> the newest
        self._live: list[Message] = []
        self._gone = set[str]()  # topics from which messages of before a deploy still came
        self.gathering = True
        self._late: dict[str, datetime] | None = None  # in port -> the newest since we went on without all retained
        self._epoch = ""  # of the session: its message ids begin again with it

    def begin(self, epoch: str) -> None:
        """A connection, to the session of that name: what is retained comes again, and what was not acknowledged."""
        self._epoch, self._live, self._retained, self.gathering, self._late = epoch, [], {}, True, None
        self._desk.queue.lost()

    def offer(self, message: Message) -> None:
        if not message.payload:  # a retained message was cleared
            self._ack(message)
        elif message.retain:
            self._gather(message)
        elif self.gathering:
            self._live.append(message)
        else:
            self._push(message, self._read(message))

    def gathered(self, all_here: bool = True) -> None:
        """Take the remembered ones, at most one that triggers, then what is live: that is older than what is retained,
        or the very same. Called a second time for those that came late."""
        retained = sorted(self._retained.values(), key=_at)
        fresh = [it for it in retained if self._news(it)]
        live, self._live = [(message, self._read(message)) for message in self._live], []
        queued = {copied(it.key) for _, inputs in live for it in inputs}
        triggers = [i for i in fresh if i.route is not None and i.route.port in self._ins and
                    self._ins[i.route.port].triggers]  # fmt: skip
        for it in retained:
            if it not in fresh:
                self._recall(it)
            elif it not in triggers:
                self._desk.hold(it, again=it.key in queued)
        triggers = [it for it in triggers if it.key not in queued]  # those have their turn after what is older
        for it in triggers[:-1]:
            self._desk.hold(it)
        if triggers:
            self._desk.push(triggers[-1])
        self._retained, self.gathering, self._late = {}, False, None if all_here else self._late or {}
        for message, inputs in live:
            self._push(message, inputs)

    def _news(self, it: Input) -> bool:
        since = self._late.get(it.route.port) if self._late and it.route is not None else None
        return it.key not in self._desk.seen and (since is None or since < _at(it))

    def _recall(self, it: Input) -> None:
        """A bare body that is known may still be the newest: it does not say when it was sent."""
        actor = self._desk.actor
        if it.message is not None and not it.message.source and it.route is not None and isinstance(actor, Actor):
            with suppress(BadBody):
                actor.hold(it.route.port, it.message)

    def _gather(self, message: Message) -> None:
        for it in self._read(message):
            if it.route is None or it.message is None:
                continue
            kept = self._retained.get(it.route.port)
            if kept is None or kept.message is None or kept.message.at <= it.message.at:
                self._retained[it.route.port] = it
        self._ack(message)

    def _push(self, message: Message, inputs: list[Input]) -> None:
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
            if self._late is not None and it.route is not None:
                self._late[it.route.port] = max(_at(it), self._late.get(it.route.port, _at(it)))
            self._desk.push(it)

    def _read(self, message: Message) -> list[Input]:
        if (along := self._routes.get(message.topic)) is None and message.topic not in self._gone:
            self._gone.add(message.topic)
            self._refuse(f"{message.topic}: no edge brings this here any more; what had come along it is dropped")
        if not along:
            return []
        try:
            envelope = loads(message.payload, datetime.now(UTC))
        except ValueError as wrong:
            self._refuse(f"{message.topic.rpartition('/')[2]}: {wrong}")
            return []
        keys: list[str] | None = None
        if not envelope.source:
            envelope, keys = self._bare(message, envelope, along)
        inputs = [
            Input(replace(envelope, body=None) if route.strip else envelope, route, topic=message.topic,
                  payload=b"null" if route.strip else message.payload, again=message.dup)
            for route in along
        ]  # fmt: skip
        if keys is not None:
            for it, key in zip(inputs, keys, strict=True):
                it.key = key
        return inputs

    def _bare(self, message: Message, fresh: Envelope, along: tuple[Route, ...]) -> tuple[Envelope, list[str]]:
        """A body from outside with an id, and the keys by which it is known, one per route."""
        text, seen = message.payload.decode(errors="replace"), self._desk.seen
        copy = derived("", message.topic, 0, text)
        copies = [known(copy, route) for route in along]
        if message.retain:
            return replace(fresh, id=copy, root=copy), copies
        for key, route in zip(copies, along, strict=True):  # what is read as retained from now on is this very one
            seen.add(key, route.line)
        if message.qos:  # so that delivered again, after a kill, it leads to the same messages
            id = derived(self._epoch, message.topic, message.mid, text)
            keys = [f"{known(id, route)}{COPY}{key}" for route, key in zip(along, copies, strict=True)]
            if message.dup or not any(key in seen for key in keys):
                return replace(fresh, id=id, root=id), keys
        return fresh, copies  # who sends it twice means it twice; some brokers' ids begin anew with each connection


def _at(it: Input) -> datetime:
    return it.message.at if it.message is not None else datetime.min.replace(tzinfo=UTC)
