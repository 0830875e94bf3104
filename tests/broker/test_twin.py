"""One table for the in-memory twin, mosquitto and the embedded broker: what is tested on one is true of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from wattwire.broker.memory import MemoryBroker, Session
from wattwire.broker.private import PrivateBroker
from wattwire.broker.will import Will

# Steps: `client verb …`: on [clean] [will TOPIC TEXT], off (a farewell), lose (none), sub, unsub, pub, keep (retained).
# Heard: what each client was given, in order; (r) marks what was retained.
EVERYWHERE: list[tuple[str, str, dict[str, str]]] = [
    ("a filter's wildcards", "a on, a sub t/+, b on, b pub t/1 x, b pub t/1/2 y, b pub u x", {"a": "t/1=x"}),
    ("a hash takes all below, and its parent", "a on, a sub t/#, b on, b pub t x, b pub t/1/2 y", {"a": "t=x t/1/2=y"}),
    ("one's own messages come back", "a on, a sub t, a pub t x", {"a": "t=x"}),
    ("order is kept", "a on, a sub t/#, b on, b pub t/2 a, b pub t/1 b, b pub t/2 c", {"a": "t/2=a t/1=b t/2=c"}),
    ("a $ below the first level is like any", "a on, a sub t/#, b on, b pub t/$status x", {"a": "t/$status=x"}),
    ("an end of a subscription", "a on, a sub t, b on, b pub t x, a unsub t, b pub t y", {"a": "t=x"}),
    ("retained is given to who comes later", "b on, b keep t x, a on, a sub t", {"a": "t=x(r)"}),
    ("only the last is retained", "b on, b keep t x, b keep t y, a on, a sub t", {"a": "t=y(r)"}),
    ("who is there hears it as news", "a on, a sub t, b on, b keep t x", {"a": "t=x"}),
    ("empty clears", "b on, b keep t x, b keep t -, a on, a sub t", {"a": ""}),
    ("empty is heard by who is there", "b on, b keep t x, a on, a sub t, b keep t -", {"a": "t=x(r) t=-"}),
    ("a plain message leaves the retained one", "b on, b keep t x, b pub t y, a on, a sub t", {"a": "t=x(r)"}),
    ("subscribing again gives it again", "b on, b keep t x, a on, a sub t, a sub t", {"a": "t=x(r) t=x(r)"}),
    ("queued while away", "a on, a sub t, a off, b on, b pub t x, b pub t y, a on", {"a": "t=x t=y"}),
    ("queued after a loss too", "a on, a sub t, a lose, b on, b pub t x, a on", {"a": "t=x"}),
    ("a subscription lasts over a return", "a on, a sub t, a off, a on, b on, b pub t x", {"a": "t=x"}),
    ("a clean session forgets", "a on clean, a sub t, a off, b on, b pub t x, a on clean, b pub t y", {"a": ""}),
    ("a clean return clears what waited", "a on, a sub t, a off, b on, b pub t x, a on clean", {"a": ""}),
    ("a will on a loss", "b on, b sub w, a on will w bye, a lose", {"b": "w=bye"}),
    ("no will on a farewell", "b on, b sub #, a on will w bye, a off, b pub t x", {"b": "t=x"}),
    ("a will is retained", "a on will w bye, a lose, b on, b sub w", {"b": "w=bye(r)"}),
    ("a will for who is away", "b on, b sub w, b off, a on will w bye, a lose, b on", {"b": "w=bye"}),
    (
        "a later connection of the name goes on",
        "a on, a sub t, a on, b on, b pub t x, a off, b pub t y, a on",
        {"a": "t=x t=y"},
    ),
    ("another will at the next connection", "b on, b sub w, a on will w 1, a off, a on will w 2, a lose", {"b": "w=2"}),
]
NOT_EMBEDDED: list[tuple[str, str, dict[str, str]]] = [
    ("overlapping filters deliver once", "a on, a sub t/#, a sub t/+, b on, b pub t/1 x", {"a": "t/1=x"}),
    ("takeover: a session that goes on has not died", "b on, b sub w, a on will w 1, a on, b pub w x", {"b": "w=x"}),
]


class Memory:
    """Plays the steps on the twin."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.sessions: dict[str, Session] = {}
        self.heard: dict[str, list[str]] = {}

    def on(self, name: str, clean: bool, will: Will | None) -> None:
        log = self.heard.setdefault(name, [])
        self.sessions[name] = self.broker.connect(
            name, will, clean, lambda topic, payload, retained: log.append(shown(topic, payload, retained))
        )

    def do(self, name: str, verb: str, *words: str) -> None:
        session = self.sessions[name]
        match verb, words:
            case "off", ():
                session.disconnect()
            case "lose", ():
                session.lose()
            case "sub", (filter,):
                session.subscribe(filter)
            case "unsub", (filter,):
                session.unsubscribe(filter)
            case (("pub" | "keep"), (topic, text)):
                session.publish(topic, raw(text), verb == "keep")
            case _:
                raise AssertionError(f"no such step: {verb}")

    def told(self, name: str, expected: str) -> str:
        return " ".join(self.heard[name])


class Real:
    """Plays them on a real broker, each time with names and topics of its own."""

    def __init__(self, broker: PrivateBroker, dial: Callable[..., Any]) -> None:
        self.broker, self.dial, self.run = broker, dial, uuid4().hex[:8]
        self.wires: dict[str, Any] = {}
        self.heard: dict[str, list[str]] = {}

    def on(self, name: str, clean: bool, will: Will | None) -> None:
        if will:
            will = Will(f"{self.run}/{will.topic}", will.payload, will.retain)
        if name in self.wires:
            self.past(name)
        self.wires[name] = self.dial(self.broker, f"{self.run}-{name}", clean=clean, will=will)

    def do(self, name: str, verb: str, *words: str) -> None:
        wire = self.wires[name]
        match verb, words:
            case "off", ():
                wire.settle()
                self.past(name)
                wire.close()
            case "lose", ():
                wire.settle()
                self.past(name)
                wire.lose()
            case "sub", (filter,):
                wire.subscribe(f"{self.run}/{filter}")
                wire.settle()
            case "unsub", (filter,):
                wire.settle()
                wire.link.unsubscribe([f"{self.run}/{filter}"])
                wire.settle()
            case (("pub" | "keep"), (topic, text)):
                wire.publish(f"{self.run}/{topic}", raw(text).decode(), verb == "keep")
            case _:
                raise AssertionError(f"no such step: {verb}")

    def past(self, name: str) -> None:
        """What a connection that is over had heard."""
        wire, cut = self.wires[name], len(self.run) + 1
        self.heard.setdefault(name, []).extend(shown(m.topic[cut:], m.payload, m.retain) for m in wire.heard)
        wire.heard = []

    def told(self, name: str, expected: str) -> str:
        wire = self.wires[name]
        wire.settle()
        self.past(name)
        return " ".join(self.heard[name])


def raw(text: str) -> bytes:
    return b"" if text == "-" else text.encode()


def shown(topic: str, payload: bytes, retained: bool) -> str:
    return f"{topic}={payload.decode() or '-'}{'(r)' if retained else ''}"


def played(player: Memory | Real, steps: str, names: dict[str, str]) -> dict[str, str]:
    for step in steps.split(", "):
        match step.split():
            case [name, "on", *words]:
                will = Will(words[-2], words[-1].encode()) if "will" in words else None
                player.on(name, "clean" in words, will)
            case [name, verb, *words]:
                player.do(name, verb, *words)
    return {name: player.told(name, expected) for name, expected in names.items()}


def table(cases: list[tuple[str, str, dict[str, str]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("steps", "heard"), [case[1:] for case in cases], ids=[case[0] for case in cases])


@table(EVERYWHERE + NOT_EMBEDDED)
def test_the_twin(steps: str, heard: dict[str, str]) -> None:
    assert played(Memory(), steps, heard) == heard


@table(EVERYWHERE)
def test_a_real_broker(broker: PrivateBroker, dial: Callable[..., Any], steps: str, heard: dict[str, str]) -> None:
    assert played(Real(broker, dial), steps, heard) == heard


@pytest.mark.broker
@pytest.mark.mosquitto
@table(NOT_EMBEDDED)
def test_mosquitto_alone(mosquitto: PrivateBroker, dial: Callable[..., Any], steps: str, heard: dict[str, str]) -> None:
    assert played(Real(mosquitto, dial), steps, heard) == heard


@pytest.fixture
def memory() -> MemoryBroker:
    return MemoryBroker()


def test_a_first_level_with_a_dollar_is_taken_by_name_only(memory: MemoryBroker) -> None:
    heard: list[str] = []
    a = memory.connect("a", on_message=lambda topic, *_: heard.append(topic))
    for filter in ("#", "+/x", "$SYS/x"):
        a.subscribe(filter)

    memory.publish("$SYS/x", b"1")
    memory.publish("$OTHER/x", b"1")

    assert heard == ["$SYS/x"]


def test_an_answer_from_within_a_callback_comes_after_what_is_under_way(memory: MemoryBroker) -> None:
    heard: list[str] = []

    def on_message(topic: str, payload: bytes, retained: bool) -> None:
        heard.append(f"{topic}={payload.decode()}")
        if payload == b"ask":
            memory.publish("t", b"answer")

    for name in ("a", "b"):
        memory.connect(name, on_message=on_message).subscribe("t")
    memory.publish("t", b"ask")

    assert heard == ["t=ask", "t=ask", *["t=answer"] * 4]


def test_an_outage_keeps_sessions_and_speaks_no_will(memory: MemoryBroker) -> None:
    heard: list[str] = []
    a = memory.connect("a", Will("t", b"gone"), on_message=lambda topic, payload, _: heard.append(payload.decode()))
    a.subscribe("t")
    memory.down()
    with pytest.raises(ConnectionError):
        a.publish("t", b"lost")
    with pytest.raises(ConnectionRefusedError):
        memory.connect("b")
    memory.up()
    memory.publish("t", b"waiting")

    again = memory.connect("a", on_message=lambda topic, payload, _: heard.append(payload.decode()))

    assert (heard, again.present) == (["waiting"], True)


def test_killed_before_it_saved_it_knows_nobody(memory: MemoryBroker) -> None:
    memory.connect("a").subscribe("t")
    memory.publish("t", b"x", retain=True)
    memory.forget()
    memory.up()

    again = memory.connect("a")

    assert (again.present, again.filters, memory.retained) == (False, {}, {})


def test_quality_0_does_not_wait_for_who_is_away(memory: MemoryBroker) -> None:
    a = memory.connect("a")
    a.subscribe("t", qos=0)
    a.subscribe("u")
    a.disconnect()
    memory.publish("t", b"1")
    memory.publish("u", b"2", qos=0)
    memory.publish("u", b"3")

    assert list(a.queue) == [("u", b"3")]
