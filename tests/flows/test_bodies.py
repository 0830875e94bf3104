import dataclasses
import inspect
import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwire.flows.engine.alike import handed
from wattwire.flows.engine.bodies import BadBody, decode, decoder, encode, masked, traced
from wattwire.nodes import Fault, Secret, messages
from wattwire.nodes.messages import Car, Dispatch, Plan, Price, Prices, Rate, Tick, Token

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BODIES = [getattr(messages, name) for name in messages.__all__]
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as bodies may hold them."""
    if kind is datetime:
        return TIMES
    if kind is Secret:
        return st.text().map(Secret)
    if kind is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{f.name: values(hints[f.name]) for f in dataclasses.fields(kind)})  # type: ignore[arg-type]
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(values(args[0]), max_size=3).map(tuple)
    if args:
        return st.one_of(*(values(a) for a in args))
    return st.from_type(kind)


@given(st.one_of(*(values(kind) for kind in BODIES)))
def test_every_body_survives_the_wire(body: Any) -> None:
    text = json.dumps(encode(body))

    assert decode(type(body), json.loads(text)) == body


@given(st.one_of(*(values(kind) for kind in BODIES)))
def test_a_trace_differs_from_the_wire_in_secrets_alone(body: Any) -> None:
    assert masked(body) == traced(body, encode(body))
    assert isinstance(body, Token) or masked(body) == encode(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (Tick(NOON), {"at": "2026-11-20T12:00:00Z"}),
        (Tick(NOON.replace(microsecond=5000)), {"at": "2026-11-20T12:00:00.005Z"}),
        (Tick(NOON.astimezone(timezone(timedelta(hours=1)))), {"at": "2026-11-20T12:00:00Z"}),
        (Fault("no", 500), {"why": "no", "status": 500, "code": None, "retry_after": None}),
        (
            Token(Secret("s"), NOON),
            {"token": "s", "expires": "2026-11-20T12:00:00Z"},
        ),
        (
            Prices(at=NOON, import_=(Price(start=NOON, end=None, price=7),)),
            {
                "at": "2026-11-20T12:00:00Z",
                "import": [{"start": "2026-11-20T12:00:00Z", "end": None, "price": 7}],
                "export": [],
                "standing": None,
                "bands": None,
            },
        ),
        (None, None),
        (["a", 1, True, None], ["a", 1, True, None]),
    ],
)
def test_a_body_as_json(body: Any, expected: Any) -> None:
    assert encode(body) == expected


def test_a_secret_is_plain_on_the_wire_and_masked_in_a_trace() -> None:
    token = Token(Secret("s"), NOON)

    assert masked(token) == traced(token, encode(token)) == {"token": "***", "expires": "2026-11-20T12:00:00Z"}
    assert masked({"variables": {"key": Secret("s")}}) == {"variables": {"key": "***"}}
    assert traced([Secret("s")], ["s"]) == ["***"]


@dataclass(frozen=True)
class Loose:
    inside: Mapping[str, object] = field(default_factory=dict)


def test_a_secret_in_a_field_that_holds_anything_is_masked_too() -> None:
    loose = Loose({"key": Secret("s")})

    assert traced(loose, encode(loose)) == {"inside": {"key": "***"}}


@dataclass(frozen=True)
class Kept:
    """A state with a field of every kind."""

    count: int = 0
    on: date | None = None
    daily: time | None = None
    span: timedelta = timedelta(0)
    by_name: Mapping[str, float] = field(default_factory=dict)
    plan: Plan | None = None
    mode: Literal["a", "b"] = "a"
    body: object = None


@dataclass(frozen=True)
class Sealed(Kept):
    newest: Secret | None = None


def test_a_state_survives_its_file() -> None:
    kept = Sealed(
        3,
        date(2026, 11, 20),
        time(23, 30),
        timedelta(seconds=90),
        {"a": 1.5},
        Plan(at=NOON, dispatches=(Dispatch(start=NOON, end=NOON),)),
        "b",
        {"x": [1]},
        Secret("s"),
    )

    assert decode(Sealed, json.loads(json.dumps(encode(kept)))) == kept


def test_an_unknown_field_is_left_out_and_a_missing_one_takes_its_default() -> None:
    assert decode(Car, {"at": "2026-11-20T12:00:00Z", "colour": "red"}) == Car(at=NOON)


@pytest.mark.parametrize(
    ("told", "kind", "location"),
    [
        ({}, "smart", "unknown"),
        ({"kind": "boost", "location": "away"}, "boost", "away"),
        ({"kind": None, "location": None}, "smart", "unknown"),
        ({"kind": "", "location": ""}, "smart", "unknown"),
        ({"kind": "party", "location": "the moon"}, "unknown", "unknown"),
    ],
)
def test_a_word_that_is_missing_is_the_usual_one_and_a_new_one_is_unknown(told: Any, kind: str, location: str) -> None:
    dispatch = decode(Dispatch, {"start": "2026-11-20T12:00:00Z", "end": "2026-11-20T12:30:00Z", **told})

    assert (dispatch.kind, dispatch.location) == (kind, location)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-11-20T12:00:00Z", 12), ("2026-11-20T12:00:00+01:00", 11), ("2026-11-20 12:00:00+00:00", 12)],
)
def test_a_time_is_read_with_any_zone_and_kept_in_utc(text: str, hour: int) -> None:
    assert decode(Tick, {"at": text}).at == NOON.replace(hour=hour)


RATE = {"at": "2026-11-20T12:00:00Z", "until": "2026-11-20T12:30:00Z", "house": 7, "car": 7, "band": "cheap"}


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        (Tick, None, "None is not a Tick"),
        (Tick, [], "[] is not a Tick"),
        (Tick, {}, "Tick without at"),
        (Tick, {"at": 5}, "Tick.at: 5 is not a time"),
        (Tick, {"at": "noon"}, "Tick.at: 'noon' is not a time: Invalid isoformat string: 'noon'"),
        (
            Tick,
            {"at": "2026-11-20T12:00:00"},
            "Tick.at: '2026-11-20T12:00:00' is not a time: a time without a zone: 2026-11-20T12:00:00",
        ),
        (Rate, RATE | {"house": "7"}, "Rate.house: '7' is not a number"),
        (Rate, RATE | {"house": True}, "Rate.house: True is not a number"),
        (Rate, RATE | {"band": "dear"}, "Rate.band: 'dear' is not one of 'cheap', 'standard', 'unsure'"),
        (Rate, RATE | {"window": 1}, "Rate.window: 1 is not true or false"),
        (Rate, RATE | {"why": None}, "Rate.why: None is not text"),
        (Fault, {"why": "no", "status": 5.5}, "Fault.status: 5.5 is not a whole number"),
        (Plan, {"at": RATE["at"], "dispatches": {}}, "Plan.dispatches: {} is not a list"),
        (
            Plan,
            {"at": RATE["at"], "dispatches": [{"start": RATE["at"]}]},
            "Plan.dispatches: in the list: Dispatch without end",
        ),
        (Kept, {"by_name": []}, "Kept.by_name: [] is not an object"),
        (Kept, {"count": float("nan")}, "Kept.count: nan is not a whole number"),
        (Rate, RATE | {"house": float("nan")}, "Rate.house: nan is not a number"),
        (Rate, RATE | {"house": float("inf")}, "Rate.house: inf is not a number"),
        (Kept, {"count": float("inf")}, "Kept.count: inf is not a whole number"),
        (Kept, {"span": "1h"}, "Kept.span: '1h' is not a number"),
    ],
)
def test_wrong_json_is_refused_with_the_place(kind: type, body: Any, why: str) -> None:
    with pytest.raises(BadBody) as refused:
        decode(kind, body)

    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("the-secret", "what came is not a Token"),
        ({"token": ["the-secret"], "expires": NOON}, "Token.token: wrong, and not shown, as this body holds a secret"),
        ({"token": "x", "expires": "the-secret"}, "Token.expires: wrong, and not shown, as this body holds a secret"),
    ],
)
def test_where_a_secret_may_be_nothing_is_quoted(body: Any, why: str) -> None:
    with pytest.raises(BadBody) as refused:
        decode(Token, body)

    assert str(refused.value) == why


def test_what_is_no_part_of_a_message_is_a_bug() -> None:
    with pytest.raises(TypeError, match="function cannot be part of a message"):
        encode({"x": test_a_body_as_json})


# Handed over without becoming JSON


@given(st.one_of(*(values(kind) for kind in BODIES)))
def test_what_is_handed_over_as_it_is_is_what_a_reader_of_its_json_gets(body: Any) -> None:
    kind = type(body)
    got = handed(kind, body)

    assert repr(got) == repr(decode(kind, json.loads(json.dumps(encode(body)))))
    assert (got is body) == (kind is not Token and "fold" not in repr(body))


@pytest.mark.parametrize(
    "body",
    [
        Tick(NOON.replace(microsecond=1)),
        Tick(NOON.astimezone(timezone(timedelta(hours=1)))),
        Tick(NOON.replace(year=2400)),
        Fault("no", status=True),
        Prices(at=NOON, import_=[Price(start=NOON, end=None, price=7)]),  # type: ignore[arg-type]
    ],
)
def test_what_json_would_change_is_changed(body: Any) -> None:
    kind = type(body)
    if not isinstance(body, Tick | Prices) or body.at.year > 2100:
        with pytest.raises(BadBody, match=r"whole number|not a time"):
            handed(kind, body)
        return

    assert repr(handed(kind, body)) == repr(decode(kind, json.loads(json.dumps(encode(body)))))
    assert repr(handed(kind, body)) != repr(body)


# The short way and the careful way

STRANGE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.just([]), st.just({}), st.just("gone")
)


@given(st.one_of(*(values(kind) for kind in BODIES)), st.integers(0, 30), STRANGE, st.booleans())
def test_what_is_read_the_short_way_is_what_the_careful_way_reads(
    body: Any, nth: int, strange: Any, missing: bool
) -> None:
    kind: Any = type(body)
    json_ = encode(body)
    key = list(json_)[nth % len(json_)]
    if missing:
        del json_[key]
    else:
        json_[key] = strange
    careful = inspect.getclosurevars(decoder(kind)).globals["careful"]

    assert outcome(decoder(kind), json_) == outcome(careful, json_)


def outcome(read: Any, given: Any) -> str:
    try:
        return repr(read(given))
    except BadBody as wrong:
        return f"refused: {wrong}"
