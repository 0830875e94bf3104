"""Messages on a connection: their ids, the window of those the broker has not taken yet, and their bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from struct import Struct

from .pipe import LARGEST, Broken, Pipe, coded

LOWEST, HIGHEST = 1024, 65535  # our message ids; those below are paho's, for subscribing
SHORT = Struct("!H")
TAKEN = Struct("!BBH")


class Message:
    __slots__ = ("connection", "dup", "mid", "payload", "qos", "retain", "topic")

    def __init__(
        self, topic: str, payload: bytes, retain: bool, qos: int, mid: int, dup: bool, connection: int
    ) -> None:
        self.topic, self.payload, self.retain, self.qos = topic, payload, retain, qos
        self.mid, self.dup, self.connection = mid, dup, connection

    def __repr__(self) -> str:
        return f"Message({self.topic!r}, {len(self.payload)} bytes, mid={self.mid}, retain={self.retain})"


class Traffic:
    """Of one link, over all its connections: what is under way is forgotten with each, names are not."""

    def __init__(self, window: int) -> None:
        self.window = window
        self._mid = LOWEST
        self._sent: dict[int, Callable[[], None] | None] = {}
        self._queue: deque[tuple[bytes, bytes, int, Callable[[], None] | None]] = deque()
        self._names: dict[str, bytes] = {}
        self._topics: dict[bytes, str] = {}

    def forget(self) -> None:
        self._sent, self._mid = {}, LOWEST
        self._queue.clear()

    @property
    def backlog(self) -> int:
        return len(self._sent) + len(self._queue)

    def publish(
        self, pipe: Pipe, topic: str, payload: bytes, retain: bool, on_sent: Callable[[], None] | None, qos: int
    ) -> None:
        name = self._names.get(topic) or self._named(topic)
        if len(payload) + len(name) + 16 > LARGEST:
            raise ValueError(f"{topic}: a message of {len(payload)} bytes is too large")
        if qos == 0:
            pipe.out += b"".join((b"\x31" if retain else b"\x30", coded(len(name) + len(payload)), name, payload))
            if on_sent:
                on_sent()
        elif len(self._sent) >= self.window:
            self._queue.append((name, payload, retain, on_sent))
        else:
            self._send(pipe, name, payload, retain, on_sent)

    def taken(self, pipe: Pipe, body: bytes) -> None:
        """The broker has taken one of ours."""
        if len(body) != 2:
            raise Broken("the broker sent half a packet")
        mid = SHORT.unpack_from(body)[0]
        on_sent = self._sent.pop(mid, None)
        while self._queue and len(self._sent) < self.window:
            self._send(pipe, *self._queue.popleft())
        if on_sent:
            on_sent()

    def read(self, first: int, body: bytes, connection: int) -> Message:
        """A message of the broker's."""
        qos, mid = first >> 1 & 3, 0
        end = 2 + SHORT.unpack_from(body)[0] if len(body) > 1 else 2
        if end + (2 if qos else 0) > len(body):
            raise Broken("the broker sent half a packet")
        name = body[2:end]
        if qos:
            mid = SHORT.unpack_from(body, end)[0]
            end += 2
        topic = self._topics.get(name)
        if topic is None:
            topic = name.decode(errors="replace")
            if len(self._topics) < 1000:
                self._topics[name] = topic
        return Message(topic, body[end:], bool(first & 1), qos, mid, bool(first & 8), connection)

    def _send(self, pipe: Pipe, name: bytes, payload: bytes, retain: int, on_sent: Callable[[], None] | None) -> None:
        mid = self._mid
        while mid in self._sent:
            mid = mid + 1 if mid < HIGHEST else LOWEST
        self._mid = mid + 1 if mid < HIGHEST else LOWEST
        self._sent[mid] = on_sent
        first = b"\x33" if retain else b"\x32"
        pipe.out += b"".join((first, coded(len(name) + 2 + len(payload)), name, SHORT.pack(mid), payload))

    def _named(self, topic: str) -> bytes:
        name = topic.encode()
        if not name or len(name) > 65535 or set(name) & set(b"+#\0"):
            raise ValueError(f"not a topic to publish on: {topic!r}")
        if len(self._names) >= 1000:
            self._names.clear()
        self._names[topic] = named = SHORT.pack(len(name)) + name
        return named
