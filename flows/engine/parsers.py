"""JSON as the body that a port carries. The work is done once a type: what runs per message is a plain function."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from wattwire.broker.envelope import instant
from wattwire.nodes import Secret

Convert = Callable[[Any], Any]
MISSING = object()


class BadBody(ValueError):
    """JSON that is not the body its port carries; says where."""


def wire(name: str) -> str:
    """A field's name outside Python: `import_` is `import` there."""
    return name.removesuffix("_")


def decode(kind: type, body: Any) -> Any:
    """JSON as the body that a port carries. Raises BadBody."""
    return decoder(kind)(body)


@functools.cache
def decoder(kind: Any) -> Convert:
    """The function that reads a type. Fields it does not know are left out: fields may be added."""
    if kind is object or kind is Any:
        return lambda value: value
    if kind in SCALARS:
        return SCALARS[kind]
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast(type, kind))
    if origin in (typing.Union, types.UnionType):
        return _either(kind, args)
    if origin is Literal:
        return _word(args)
    if origin is tuple:
        return _sequence(args, tuple)
    if origin in (list, set, frozenset):
        return _sequence(args, origin)
    if origin in (Mapping, dict) or origin is typing.get_origin(Mapping[str, Any]):
        return _mapping(decoder(args[1]))
    raise TypeError(f"{kind!r} is no part of a message")


def _checked(test: Callable[[Any], bool], told: str) -> Convert:
    def read(value: Any) -> Any:
        if not test(value):
            raise BadBody(f"{_short(value)} is not {told}")
        return value

    return read


def _word(args: tuple[Any, ...]) -> Convert:
    """One of a few words. Where `unknown` is one of them, a word that others have thought of since is that."""
    told = f"one of {', '.join(map(repr, args))}"

    def read(value: Any) -> Any:
        if value in args:
            return value
        if "unknown" in args and isinstance(value, str):
            return "unknown"
        raise BadBody(f"{_short(value)} is not {told}")

    return read


def _parsed(parse: Callable[[str], Any], told: str) -> Convert:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise BadBody(f"{_short(value)} is not {told}")
        try:
            return parse(value)
        except ValueError as wrong:
            raise BadBody(f"{_short(value)} is not {told}: {wrong}") from None

    return read


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadBody(f"{_short(value)} is not a number")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise BadBody(f"{_short(value)} is not a whole number")
    return int(value)


def _secret(value: Any) -> Secret:
    if not isinstance(value, str):
        raise BadBody("a secret is text")
    return Secret(value)


SCALARS: dict[Any, Convert] = {
    str: _checked(lambda v: isinstance(v, str), "text"),
    bool: _checked(lambda v: isinstance(v, bool), "true or false"),
    type(None): _checked(lambda v: v is None, "null"),
    float: _number,
    int: _whole,
    datetime: _parsed(functools.lru_cache(1024)(instant), "a time"),  # the same few come again and again
    date: _parsed(date.fromisoformat, "a date"),
    time: _parsed(time.fromisoformat, "a time of day"),
    timedelta: lambda v: timedelta(seconds=_number(v)),
    Secret: _secret,
}


def _sequence(args: tuple[Any, ...], make: Callable[[Any], Any]) -> Convert:
    item = decoder(args[0]) if args else decoder(object)

    def read(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise BadBody(f"{_short(value)} is not a list")
        try:
            return make(item(v) for v in value)
        except BadBody as wrong:
            raise BadBody(f"in the list: {wrong}") from None

    return read


def _mapping(item: Convert) -> Convert:
    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise BadBody(f"{_short(value)} is not an object")
        return {k: item(v) for k, v in value.items()}

    return read


def _either(kind: Any, args: tuple[Any, ...]) -> Convert:
    readers = [decoder(a) for a in args if a is not type(None)]
    nullable = type(None) in args
    if nullable and len(readers) == 1:
        only = readers[0]
        return lambda value: None if value is None else only(value)

    def read(value: Any) -> Any:
        if value is None and nullable:
            return None
        for reader in readers:
            try:
                return reader(value)
            except BadBody:
                continue
        raise BadBody(f"{_short(value)} is not {kind}")

    return read


def _record(kind: type) -> Convert:
    hints = typing.get_type_hints(kind)
    plan = [
        (f.name, wire(f.name), *_nullable(hints[f.name]), f.default is f.default_factory is dataclasses.MISSING)
        for f in dataclasses.fields(kind)
    ]
    usual = {wire(f.name) for f in dataclasses.fields(kind) if _has_usual_word(f, hints[f.name])}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise BadBody(f"{_short(value)} is not a {kind.__name__}")
        found: dict[str, Any] = {}
        key = ""
        try:
            for name, key, reader, nullable, required in plan:
                given = value.get(key, MISSING)
                if given is None and nullable:
                    found[name] = None
                elif given is not MISSING and not (key in usual and given in (None, "")):
                    found[name] = reader(given)
                elif required:
                    break
            else:
                return kind(**found)
        except BadBody as wrong:
            raise BadBody(f"{kind.__name__}.{key}: {wrong}") from None
        raise BadBody(f"{kind.__name__} without {key}")

    return read


def _has_usual_word(field: dataclasses.Field[Any], hint: Any) -> bool:
    """Null or empty is the usual word there: a dispatch without a source is a smart one."""
    return typing.get_origin(hint) is Literal and field.default is not dataclasses.MISSING


def _nullable(hint: Any) -> tuple[Convert, bool]:
    """The reader of a field, and whether null needs none."""
    return decoder(hint), type(None) in typing.get_args(hint)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else text[:37] + "…"
