"""What a node has sent stays with it until the broker has surely saved it."""

from __future__ import annotations

from collections.abc import Callable

from wattwire.flows.engine.outbox import Outbox


class Broker:
    """Takes what it is sent when it is told to."""

    def __init__(self) -> None:
        self.now, self.got, self.under_way = 0.0, list[bytes](), list[Callable[[], None]]()
        self.outbox = Outbox(self.publish, lambda: self.now, None)
        self.outbox.open = True

    def publish(self, topic: str, payload: bytes, retain: bool, on_sent: Callable[[], None]) -> None:
        self.got.append(payload)
        self.under_way.append(on_sent)

    def send(self, payload: bytes) -> None:
        self.outbox.send(self.outbox.number([("t", payload, False)]), lambda: None)

    def takes(self) -> None:
        taken, self.under_way = self.under_way, []
        for on_sent in taken:
            on_sent()


def test_what_a_broker_took_just_before_it_died_is_sent_again_however_long_it_stays_dead() -> None:
    broker = Broker()

    broker.send(b"1")
    broker.takes()
    broker.outbox.open = False
    broker.now = 3600.0
    broker.outbox.prune()
    broker.outbox.replay()

    assert broker.got == [b"1", b"1"]


def test_what_a_broker_has_surely_saved_is_forgotten() -> None:
    broker = Broker()

    broker.send(b"1")
    broker.takes()
    broker.now = 31.0
    broker.outbox.prune()
    broker.outbox.replay()

    assert broker.got == [b"1"]


def test_what_a_broker_took_before_it_fell_silent_is_kept_until_it_speaks_again() -> None:
    said = [0.0]
    broker = Broker()
    broker.outbox = Outbox(broker.publish, lambda: said[0], None)
    broker.outbox.open = True

    broker.send(b"1")
    broker.takes()
    broker.outbox.prune()
    kept = len(broker.outbox._entries)
    said[0] = 31.0
    broker.outbox.prune()

    assert (kept, len(broker.outbox._entries)) == (1, 0)


def test_an_input_is_done_with_once_the_broker_has_all_that_came_of_it() -> None:
    broker, done = Broker(), list[str]()

    broker.outbox.send(broker.outbox.number([("t", b"1", False), ("t", b"2", False)]), lambda: done.append("input"))
    first, second = broker.under_way
    second()
    after_one = list(done)
    first()

    assert (after_one, done) == ([], ["input"])


def test_what_led_to_nothing_is_done_with_at_once() -> None:
    broker, done = Broker(), list[str]()

    broker.outbox.send([], lambda: done.append("input"))

    assert done == ["input"]


def test_thousands_of_repetitions_wait_for_one_confirmation() -> None:
    broker, done = Broker(), list[int]()

    broker.send(b"1")
    for n in range(5000):
        broker.outbox.then(lambda n=n: done.append(n))  # type: ignore[misc]
    before = len(done)
    broker.takes()

    assert (before, done) == (0, list(range(5000)))
