"""Everything that takes bytes from outside, handed bad ones: it does what it owes, soon, and says so in words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from byte_ground import NOW
from byte_targets import bytes_targets, packets
from fuzzing import Target, limited
from hypothesis import HealthCheck, Phase, given, settings

from wattwire.broker.envelope import DEEPEST, begin, instant, loads
from wattwire.broker.pipe import Broken
from wattwire.broker.traffic import Traffic
from wattwire.flows.engine.inhand import InHand
from wattwire.flows.engine.logbook import Entry, Logbook
from wattwire.flows.engine.ownership import Claim, Claims
from wattwire.flows.engine.statefolder import alive, running
from wattwire.flows.engine.store import Damaged, Store
from wattwire.flows.engine.verbs import Verbs

TARGETS = {target.name: target for target in bytes_targets()}
INPUTS = [60, pytest.param(20_000, marks=[pytest.mark.long, pytest.mark.timeout(3000)])]


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("name", TARGETS)
def test_whatever_the_bytes_are(name: str, inputs: int) -> None:
    live_through(TARGETS[name], inputs)


def live_through(target: Target, inputs: int) -> None:
    """The short form is the same every time; the long one never is."""
    short = inputs < 1000

    @settings(max_examples=inputs, derandomize=short, database=None, deadline=None,
              suppress_health_check=list(HealthCheck),
              phases=(Phase.generate,) if short else (Phase.generate, Phase.shrink))  # fmt: skip
    @given(target.inputs)
    def each(data: bytes) -> None:
        target.try_(data)

    each()


def careless(data: bytes) -> None:
    """A parser with what is wrong most often."""
    told = json.loads(data)
    if told.get("value", 1) < 0:
        raise RuntimeError


def slow(data: bytes) -> None:
    if b"}}" in data:
        while True:
            pass


@pytest.mark.parametrize("parser", [careless, slow])
def test_a_parser_that_is_broken_is_found_out(parser: Any) -> None:
    broken = Target("broken", lambda data: within(parser, data), (b'{"value": {"a": {}}}',))

    with pytest.raises(BaseException) as found:  # noqa: PT011
        live_through(broken, 60)

    assert "Hang" in repr(found.value) if parser is slow else not isinstance(found.value, AssertionError)


def within(parser: Any, data: bytes) -> None:
    with limited(0.1):
        parser(data)


def test_inputs_are_bad_in_many_ways_and_good_at_times() -> None:
    chance, target = Random(1), TARGETS["envelope"]
    made = [target.blind(chance) for _ in range(400)]

    assert len(set(made)) > 200
    assert 20 < sum(_reads(data) for data in made) < 380


def _reads(data: bytes) -> bool:
    try:
        return bool(loads(data, NOW).source)
    except ValueError:
        return False


# Found so, each once more


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "9" * 5000])
def test_a_number_that_could_not_be_written_again_is_not_read(number: str) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        loads(f'{{"power": {number}}}'.encode(), NOW)


@pytest.mark.parametrize("levels", [51, 400, 970, 100_000])
def test_brackets_within_brackets_are_not_read_before_they_cannot_be_written(levels: int) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        loads(b"[" * levels + b"]" * levels, NOW)


def test_what_was_read_from_outside_may_be_wrapped_and_read_again() -> None:
    body = loads(b"[" * 50 + b"]" * 50, NOW).body
    wrapped = begin("a.b", {"topic": "x", "payload": body}, NOW, "1").dumps()

    assert loads(wrapped, NOW).body["payload"] == body
    with pytest.raises(ValueError, match="too deep"):
        loads(begin("a.b", _nested(DEEPEST), NOW, "1").dumps(), NOW)


def _nested(levels: int) -> Any:
    return [_nested(levels - 1)] if levels else []


@pytest.mark.parametrize("attempts", [{"e": -1}, {"e": 10**400}, {"e": 1.5}, ["e"], {"e": "1"}])
def test_attempts_that_nobody_counts_are_no_envelope(attempts: Any) -> None:
    told = json.loads(begin("a.b", 1, NOW, "1").dumps()) | {"attempts": attempts}

    with pytest.raises(ValueError, match="not an envelope"):
        loads(json.dumps(told).encode(), NOW)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_at_the_end_of_the_calendar_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="no time that there is"):
        instant(text)


@pytest.mark.parametrize("text", ["2026-11-20\ud80012:00", "\ud800", "x" * 10_000])
def test_what_is_said_of_a_time_that_is_none_can_be_printed(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|isoformat") as wrong:
        instant(text)

    assert str(wrong.value).encode()
    assert len(str(wrong.value)) < 200


@pytest.mark.parametrize(
    "data", [b"2\x00", b"2\x03\x0c:\x00", b"0\x03\x00\x09x", b"@\x00", b"@\x03abc", b"2\x03\x00\x01x"]
)
def test_half_a_packet_ends_the_connection_and_nothing_else(data: bytes) -> None:
    packets(data)

    with pytest.raises(Broken, match="half a packet"):
        Traffic(1).read(0x32, b"\x00\x05x", 1)


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 5000,
        json.dumps({"supervisor": "x", "epoch": [3]}).encode(),
        json.dumps({"supervisor": "x", "epoch": 10**30, "boot": "boot", "pid": 10**30}).encode(),
        json.dumps({"supervisor": "x", "epoch": 3, "presence": [{}]}).encode(),
        json.dumps({"supervisor": "x", "epoch": 3, "host": "\ud800"}).encode(),
        b"\xff",
    ],
)
def test_a_claim_that_is_none_takes_no_node_away(payload: bytes) -> None:
    mine = Claim("me", 2, "here", 7, "boot", "presence")
    claims = Claims(mine, alive)
    claims.heard("n", mine.dumps())

    assert claims.heard("n", payload)  # ours is said again
    assert claims.mine("n")
    assert claims.other("n") is None


@pytest.mark.parametrize("text", ["[" * 5000, '{"url": "x", "pid": 2147483648}', '{"url": "x", "pid": -1}', "\udcff"])
def test_a_note_of_a_run_that_is_none_is_nobody_running(text: str, tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "broker.json").write_text(text, errors="surrogateescape")

    assert running(tmp_path, "f") is None


def test_a_log_takes_half_a_character_and_lines_that_are_none(tmp_path: Path) -> None:
    book = Logbook(tmp_path)
    book.add(Entry(NOW, "n", "error", "bad: \ud800"))
    with book.path.open("a") as out:
        out.write(
            "[" * 5000 + "\n" + '{"at": "9999-12-31T23:59:59Z", "node": "n", "level": "x", "text": "18:30 UTC"}\n'
        )

    assert [entry.text for entry in book.entries()] == ["bad: ?"]


@pytest.mark.parametrize("text", ["[" * 4000, '{"k": "1"}', '{"k": [1]}', "7", '[["k", 1]]', "\xff", '{"k": 1e5}'])
def test_tries_that_cannot_be_read_are_counted_anew(text: str, tmp_path: Path) -> None:
    (tmp_path / "n.hand").write_text(text, "latin-1")
    hand = InHand(tmp_path / "n.hand")

    assert [hand.take("k"), hand.take("k")] == [1, 2]


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE kept SET value = '[1]'",
        "UPDATE kept SET value = '{'",
        "UPDATE kept SET value = '{\"held\": 3}'",
        "DROP TABLE aside; CREATE TABLE aside (number INTEGER PRIMARY KEY, at TEXT)",
        "DROP TABLE outbox; CREATE TABLE outbox (id TEXT)",
        "UPDATE kept SET value = CAST(x'ff' AS TEXT)",
        "INSERT INTO aside VALUES (1, CAST(x'ff' AS TEXT), 'in', x'00', 'a bug')",
        "INSERT INTO seen VALUES (9, CAST(x'ff' AS TEXT))",
    ],
)
def test_a_file_of_another_shape_is_damaged(spoil: str, tmp_path: Path) -> None:
    it = Store(tmp_path / "n.db")
    it.commit(snapshot={"state": None, "held": {}})
    it._db.executescript(spoil)
    it.close()

    with pytest.raises(Damaged):
        Store(tmp_path / "n.db")


def test_a_file_that_says_it_is_of_a_later_version_is_damaged(tmp_path: Path) -> None:
    """SQLite would read such a file, and write nothing."""
    Store(tmp_path / "n.db").close()
    whole = (tmp_path / "n.db").read_bytes()
    (tmp_path / "n.db").write_bytes(whole[:18] + b"\3" + whole[19:])

    with pytest.raises(Damaged, match="readonly"):
        Store(tmp_path / "n.db")


# Requests


class Run:
    """Takes the place of a flow that runs."""

    def __init__(self) -> None:
        self.owned, self.paused, self.told = {"n"}, False, list[Any]()
        self.minders, self.bus, self.flow = {"n": self}, self, self
        self.name, self.nodes = "f", dict[str, Any]()

    def send(self, message: Any) -> None:
        self.told.append(message)

    def publish(self, topic: str, payload: bytes) -> None:
        self.told.append((topic, json.loads(payload)))


ODD: list[Any] = [[], {}, 1, None, "x" * 100_000]


@pytest.mark.parametrize("verb", ["restart", "again", "send", "pause", "deploy", "../x", "\u00e9"])
@pytest.mark.parametrize(
    "payload",
    [
        *(b"", b"null", b"[]", b"\xff", b"[" * 5000, b'{"node": NaN}', b"9" * 5000, b'{"node": "\\ud800"}'),
        *(json.dumps(dict.fromkeys(("node", "to", "number", "on"), v)).encode() for v in ODD),
        *(b'{"transaction": {"a": [1]}, "node": "m", "number": "all"}', b'{"to": "n.x", "body": 1e999}'),
    ],
)
def test_a_request_that_cannot_be_done_is_answered_with_why(verb: str, payload: bytes) -> None:
    run: Any = Run()
    run.means = type("Means", (), {"options": type("Options", (), {"reload": None})})
    Verbs(asyncio.run).heard(run, verb, payload)
    topic, told = run.told[-1]

    assert topic == f"wattwire/f/$response/{verb}"
    assert told["status"] == "error"
    assert 0 < len(told["error"]) < 500
