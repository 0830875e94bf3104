"""Other people's brokers on the bench: one in memory for each URL that a node dials."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from wattwire.broker.topics import matches
from wattwire.nodes import Dial, Event, Heard, Linked, Listen, Say, Will
from wattwire.nodes.linked import Action

from .bodies import encode

_text = json.JSONEncoder(separators=(",", ":"), default=encode).encode


@dataclass
class _Client:
    url: str
    filters: list[str] = field(default_factory=list)
    will: Say | None = None
    up: bool = True


class Dialled:
    """Which node is connected where, and what it listens to there. Events go back through `happen`."""

    def __init__(self, happen: Callable[[str, Event], None]) -> None:
        self._happen = happen
        self._clients: dict[str, _Client] = {}
        self._retained: dict[tuple[str, str], bytes] = {}
        self._wills: dict[str, Say | None] = {}
        self._hearers: dict[tuple[str, str], list[str]] = {}  # who hears a topic, until anybody comes, goes or listens

    def dial(self, node: str, dial: Dial) -> None:
        """The connection comes up at once."""
        self._hearers.clear()
        self._clients[node] = _Client(dial.url, will=self._wills.get(node))
        self._happen(node, Linked(True))

    def lose(self, node: str) -> None:
        """The node died: its broker executes the last will."""
        client = self._clients.pop(node, None)
        self._hearers.clear()
        self._wills.pop(node, None)
        if client is not None and client.will is not None:
            self._say(client.url, client.will)

    def act(self, node: str, action: Action) -> None:
        client = self._clients.get(node)
        if isinstance(action, Will):
            if client is not None and client.will != action.say:  # a changed will is a new connection
                self._hearers.clear()
                client.will, client.filters = action.say, []
                self._happen(node, Linked(True))
            self._wills[node] = action.say
        elif client is not None and isinstance(action, Listen):
            self._listen(node, client, action.filter)

    def say(self, node: str, say: Say) -> None:
        """Nobody hears what is said without a connection."""
        if (client := self._clients.get(node)) is not None:
            self._say(client.url, say)

    def _listen(self, node: str, client: _Client, filter: str) -> None:
        if filter not in client.filters:
            client.filters.append(filter)
            self._hearers.clear()
        for (url, topic), payload in self._retained.items():
            if url == client.url and matches(filter, topic):
                self._happen(node, Heard(topic, payload, retained=True))

    def _say(self, url: str, say: Say) -> None:
        data = payload(say)
        if say.retain and data:
            self._retained[url, say.topic] = data
        elif say.retain:
            self._retained.pop((url, say.topic), None)
        if (hearers := self._hearers.get((url, say.topic))) is None:
            self._hearers[url, say.topic] = hearers = self._who_hears(url, say.topic)
        for node in hearers:
            self._happen(node, Heard(say.topic, data))

    def _who_hears(self, url: str, topic: str) -> list[str]:
        clients = self._clients.items()
        return [n for n, c in clients if c.url == url and any(matches(f, topic) for f in c.filters)]


def payload(say: Say) -> bytes:
    """What goes out for a Say: bytes as they are, all else as JSON."""
    if isinstance(say.payload, bytes):
        return say.payload
    return _text(say.payload).encode()
