"""The reader of a record, written out field by field: what is as usual takes a short way."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal

from .values import MOST, BadBody, Convert

MISSING = object()
AT_ONCE = {str: "c is str", bool: "c is bool", float: "(c is float or c is int) and -MOST <= v <= MOST"}
"""What tells that a value may stay as it is."""

CODE = """
def read(it):
    if it.__class__ is not dict: return careful(it)
    get = it.get
    try:
        {lines}
    except BadBody: return careful(it)
    made = new(kind)
    put(made, "__dict__", {{{made}}})
    return made
"""


def written(kind: type, hints: Mapping[str, Any], decoder: Callable[[Any], Convert], careful: Convert) -> Convert:
    """The short way; in any doubt `careful` reads, which also knows what to say of what it cannot read."""
    if hasattr(kind, "__post_init__") or hasattr(kind, "__slots__"):
        return careful
    names = {"careful": careful, "BadBody": BadBody, "MOST": MOST, "MISSING": MISSING, "kind": kind}
    names |= {"new": object.__new__, "put": object.__setattr__}
    lines, fields = list[str](), dataclasses.fields(kind)
    for n, field in enumerate(fields):
        inner, nullable = _inner(hints[field.name])
        needed = field.default is dataclasses.MISSING
        names |= {f"usual{n}": MISSING if needed else field.default, f"read{n}": decoder(inner)}
        lines.append(f"v = v{n} = get({field.name.removesuffix('_')!r}, usual{n}); c = v.__class__")
        if needed:
            lines.append("if v is MISSING: return careful(it)")
        elif typing.get_origin(hints[field.name]) is Literal:
            lines.append("if v is None or v == '': return careful(it)")
        other = f"v is not usual{n}{' and v is not None' if nullable else ''}"
        if inner in AT_ONCE:
            lines.append(f"if {other} and not ({AT_ONCE[inner]}): return careful(it)")
        else:
            lines.append(f"if {other}: v{n} = read{n}(v)")
    made = ", ".join(f"{field.name!r}: v{n}" for n, field in enumerate(fields))
    exec(CODE.format(lines="\n        ".join(lines) or "pass", made=made), names)
    return typing.cast(Convert, names["read"])


def _inner(hint: Any) -> tuple[Any, bool]:
    """What a field holds where it holds anything, and whether it may be null."""
    args = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType) and len(args) == 2 and type(None) in args:
        return next(a for a in args if a is not type(None)), True
    return hint, False
