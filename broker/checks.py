"""Self-tests of a broker that is not ours: what it would lose or delay, found before the first message does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from .link import Link, Message
from .topics import BASE

BURST = 1500  # above the 1000 that mosquitto queues by default; its inflight window is 20
ROUNDS = 20  # a connection's first ones may be quick whatever its settings: the kernel acknowledges those at once
NAGLE = 0.030  # seconds: a delayed acknowledgement is 40 ms, less some scheduling


class TooSlow(Exception):
    """The broker did not answer in time."""


class Probe:
    """A client that keeps what it is given; `acks` says whether it also acknowledges."""

    def __init__(self, url: str, name: str, until: float, clean: bool = True) -> None:
        self.heard: list[Message] = []
        self.unacked: list[Message] = []
        self.sent = 0
        self.up: bool | None = None  # whether the session was there before
        self.acks, self.until = True, until
        self.link = Link(url, name, on_up=self._up, on_down=self._down, on_message=self._hear, clean=clean)
        self.link.connect()

    def _up(self, present: bool) -> None:
        self.up = present

    def _down(self, why: str) -> None:
        raise TooSlow(why)

    def _hear(self, message: Message) -> None:
        self.heard.append(message)
        if self.acks:
            self.link.ack(message)
        else:
            self.unacked.append(message)

    def _sent(self) -> None:
        self.sent += 1

    def publish(self, topic: str, payload: bytes = b"", retain: bool = False) -> None:
        self.link.publish(topic, payload, retain, self._sent)

    def subscribe(self, *filters: str) -> tuple[str, ...]:
        refused: list[tuple[str, ...]] = []
        self.link.subscribe(filters, refused.append)
        turn(lambda: bool(refused), self.until, self)
        return refused[0]

    def catch_up(self) -> None:
        """Acknowledge what was held back, from now on at once."""
        self.acks = True
        for message in self.unacked:
            self.link.ack(message)
        self.unacked = []


def check(url: str, limit: float = 1.0) -> list[str]:
    """Warnings, in words; none if all is well. Takes no longer than about `limit` seconds and leaves nothing behind."""
    base = f"{BASE}/$check/{uuid4().hex[:12]}"
    until = time.monotonic() + limit
    tests = {
        "keeps messages for clients that are away": session,
        "keeps retained messages": retained,
        "sends small messages at once": nagle,
        "shares a subscription": shared,
        "keeps a burst": burst,
    }
    warnings, unknown, why = [], [], ""
    for name, test in tests.items():
        try:
            warnings += test(url, base, min(until, time.monotonic() + limit * (0.6 if test is burst else 0.4)))
        except TooSlow as wrong:
            unknown.append(name)
            why = str(wrong)
    if unknown:
        warnings.append(f"could not find out whether the broker {', '.join(unknown)} ({why})")
    return warnings


def burst(url: str, base: str, until: float) -> list[str]:
    with probes(url, until, 2) as (slow, quick):
        topic = f"{base}/burst"
        slow.subscribe(topic)
        slow.acks = False
        for number in range(BURST):
            quick.publish(topic, b"%d" % number)
        turn(lambda: quick.sent == BURST, until, quick, slow)
        slow.catch_up()
        end = f"{base}/end"
        slow.subscribe(end)
        before = -1
        while before != count(slow, topic):  # what has not come when nothing more comes is lost
            before = count(slow, topic)
            echoed(slow, end, until)
        kept = len({m.payload for m in slow.heard if m.topic == topic})
        if kept == BURST:
            return []
        return [
            f"the broker lost {BURST - kept} of {BURST} messages of a burst, though it had acknowledged them all: "
            "raise max_queued_messages (mosquitto's default is 1000)"
        ]


def nagle(url: str, base: str, until: float) -> list[str]:
    with probes(url, until, 1) as (probe,):
        topic = f"{base}/echo"
        probe.subscribe(topic)
        in_a_row = 0
        for _ in range(ROUNDS):
            probe.acks = False  # our own words would carry the acknowledgement that the kernel else delays
            gap = between(probe, topic, until)
            probe.catch_up()
            in_a_row = in_a_row + 1 if gap > NAGLE else 0
            if in_a_row == 3:
                return [
                    f"the broker holds small messages back for {gap * 1000:.0f} ms, and again at every node that they "
                    "pass: set set_tcp_nodelay true (mosquitto)"
                ]
        return []


def between(probe: Probe, topic: str, until: float) -> float:
    """How long after the first of two small packets, a message to oneself and its acknowledgement, the second comes."""
    heard, sent = count(probe, topic), probe.sent
    probe.publish(topic)
    turn(lambda: count(probe, topic) > heard or probe.sent > sent, until, probe)
    first = time.monotonic()
    turn(lambda: count(probe, topic) > heard and probe.sent > sent, until, probe)
    return time.monotonic() - first


def shared(url: str, base: str, until: float) -> list[str]:
    none = ["the broker has no shared subscriptions ($share): each replica of a node would do all of the work"]
    with probes(url, until, 2) as (a, b):
        topic = f"{base}/shared"
        if a.subscribe(f"$share/check/{topic}") or b.subscribe(f"$share/check/{topic}"):
            return none
        for _ in range(4):
            a.publish(topic)
        turn(lambda: a.sent == 4, until, a, b)
        for probe in (a, b):
            probe.subscribe(f"{base}/end")
        echoed(a, f"{base}/end", until)
        echoed(b, f"{base}/end", until)
        got = [sum(m.topic == topic for m in probe.heard) for probe in (a, b)]
        return [] if sum(got) == 4 else none


def retained(url: str, base: str, until: float) -> list[str]:
    with probes(url, until, 1) as (probe,):
        topic = f"{base}/kept"
        probe.publish(topic, b"1", retain=True)
        turn(lambda: probe.sent == 1, until, probe)
        try:
            probe.subscribe(topic, f"{base}/end")
            echoed(probe, f"{base}/end", until)
            kept = any(m.topic == topic and m.retain for m in probe.heard)
        finally:
            probe.publish(topic, b"", retain=True)
            probe.link.step(0)
        if kept:
            return []
        return ["the broker keeps no retained messages: after a restart nodes know nothing until something new is sent"]


def session(url: str, base: str, until: float) -> list[str]:
    name, topic = f"check{uuid4().hex[:12]}", f"{base}/away"
    try:
        with probes(url, until, 1, name, clean=False) as (away,):
            away.subscribe(topic)
        with probes(url, until, 1) as (other,):
            other.publish(topic, b"1")
            turn(lambda: other.sent == 1, until, other)
        with probes(url, until, 1, name, clean=False) as (back,):
            back.subscribe(f"{base}/end")
            echoed(back, f"{base}/end", until)
            kept = count(back, topic) > 0
    finally:
        with suppress(TooSlow), probes(url, time.monotonic() + 0.2, 1, name):
            pass  # a clean connection of that name takes the session away
    if kept:
        return []
    return ["the broker keeps no messages for a client that is away: what is sent while a node restarts is lost"]


@contextmanager
def probes(url: str, until: float, number: int, name: str = "", clean: bool = True) -> Iterator[list[Probe]]:
    made = [Probe(url, name or f"check{uuid4().hex[:12]}", until, clean) for _ in range(number)]
    try:
        turn(lambda: all(probe.up is not None for probe in made), until, *made)
        yield made
    finally:
        for probe in made:
            probe.link.close()


def echoed(probe: Probe, topic: str, until: float) -> None:
    """A message to oneself: what came before it is here."""
    heard = count(probe, topic)
    probe.publish(topic)
    turn(lambda: count(probe, topic) > heard, until, probe)


def count(probe: Probe, topic: str) -> int:
    return sum(m.topic == topic for m in probe.heard)


def turn(done: Callable[[], bool], until: float, *probes: Probe) -> None:
    while not done():
        if time.monotonic() > until:
            raise TooSlow("it answers too slowly")
        for probe in probes:
            probe.link.step(0.02 if len(probes) == 1 else 0.001)
