"""JSON as the body that a port carries. The work is done once per type: what runs per message is a plain function."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal

from wattwire.nodes import secret

from .readers import MISSING, written
from .values import VALUES, BadBody, Convert, short, word

MAPPINGS = (Mapping, dict)


def wire(name: str) -> str:
    """A field's name outside Python: `import_` is `import` there."""
    return name.removesuffix("_")


def decode(kind: type, body: Any) -> Any:
    """JSON as the body that a port carries. Raises BadBody."""
    return decoder(kind)(body)


def salvaged(kind: type, body: Any) -> tuple[Any, list[str]]:
    """What can be read of a record that another version kept, and what cannot, by name. All fields have defaults."""
    known = {wire(f.name) for f in dataclasses.fields(kind)}
    lost = [key for key in body if key not in known] if isinstance(body, dict) else []
    try:
        return decode(kind, body), lost
    except ValueError:
        good = dict[str, Any]()
    entries = {wire(n) for n, hint in typing.get_type_hints(kind).items() if typing.get_origin(hint) in MAPPINGS}
    for key, value in body.items() if isinstance(body, dict) else ():
        if _reads(kind, {**good, key: value}):
            good[key] = value
        elif key not in entries or not isinstance(value, dict):
            lost.append(key)
        else:  # of five originals four are better than none
            good[key] = {n: v for n, v in value.items() if _reads(kind, {**good, key: {n: v}})}
            lost += [f"{key}.{name}" for name in value if name not in good[key]]
    return decode(kind, good), lost


def _reads(kind: type, body: Mapping[str, Any]) -> bool:
    try:
        decode(kind, body)
    except ValueError:
        return False
    return True


@functools.cache
def decoder(kind: Any) -> Convert:
    """The function that reads a type. Fields it does not know are left out: fields may be added."""
    if kind is object or kind is Any:
        return lambda value: value
    if kind in VALUES:
        return VALUES[kind]
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast(type, kind))
    if origin in (typing.Union, types.UnionType):
        return _either(kind, args)
    if origin is Literal:
        return word(args)
    if origin is tuple:
        return _sequence(args, tuple)
    if origin in (list, set, frozenset):
        return _sequence(args, origin)
    if origin in MAPPINGS:
        return _mapping(decoder(args[1]))
    raise TypeError(f"{kind!r} cannot be part of a message")


def _sequence(args: tuple[Any, ...], make: Callable[[Any], Any]) -> Convert:
    item = decoder(args[0]) if args else decoder(object)

    def read(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise BadBody(f"{short(value)} is not a list")
        try:
            return make(item(v) for v in value)
        except BadBody as wrong:
            raise BadBody(f"in the list: {wrong}") from None

    return read


def _mapping(item: Convert) -> Convert:
    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise BadBody(f"{short(value)} is not an object")
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
        raise BadBody(f"{short(value)} is not {kind}")

    return read


def _record(kind: type) -> Convert:
    hints, hidden = typing.get_type_hints(kind), secret(kind)
    plan = [
        (f.name, wire(f.name), *_reader(f, hints[f.name]), f.default is f.default_factory is dataclasses.MISSING)
        for f in dataclasses.fields(kind)
    ]

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise BadBody(f"{'what came' if hidden else short(value)} is not a {kind.__name__}")
        found: dict[str, Any] = {}
        key = ""
        try:
            for name, key, reader, nullable, usual, required in plan:
                given = value.get(key, MISSING)
                if given is None and nullable:
                    found[name] = None
                elif given is not MISSING and not (usual and given in (None, "")):
                    found[name] = reader(given)
                elif required:
                    break
            else:
                return kind(**found)
        except BadBody as wrong:
            told = "wrong, and not shown, as this body holds a secret" if hidden else wrong
            raise BadBody(f"{kind.__name__}.{key}: {told}") from None
        raise BadBody(f"{kind.__name__} without {key}")

    return written(kind, hints, decoder, read)


def _reader(field: dataclasses.Field[Any], hint: Any) -> tuple[Convert, bool, bool]:
    """The reader of a field; whether null needs none; whether null or empty means the default, as a dispatch without
    a source is a smart one."""
    usual = typing.get_origin(hint) is Literal and field.default is not dataclasses.MISSING
    return decoder(hint), type(None) in typing.get_args(hint), usual
