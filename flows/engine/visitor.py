"""A guest at a running flow's broker: for commands that look or hand something in, in the main thread."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import yaml

from wattwire.broker import topics
from wattwire.broker.address import address
from wattwire.broker.link import Link, Message

from . import statefolder
from .loading import shipped_flows

PATIENCE = 5.0  # seconds for the broker to answer


class Nobody(Exception):
    """Nobody is running that flow, as far as can be told from here."""


def flow_name(said: str) -> str:
    """A flow by its name, by its file, or by the name of a shipped file."""
    file = shipped_flows().get(said, Path(said))
    if not file.is_file():
        return said
    try:
        name = yaml.load(file.read_text(), yaml.BaseLoader).get("flow")
    except (OSError, UnicodeDecodeError, AttributeError, yaml.YAMLError):
        return said
    return str(name or said)


def broker_of(flow: str, root: Path, named: str = "") -> str:
    """Where the flow's broker is. Raises Nobody, and ValueError for an address that is none."""
    if named:
        address(named)
        return named
    told = statefolder.running(root, flow)
    if told is None:
        with suppress(FileNotFoundError, NotADirectoryError):
            try:
                os.listdir(root / flow)
            except PermissionError:
                raise Nobody(f"{root / flow} is another user's; ask as that user, or with --broker URL") from None
        raise Nobody(f"nobody is running {flow} here; start it with wattwire run, or name its broker with --broker URL")
    return str(told["url"])


class Visitor:
    def __init__(self, url: str) -> None:
        self.heard: Callable[[Message], None] = lambda _: None
        self.down: Callable[[str], None] = lambda _: None
        self._wanted: tuple[str, ...] = ()
        client = f"wattwire-visitor-{os.getpid()}-{secrets.token_hex(3)}"
        self.link = Link(url, client, on_up=lambda _: self._again(), on_down=lambda why: self.down(why),
                         on_message=self._message, clean=True)  # fmt: skip

    def __enter__(self) -> Visitor:
        self.link.connect()
        if not self.until(lambda: self.link.up):
            why = self.link.why  # closing it is another reason
            self.link.close()
            raise Nobody(f"the broker {self.link.address} cannot be reached: {why}")
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    def retained(self, filters: Sequence[str]) -> dict[str, bytes]:
        """What stands on these topics."""
        found, done = dict[str, bytes](), list[bool]()
        end = f"{topics.BASE}/$visitor/{secrets.token_hex(6)}"

        def heard(message: Message) -> None:
            if message.topic == end:
                done.append(True)
            elif message.retain:
                found[message.topic] = message.payload

        with self._hearing(heard):
            self.link.subscribe([*filters, end], lambda _: (self.link.publish(end, b"?"), None)[1])
            self.until(lambda: bool(done))
            self.link.unsubscribe([*filters, end])
        return found

    def publish(self, topic: str, payload: bytes) -> bool:
        """True once the broker has it."""
        done: list[bool] = []
        self.link.publish(topic, payload, on_sent=lambda: done.append(True))
        return self.until(lambda: bool(done))

    def ask(self, flow: str, verb: str, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What the supervisor answers, with `status`, `data` and `error`; None if it is mute."""
        answers, transaction, topic = list[Mapping[str, Any]](), secrets.token_hex(6), topics.response(flow, verb)

        def heard(message: Message) -> None:
            told = json.loads(message.payload) if message.topic == topic else {}
            if told.get("transaction") == transaction:
                answers.append(told)

        request = json.dumps({**asked, "transaction": transaction}).encode()
        with self._hearing(heard):
            self.link.subscribe([topic], lambda _: (self.link.publish(topics.request(flow, verb), request), None)[1])
            self.until(lambda: bool(answers))
            self.link.unsubscribe([topic])
        return answers[0] if answers else None

    def until(self, done: Callable[[], bool], patience: float = PATIENCE) -> bool:
        """Listen until this is so, for at most this many seconds."""
        end = monotonic() + patience
        while not done() and (left := end - monotonic()) > 0:
            self.link.step(min(left, 0.5))
        return done()

    def watch(self, filters: Sequence[str], heard: Callable[[Message], None]) -> None:
        """For ever, over reconnects."""
        self._wanted, self.heard = tuple(filters), heard
        self._again()
        while True:
            self.link.step(5.0)

    def _again(self) -> None:
        if self._wanted:
            self.link.subscribe(self._wanted, None, 0)

    def _message(self, message: Message) -> None:
        self.link.ack(message)
        self.heard(message)

    @contextmanager
    def _hearing(self, heard: Callable[[Message], None]) -> Iterator[None]:
        before, self.heard = self.heard, heard
        try:
            yield
        finally:
            self.heard = before


def graph_of(visitor: Visitor, flow: str) -> Mapping[str, Any]:
    """The deployed graph, from `$flow`. Raises Nobody."""
    topic = topics.graph(flow)
    payload = visitor.retained([topic]).get(topic)
    if not payload:
        raise Nobody(f"nobody is running {flow} on the broker {visitor.link.address}")
    told = json.loads(payload)
    assert isinstance(told, dict)
    return told
