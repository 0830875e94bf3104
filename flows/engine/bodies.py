"""Bodies as JSON. The work is done once per type: what runs per message is a plain function."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any, cast

from wattwire.broker.envelope import stamp
from wattwire.nodes import Secret, secret

from .parsers import decode, decoder, salvaged, wire
from .values import BadBody

__all__ = ["BadBody", "decode", "decoder", "encode", "masked", "salvaged", "traced", "wire"]

Reveal = Callable[[Secret], object]
Write = Callable[[Any, Reveal], Any]

PLAIN = frozenset({type(None), str, int, float, bool})
"""What is JSON already."""


def encode(body: object, reveal: Reveal = Secret.reveal) -> Any:
    """A body as JSON."""
    kind: Any = body.__class__
    return body if kind in PLAIN else _writer(kind)(body, reveal)


def masked(body: object) -> Any:
    """A body for a trace: every secret is `***`."""
    return encode(body, lambda _: "***")


def traced(body: object, json: Any) -> Any:
    """The same, using the JSON of the body where it is at hand and will do."""
    kind: Any = body.__class__
    return masked(body) if _may_hide(kind) else encode(json) if json is body else json


@cache
def _may_hide(kind: type) -> bool:
    return kind not in PLAIN and (not dataclasses.is_dataclass(kind) or secret(kind) or _open(kind))


def _open(kind: Any) -> bool:
    """Whether any field in it may hold anything at all."""
    inner = typing.get_type_hints(kind).values() if dataclasses.is_dataclass(kind) else typing.get_args(kind)
    return kind is object or kind is Any or any(_open(i) for i in inner)


_moment = lru_cache(1024)(stamp)  # the same few times are written again and again


@cache
def _writer(kind: type) -> Write:
    """How values of a class become JSON."""
    if issubclass(kind, str | int | float):
        return lambda value, reveal: value
    if issubclass(kind, datetime):
        return lambda value, reveal: _moment(value)
    if issubclass(kind, Secret):
        return lambda value, reveal: reveal(value)
    if dataclasses.is_dataclass(kind):
        return _record(kind)
    if issubclass(kind, Mapping):
        return lambda value, reveal: {str(k): encode(v, reveal) for k, v in value.items()}
    if issubclass(kind, tuple | list | set | frozenset):
        return lambda value, reveal: [encode(v, reveal) for v in value]
    if issubclass(kind, timedelta):
        return lambda value, reveal: value.total_seconds()
    if issubclass(kind, date | time):
        return lambda value, reveal: value.isoformat()
    raise TypeError(f"{kind.__name__} cannot be part of a message")


def _record(kind: type) -> Write:
    """Written out, field by field, for its type."""
    names = {"PLAIN": PLAIN, "datetime": datetime, "moment": _moment, "writer": _writer}
    one = "v if (c := (v := it.{0}).__class__) in PLAIN else moment(v) if c is datetime else writer(c)(v, reveal)"
    fields = [f"{wire(f.name)!r}: {one.format(f.name)}" for f in dataclasses.fields(kind)]
    return cast(Write, eval(f"lambda it, reveal: {{{', '.join(fields)}}}", names))
