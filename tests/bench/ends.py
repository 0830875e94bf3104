"""Both ends of a chain: sends numbered messages in, sees them come out."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count as numbers
from itertools import pairwise

from wattwire.broker.envelope import begin
from wattwire.broker.link import Link, Message
from wattwire.broker.topics import into

from .progress import loud

TEXT = "x" * 118
CLIENTS = numbers()


def body(n: int) -> dict[str, object]:
    """200 bytes of JSON."""
    return {"n": n, "at": "2026-11-20T12:00:00.000Z", "power": 1234.5, "soc": 55.0, "text": TEXT}


def plain(n: int) -> bytes:
    return json.dumps(body(n)).encode()


def enveloped(n: int) -> bytes:
    """The same for a node of ours: its envelope comes on top. No two are alike, ever."""
    return begin("bench.out", body(n), datetime.now(UTC), f"{os.getpid()} {time.monotonic()} {n}").dumps()


def number(payload: bytes) -> int:
    """Without reading it all: it costs whoever is measured as much as us."""
    at = payload.index(b'"n":') + 4
    return int(payload[at : payload.index(b",", at)])


class Ends:
    def __init__(self, url: str, first: str, last: str, payload: Callable[[int], bytes] = plain) -> None:
        self.first, self.last, self.payload = first, last, payload
        self.came: dict[int, float] = {}  # of this measurement: when each came
        self.wrong = self.total = 0  # lost, or out of order; all that were sent
        self._first = self._next = 0  # no number is used twice, so that what is late is nobody else's
        self._ready = False
        self.link = Link(url, f"bench{os.getpid()}-{next(CLIENTS)}", on_up=self._up,
                         on_down=lambda why: None, on_message=self._heard, clean=True, window=20000)  # fmt: skip
        self.link.connect()
        self.until(lambda: self._ready)

    def _up(self, session: bool) -> None:
        self.link.subscribe([self.last], self._subscribed)

    def _subscribed(self, refused: tuple[str, ...]) -> None:
        self._ready = True

    def _heard(self, message: Message) -> None:
        if (n := number(message.payload)) >= self._first:
            self.came.setdefault(n, time.monotonic())
        self.link.ack(message)

    def until(self, done: Callable[[], bool], limit: float = 30) -> None:
        ends = time.monotonic() + limit
        while not done():
            if time.monotonic() > ends:
                raise TimeoutError(f"of {self.first}, {len(self.came)} messages came through in {limit:.0f} s")
            self.link.step(0.05)

    def _begin(self, count: int) -> list[bytes]:
        """So many new messages. What was sent before is of no more interest, should it still come."""
        self._first, self._next = self._next, self._next + count
        self.came.clear()
        return [self.payload(n) for n in range(self._first, self._next)]

    def answers(self, limit: float = 60) -> float:
        """Wait until a message comes through the chain. When the first did: monotonic."""
        ends, patience = time.monotonic() + limit, 0.02
        self.came.clear()
        while not self.came:
            if time.monotonic() > ends:
                raise TimeoutError(f"nothing comes through from {self.first} to {self.last}")
            self.link.publish(self.first, self.payload(self._next))
            self._next += 1
            again, patience = time.monotonic() + patience, patience * 1.5  # a slow chain is not to be filled
            while not self.came and time.monotonic() < again:
                self.link.step(0.01)
        arrived = next(iter(self.came.values()))
        self.rest()
        return arrived

    def rest(self, seconds: float = 0.3) -> None:
        """Until nothing has come for so long."""
        ends, seen = time.monotonic() + seconds, len(self.came)
        while (now := time.monotonic()) < ends:
            self.link.step(0.05)
            if len(self.came) > seen:
                ends, seen = now + seconds, len(self.came)

    def saturated(self, count: int) -> float:
        """Messages a second, as many under way as the chain takes."""
        payloads = self._begin(count)
        began = time.monotonic()
        for payload in payloads:
            self.link.publish(self.first, payload)
        try:
            self.until(lambda: len(self.came) >= count)
        except TimeoutError as wrong:
            loud(str(wrong))
        took = max(self.came.values(), default=began + 30) - began
        self.total += count
        self.wrong += count - len(self.came) + sum(a > b for a, b in pairwise(self.came))
        return len(self.came) / took

    def windowed(self, count: int, window: int) -> float:
        """Messages a second, never more than so many under way: a burst hides what a chain holds back."""
        payloads, sent, began = self._begin(count), 0, time.monotonic()
        ends = began + 30
        while len(self.came) < count:
            if time.monotonic() > ends:
                raise TimeoutError(f"of {self.first}, {len(self.came)} of {count} messages came through")
            while sent < min(count, len(self.came) + window):
                self.link.publish(self.first, payloads[sent])
                sent += 1
            self.link.step(0.05)
        return count / (time.monotonic() - began)

    def paced(self, count: int, a_second: float) -> list[float]:
        """Milliseconds from end to end, of each."""
        sent, due = [], time.monotonic()
        for payload in self._begin(count):
            while time.monotonic() < due:
                self.link.step(max(0.0, due - time.monotonic()))
            sent.append(time.monotonic())
            self.link.publish(self.first, payload)
            self.link.step(0)
            due += 1 / a_second
        self.until(lambda: len(self.came) == count)
        return [(self.came[n] - at) * 1000 for n, at in enumerate(sent, self._first)]

    def single(self, count: int) -> list[float]:
        """Milliseconds, one under way at a time."""
        took = []
        for _ in range(count):
            (payload,) = self._begin(1)
            began = time.monotonic()
            self.link.publish(self.first, payload)
            self.until(lambda: bool(self.came))
            took.append((time.monotonic() - began) * 1000)
        return took

    def close(self) -> None:
        self.link.close()


def ticked(url: str, flow: str, measured: Callable[[], float]) -> float:
    """What is measured while the house's rate is asked for 50 times a second, which goes on to all that hang on it."""
    over = threading.Event()

    def tick() -> None:
        ends = Ends(url, into(flow, "rateResolver", "tick"), "bench/nothing")
        while not over.wait(0.02):
            ends.link.publish(ends.first, json.dumps({"at": f"{datetime.now(UTC):%FT%TZ}"}).encode())
            ends.link.step(0)
        ends.close()

    ticking = threading.Thread(target=tick)
    ticking.start()
    try:
        return measured()
    finally:
        over.set()
        ticking.join()


def percentile(values: Sequence[float], share: float) -> float:
    """Of what was seen; no value is made up between two."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share / 100))]
