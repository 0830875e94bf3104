"""Whether a body is exactly what a reader of its JSON would get: then it need not become JSON to be handed over.

The test is written out once for each type: which classes its fields must have. What we do not know is not alike.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Literal

from .bodies import decode, encode
from .values import MOST


def handed(kind: type, body: Any) -> Any:
    """What a port of this type gets when a body leaves another port: a record, or JSON already."""
    if body.__class__ is kind and alike(kind)(body):
        return body
    return decode(kind, as_json(body))


def as_handed(body: Any) -> Any:
    """A body that is on its way to others of this process: what is no record is JSON."""
    return body if hasattr(body, "__dataclass_fields__") else encode(body)


def as_json(body: Any) -> Any:
    """The JSON of what was on its way."""
    return encode(body) if hasattr(body, "__dataclass_fields__") else body


@cache
def alike(kind: type) -> Callable[[Any], bool]:
    """The test of a type's bodies, written out for it."""
    hints = typing.get_type_hints(kind) if dataclasses.is_dataclass(kind) else {}
    names: dict[str, Any] = {"UTC": UTC, "MOST": MOST, "date": date, "datetime": datetime}
    lines = [f"    v = it.{name}\n    if not {_test(hint, names)}: return False\n" for name, hint in hints.items()]
    exec(f"def test(it):\n{''.join(lines)}    return {bool(hints)}", names)
    test: Callable[[Any], bool] = names["test"]
    return test


def _test(hint: Any, names: dict[str, Any]) -> str:
    """Python that is true if the value `v` of a type comes back from JSON as it went."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in (str, bool, date):
        return f"(v.__class__ is {hint.__name__})"
    if hint is int:
        return "(v.__class__ is int and -MOST <= v <= MOST)"
    if hint is float:
        return "((v.__class__ is float or v.__class__ is int) and -MOST <= v <= MOST)"
    if hint is datetime:
        known = "v.tzinfo is UTC and not v.microsecond % 1000 and not v.fold and 1900 < v.year < 2200"
        return f"(v.__class__ is datetime and {known})"
    if origin in (typing.Union, types.UnionType) and type(None) in args and len(args) == 2:
        inner = next(a for a in args if a is not type(None))
        return f"(v is None or {_test(inner, names)})"
    if origin is Literal and all(isinstance(a, str) for a in args):
        return f"(v.__class__ is str and v in {args!r})"
    if origin is tuple and args[1:] == (...,):
        return f"(v.__class__ is tuple and all(map({_named(args[0], names)}, v)))"
    if dataclasses.is_dataclass(hint):
        name = _named(hint, names)
        return f"{name}(v)"
    return "False"


def _named(hint: Any, names: dict[str, Any]) -> str:
    """A test of its own, under a name."""
    name = f"test{len(names)}"
    names[name] = None  # taken, before one of its own is named
    whole = alike(hint) if isinstance(hint, type) and dataclasses.is_dataclass(hint) else None
    names[name] = (
        (lambda v: v.__class__ is hint and whole(v)) if whole else eval(f"lambda v: {_test(hint, names)}", names)
    )
    return name
