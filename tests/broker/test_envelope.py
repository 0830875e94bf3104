"""What is written is what is read, and what is no envelope is a bare body from outside."""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from wattwire.broker import envelope as module
from wattwire.broker.envelope import Envelope, begin, instant, loads, parse, stamp

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TICK = begin("clock.tick", {"at": "2026-11-20T12:00:00Z"}, NOON, "1")
PLAIN = '{"id":"i","from":"a.b","at":"2026-11-20T12:00:00Z","body":1'

times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
texts = st.text(max_size=20)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
envelopes = st.builds(
    Envelope,
    id=st.text(min_size=1, max_size=20),
    root=st.text(min_size=1, max_size=20),
    cause=texts,
    source=texts,
    at=times,
    body=bodies,
    attempts=st.dictionaries(texts, st.integers(0, 9), max_size=3),
    edge=texts,
)


@given(envelopes)
def test_what_is_written_is_what_is_read(envelope: Envelope) -> None:
    assert loads(envelope.dumps(), NOON) == envelope


@pytest.fixture(scope="module")
def readers() -> list[Any]:
    """What JSON is read and written with: orjson, where it is installed, and what Python has."""
    return [pytest.importorskip("orjson"), None]


def each(readers: list[Any], do: Callable[[], Any]) -> list[Any]:
    """What it comes to with each of them; a refusal is one, whatever its words."""
    found = []
    for reader in readers:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "QUICK", reader)
            try:
                found.append(do())
            except ValueError:
                found.append(ValueError)
    return found


@given(envelopes)
def test_who_writes_it_makes_no_difference(readers: list[Any], envelope: Envelope) -> None:
    ours, plain = each(readers, lambda: json.loads(envelope.dumps()))

    assert (ours, list(ours)) == (plain, list(plain))


@pytest.mark.parametrize("body", [math.nan, [math.inf], {"a": {"b": -math.inf}}])
def test_what_is_no_number_is_not_written(readers: list[Any], body: Any) -> None:
    assert each(readers, begin("a.b", body, NOON, "1").dumps) == [ValueError, ValueError]


@given(
    bodies.map(json.dumps).map(str.encode)
    | st.text('[]{}",:.0123456789eE+-truefalsn \\u\n').map(str.encode)
    | st.binary()
)
@example(b"1e999")
@example(b"NaN")
@example(b'{"a":1,"a":2}')
@example(b'"\\ud83d"')
@example(b"\xef\xbb\xbf1")
@example(b"[" * 2000)
@example(b"[" * 101 + b"]" * 101)
@example(b'"\xed\xa0\xbd"')
@example(b" 1 ")
@example(b"1 1")
def test_who_reads_it_makes_no_difference(readers: list[Any], payload: bytes) -> None:
    assume(not re.search(rb"\d{19}", payload))  # orjson has no whole numbers beyond 64 bits
    ours, plain = each(readers, lambda: repr(parse(payload)))

    assert ours == plain


def test_half_a_character_passes_unharmed() -> None:
    read = loads(b'"\\ud83d"', NOON)

    assert loads(read.dumps(), NOON).body == "\ud83d"


@given(times)
def test_a_time_too(at: datetime) -> None:
    assert instant(stamp(at)) == at


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOON, "2026-11-20T12:00:00Z"),
        (NOON.replace(microsecond=5000), "2026-11-20T12:00:00.005Z"),
        (NOON.astimezone(timezone(timedelta(hours=1))), "2026-11-20T12:00:00Z"),
    ],
)
def test_times_are_utc_with_milliseconds_only_where_there_are_any(at: datetime, text: str) -> None:
    assert stamp(at) == text


@given(bodies.filter(lambda body: not (isinstance(body, dict) and {"id", "from", "at", "body"} <= body.keys())))
def test_json_that_is_no_envelope_is_a_body_and_begins_a_chain(body: Any) -> None:
    read = loads(json.dumps(body).encode(), NOON)

    assert (read.body, read.at, read.cause, read.source, read.root) == (body, NOON, "", "", read.id)


def test_two_bare_bodies_are_two_messages() -> None:
    assert loads(b"1", NOON).id != loads(b"1", NOON).id


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("\xff", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (PLAIN.replace("Z", "") + "}", "a time without a zone"),
        (PLAIN.replace("2026", "soon") + "}", "not an envelope"),
        (PLAIN + ',"attempts":{"a->b":"two"}}', "attempts must be counts per edge"),
        (PLAIN + ',"attempts":[1]}', "not an envelope"),
    ],
)
def test_what_cannot_be_read_says_why(payload: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        loads(payload.encode("latin-1"), NOON)


@pytest.mark.parametrize("payload", [PLAIN + "}", PLAIN + ',"root":null,"cause":null,"attempts":null,"more":1}'])
def test_what_a_stranger_leaves_out_is_filled_in(payload: str) -> None:
    assert loads(payload.encode(), NOON) == Envelope("i", "i", "", "a.b", NOON, 1)


def test_a_repetition_makes_the_same_id() -> None:
    assert TICK.onward("a.out", 1, NOON).id == TICK.onward("a.out", 2, NOON + timedelta(hours=1)).id


def test_another_port_position_or_cause_makes_another_id() -> None:
    other = begin("clock.tick", {}, NOON, "2")
    ids = {
        TICK.id,
        other.id,
        TICK.onward("a.out", 1, NOON).id,
        TICK.onward("a.other", 1, NOON).id,
        TICK.onward("a.out", 1, NOON, position=1).id,
        other.onward("a.out", 1, NOON).id,
    }

    assert len(ids) == 6


def test_a_chain_can_be_traced_back() -> None:
    first = TICK.onward("a.out", 1, NOON)
    second = first.onward("b.out", 2, NOON)

    assert [(e.root, e.cause) for e in (TICK, first, second)] == [
        (TICK.id, ""),
        (TICK.id, TICK.id),
        (TICK.id, first.id),
    ]


def test_an_edge_carries_the_very_message_with_its_counts() -> None:
    carried = TICK.carried("a.out->b.in", {"a.out->b.in": 2}, None)

    assert (carried.id, carried.edge, carried.attempts) == (TICK.id, "a.out->b.in", {"a.out->b.in": 2})
    assert carried.onward("b.out", 1, NOON).attempts == {"a.out->b.in": 2}
