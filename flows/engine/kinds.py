"""The types a setting can have, told apart once for the loader and for the schema."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any, Literal

from wattwire.nodes import Secret

from .bodies import wire


@dataclasses.dataclass(frozen=True)
class Setting:
    """A field of a Config, as a flow file knows it."""

    name: str  # in the file
    field: str  # in Python
    kind: Any
    default: Any  # MISSING where it must be given
    folder: str = ""  # where a file of this name is looked for, if the setting is a name

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING


@functools.cache
def settings(config: type) -> dict[str, Setting]:
    """A Config's settings by their name in the file."""
    hints = typing.get_type_hints(config)
    found = dict[str, Setting]()
    for f in dataclasses.fields(config):
        default = f.default if f.default_factory is dataclasses.MISSING else f.default_factory()
        folder = f.metadata.get("folder", "")
        found[wire(f.name)] = Setting(wire(f.name), f.name, hints[f.name], default, folder)
    return found


def members(kind: Any) -> tuple[Any, ...]:
    """The alternatives of a union; of any other type, the type itself."""
    return typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else (kind,)


def nullable(kind: Any) -> bool:
    return type(None) in members(kind) or anything(kind)


def anything(kind: Any) -> bool:
    """Whether any value will do, such as a body that is passed on."""
    return kind is object or kind is Any or isinstance(kind, str | typing.ForwardRef)


def choices(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()


def item(kind: Any) -> Any:
    """What a list holds, where it holds one type: `tuple[str, ...]`."""
    args = typing.get_args(kind)
    if typing.get_origin(kind) in (list, set, frozenset) or (len(args) == 2 and args[1] is Ellipsis):
        return args[0]
    return None


def listed(kind: Any) -> bool:
    return typing.get_origin(kind) in (tuple, list, set, frozenset)


def mapped(kind: Any) -> bool:
    return typing.get_origin(kind) in (dict, typing.get_origin(Mapping[str, Any]))


def record(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind) and kind is not Secret


NAMED: Mapping[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    Secret: "text",
    time: 'a time of day such as "23:30"',
    timedelta: "a duration; a duration carries a unit: 10s, 5m, 1h",
}


def named(kind: Any) -> str:
    """A type in words, for a person: `{from, until} or false`."""
    if choices(kind):
        from .durations import shown

        words = [v if isinstance(v, str) else shown(v) for v in choices(kind)]
        return words[0] if len(words) == 1 else "one of " + ", ".join(words)
    if len(members(kind)) > 1:
        return " or ".join(named(m) for m in members(kind))
    if record(kind):
        return "{" + ", ".join(settings(kind)) + "}"
    if listed(kind):
        return "a list"
    return "a mapping" if mapped(kind) else NAMED.get(kind, "anything")
