"""Brokers to test on, and clients that speak to them all in one way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from wattwire.broker import private
from wattwire.broker.link import Link, Message
from wattwire.broker.private import PrivateBroker
from wattwire.broker.will import Will

KINDS = [
    pytest.param("mosquitto", marks=[pytest.mark.broker, pytest.mark.mosquitto]),
    pytest.param("embedded", marks=pytest.mark.broker),
]


class Wire:
    """A client over a real link, with what it heard. Nothing happens but in `until`."""

    def __init__(self, url: str, client: str, clean: bool = False, will: Will | None = None, acks: bool = True) -> None:
        self.heard: list[Message] = []
        self.ups: list[bool] = []
        self.downs: list[str] = []
        self.sent: list[str] = []
        self.acks = acks
        self.link = Link(
            url, client, on_up=self.ups.append, on_down=self.downs.append, on_message=self.hear, clean=clean, will=will
        )
        self.link.connect()

    def hear(self, message: Message) -> None:
        self.heard.append(message)
        if self.acks:
            self.link.ack(message)

    def until(self, done: Callable[[], object], seconds: float = 40.0) -> None:
        limit = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < limit, (self.heard, self.ups, self.downs, self.link.why)
            self.link.step(0.05)

    def subscribe(self, *filters: str) -> tuple[str, ...]:
        answer: list[tuple[str, ...]] = []
        assert self.link.subscribe(filters, answer.append)
        self.until(lambda: answer)
        return answer[0]

    def publish(self, topic: str, payload: str, retain: bool = False) -> None:
        """Returns when the broker has it."""
        done: list[bool] = []
        assert self.link.publish(topic, payload.encode(), retain, lambda: done.append(True))
        self.until(lambda: done)

    def settle(self) -> None:
        """Everything published before this has been delivered to us: a message to ourselves comes after it."""
        topic = f"settle/{uuid4().hex}"
        self.subscribe(topic)
        self.publish(topic, "")
        self.until(lambda: any(m.topic == topic for m in self.heard))
        if not self.acks:
            self.link.ack(self.heard[-1])
        self.heard = [m for m in self.heard if m.topic != topic]
        self.link.unsubscribe([topic])

    def lose(self) -> None:
        """End without a farewell; returns when the broker has noticed."""
        assert self.link._pipe
        self.link._pipe.leave()
        self.link.close(farewell=False)

    def close(self, farewell: bool = True) -> None:
        self.link.close(farewell)


Dial = Callable[..., Wire]


@pytest.fixture(scope="module", params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    with private.start(tmp_path_factory.mktemp("b"), request.param, port=0) as running:
        yield running


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    with private.start(tmp_path_factory.mktemp("m"), "mosquitto", port=0) as running:
        yield running


@pytest.fixture
def dial() -> Iterator[Dial]:
    """Connect a client; all are closed at the end."""
    open_: list[Wire] = []

    def connect(where: PrivateBroker | str, client: str = "", up: bool = True, **more: object) -> Wire:
        url = where if isinstance(where, str) else where.nearest
        wire = Wire(url, client or uuid4().hex, **more)  # type: ignore[arg-type]
        open_.append(wire)
        if up:
            wire.until(lambda: wire.ups)
        return wire

    yield connect
    for wire in open_:
        wire.close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "s"
