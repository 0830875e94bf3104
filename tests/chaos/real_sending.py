"""The senders outside: one that keeps what it sent until the broker has surely saved it, and one that does not."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime

from wattwire.broker import topics
from wattwire.broker.envelope import begin, stamp
from wattwire.broker.link import Link
from wattwire.flows.engine.outbox import Outbox

from .real_counting import Lane


class Sender(ABC):
    """So many numbers a second into a flow, as long as its broker is there."""

    def __init__(self, lane: Lane, link: Link, flow: str, rate: float) -> None:
        self.lane, self.link, self.rate, self.n = lane, link, rate, 0
        self.topic = topics.into(flow, "hop", "body")
        self.on = False
        self._due = time.monotonic()

    def turn(self) -> None:
        now = time.monotonic()
        if not (self.on and self.rate and self.link.up):
            self._due = now
            return
        while self._due <= now:
            self._due += 1 / self.rate
            self.send()

    def send(self) -> None:
        self.n += 1
        self.publish(self.n)

    def body(self, n: int) -> dict[str, object]:
        return {"lane": self.lane.name, "n": n, "at": stamp(datetime.now(UTC))}

    @abstractmethod
    def publish(self, n: int) -> None: ...

    @abstractmethod
    def up(self) -> None: ...

    @abstractmethod
    def down(self) -> None: ...

    @property
    def waiting(self) -> int:
        """Sent, and not yet confirmed."""
        return 0


class Kept(Sender):
    """With an outbox, as our own nodes have, and with ids, as they give them. A number counts once it is confirmed."""

    def __init__(self, lane: Lane, link: Link, flow: str, rate: float) -> None:
        super().__init__(lane, link, flow, rate)
        self._outbox = Outbox(link.publish, lambda: link.heard, None)
        self._pruned = 0.0

    def turn(self) -> None:
        super().turn()
        if time.monotonic() - self._pruned > 1:
            self._pruned = time.monotonic()
            self._outbox.prune()

    def publish(self, n: int) -> None:
        message = begin(f"outside.{self.lane.name}", self.body(n), datetime.now(UTC), str(n))
        done: Callable[[], None] = lambda: self.lane.sent.add(n)  # noqa: E731
        self._outbox.send(self._outbox.number([(self.topic, message.dumps(), False)]), done)

    def flood(self, count: int) -> None:
        for _ in range(count):
            self.send()

    def up(self) -> None:
        self._outbox.replay()

    def down(self) -> None:
        self._outbox.open = False

    @property
    def waiting(self) -> int:
        return len(self._outbox)


class Bare(Sender):
    """Bare JSON, sent again only if the broker did not confirm it, as any MQTT client does. What the broker confirmed
    and had not saved when it was killed is nobody's any more: that is counted apart."""

    SAVED = 8.0  # seconds after which a broker that saves every 5 s has saved: mosquitto was seen to take 6

    def __init__(self, lane: Lane, link: Link, flow: str, rate: float) -> None:
        super().__init__(lane, link, flow, rate)
        self._asked: dict[int, bytes] = {}
        self._confirmed: list[tuple[float, int]] = []

    def publish(self, n: int) -> None:
        self._asked[n] = json.dumps(self.body(n)).encode()
        self._out(n)

    def _out(self, n: int) -> None:
        def confirmed() -> None:
            self.lane.sent.add(n)
            if self._asked.pop(n, None):
                self._confirmed.append((time.monotonic(), n))

        self.link.publish(self.topic, self._asked[n], on_sent=confirmed)

    def up(self) -> None:
        for n in list(self._asked):
            self._out(n)

    def down(self) -> None:
        """What is not confirmed is kept in any case."""

    def killed(self, unsaved_since: float) -> None:
        """The broker was, which has saved nothing since."""
        since = min(unsaved_since, time.monotonic()) - self.SAVED
        self.lane.void |= {n for at, n in self._confirmed if at > since}

    @property
    def waiting(self) -> int:
        return len(self._asked)
