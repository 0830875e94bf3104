"""The in-memory twin of a broker: the rules of MQTT 3.1.1 as mosquitto has them, synchronous, in one order, no network.

Deliveries are not nested: what is published from within a callback is delivered after what is under way, as on a wire.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from .topics import matches
from .will import Will

OnMessage = Callable[[str, bytes, bool], None]  # topic, payload, retained


@dataclass
class Session:
    """A client's session. It outlives the connection unless it is clean; what comes meanwhile waits in `queue`."""

    broker: MemoryBroker
    client: str
    clean: bool = False
    present: bool = False  # it was there before this connection
    connected: bool = False
    will: Will | None = None
    on_message: OnMessage | None = None
    filters: dict[str, int] = field(default_factory=dict)  # filter -> QoS
    queue: deque[tuple[str, bytes]] = field(default_factory=deque)

    def subscribe(self, filter: str, qos: int = 1) -> None:
        """Delivers what is retained, each time it is called."""
        self._need_connection()
        self.filters[filter] = qos
        for topic in sorted(t for t in self.broker.retained if matches(filter, t)):
            self.broker._post(self, topic, self.broker.retained[topic], True, False)
        self.broker._run()

    def unsubscribe(self, filter: str) -> None:
        self._need_connection()
        self.filters.pop(filter, None)

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1) -> None:
        self._need_connection()
        self.broker.publish(topic, payload, retain, qos)

    def disconnect(self) -> None:
        """Leave with a farewell: the will is not spoken."""
        if self.connected:
            self.will = None
            self.lose()

    def lose(self) -> None:
        """The connection is gone without a word: the broker speaks the will."""
        if not self.connected:
            return
        self.connected = False
        will, self.will = self.will, None
        if self.clean:
            self.broker.sessions.pop(self.client, None)
        if will:
            self.broker.publish(will.topic, will.payload, will.retain, will.qos)

    def _need_connection(self) -> None:
        if not self.connected:
            raise ConnectionError(f"{self.client} is not connected")


class MemoryBroker:
    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.retained: dict[str, bytes] = {}
        self.running = True
        self._posted: deque[tuple[Session, str, bytes, bool, bool]] = deque()
        self._delivering = False

    def connect(
        self, client: str, will: Will | None = None, clean: bool = False, on_message: OnMessage | None = None
    ) -> Session:
        """A client of the same name loses its connection. What waited is delivered at once."""
        if not self.running:
            raise ConnectionRefusedError("the broker is down")
        if (old := self.sessions.get(client)) and old.connected:
            if not (clean or old.clean):
                old.will = None  # mosquitto: a session that goes on has not died
            old.lose()
        before = None if clean else self.sessions.get(client)
        session = Session(self, client, clean, before is not None, True, will, on_message)
        if before:
            session.filters, session.queue = before.filters, before.queue
        self.sessions[client] = session
        while session.queue:
            topic, payload = session.queue.popleft()
            self._post(session, topic, payload, False, True)
        self._run()
        return session

    def publish(self, topic: str, payload: bytes, retain: bool = False, qos: int = 1) -> None:
        """As any client, or the broker itself, may."""
        if not self.running:
            raise ConnectionError("the broker is down")
        if not topic or "+" in topic or "#" in topic:
            raise ValueError(f"not a topic to publish on: {topic!r}")
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        for session in list(self.sessions.values()):
            granted = [most for filter, most in session.filters.items() if matches(filter, topic)]
            if not granted:
                continue
            certain = min(qos, max(granted)) > 0
            if session.connected:
                self._post(session, topic, payload, False, certain)
            elif certain:
                session.queue.append((topic, payload))
        self._run()

    def down(self) -> None:
        """An outage: every connection is lost and no will is spoken; what it has saved is there again after `up`."""
        self.running = False
        for session in list(self.sessions.values()):
            session.connected, session.will = False, None
            if session.clean:
                del self.sessions[session.client]

    def up(self) -> None:
        self.running = True

    def forget(self) -> None:
        """As if it had been killed and had saved nothing."""
        self.down()
        self.sessions.clear()
        self.retained.clear()

    def _post(self, session: Session, topic: str, payload: bytes, retained: bool, certain: bool) -> None:
        self._posted.append((session, topic, payload, retained, certain))

    def _run(self) -> None:
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._posted:
                session, topic, payload, retained, certain = self._posted.popleft()
                heir = self.sessions.get(session.client)
                if not session.connected and certain and not session.clean:
                    session = heir or session  # the connection it was on its way to is gone
                if session.connected and session.on_message:
                    session.on_message(topic, payload, retained)
                elif certain and not session.clean and session is heir:
                    session.queue.append((topic, payload))
        finally:
            self._delivering = False
