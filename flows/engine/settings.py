"""Settings as a flow file has them become a node's Config, each fault at its own value."""

from __future__ import annotations

import math
import re
import typing
from typing import Any

from wattwire.nodes import Secret

from .durations import shown
from .kinds import anything, choices, item, listed, mapped, members, named, nullable, record, settings
from .names import Names, names_in
from .reading import Read
from .reasons import Faults, Mark, unknown
from .scalars import READERS, Text, choice

SIMULATED = "simulated"
"""A secret that begins like this opens nothing: the only kind that a flow file may hold."""

LOGIN = re.compile(r"//[^/@\s:]*:([^/\s]*)@")  # of an address: what stands in it as the password


class _Failed:
    """Stands for a value whose fault has been noted."""


FAILED = _Failed()
UNRESOLVED = _Failed()
"""A value that waits for a $NAME, where names are not resolved."""


class Settings:
    """Builds Configs. With `names` None nothing is resolved, and a Config that needs a $NAME may stay None."""

    def __init__(self, names: Names | None, faults: Faults) -> None:
        self.names, self.faults = names, faults

    def config(self, node: str, kind: type, given: Read, at: Mark) -> Any:
        """A node's Config, or None where it could not be built; `at` is where a missing setting is missed."""
        if given.value is None:
            given = Read({}, at)
        built = self._record(f"{node}: setting ", kind, given, at)
        return None if isinstance(built, _Failed) else built

    def build(self, path: str, kind: Any, given: Read) -> Any:
        if anything(kind):
            return self._plain(path, given)
        if len(members(kind)) > 1:
            return self._either(path, members(kind), given)
        if record(kind):
            return self._record(f"{path}.", kind, given, given.at)
        if listed(kind):
            return self._list(path, kind, given)
        if mapped(kind):
            return self._mapping(path, typing.get_args(kind)[1], given)
        return self._scalar(path, kind, given)

    def _wrong(self, at: Mark, text: str) -> _Failed:
        self.faults.add(at, text)
        return FAILED

    def _record(self, path: str, kind: type, given: Read, at: Mark) -> Any:
        if not isinstance(given.value, dict):
            return self._wrong(given.at, f"{path.rstrip(' .')} is {shown(given.plain)}, not {named(kind)}")
        known, values = settings(kind), dict[str, Any]()
        for name, value in given.value.items():
            if name not in known:
                values[f"?{name}"] = self._wrong(given.keys[name], _owner(path) + unknown("setting", name, known))
            elif not (value.over and value.value is None and not nullable(known[name].kind)):
                values[known[name].field] = self.build(f"{path}{name}", known[name].kind, value)
        for setting in known.values():
            if setting.required and setting.field not in values:
                values[setting.field] = self._wrong(at, f"{path}{setting.name} is missing")
        for stop in (FAILED, UNRESOLVED):
            if any(v is stop for v in values.values()):
                return stop
        try:
            return kind(**values)
        except Exception as wrong:  # the node's own checks
            if self.names is None:
                return UNRESOLVED
            told = str(wrong.args[0] if wrong.args else "") or type(wrong).__name__
            first = re.match(r"\w+", told)
            blamed = given.value.get(first[0].removesuffix("_")) if first else None
            return self._wrong(blamed.at if blamed else given.at, f"{_owner(path)}{told}")

    def _either(self, path: str, kinds: tuple[Any, ...], given: Read) -> Any:
        """The first alternative that takes the value; where none does, the faults of the likeliest."""
        tried = list[tuple[Any, Faults]]()
        for kind in kinds:
            trial = Settings(self.names, Faults())
            built = trial.build(path, kind, given)
            if not trial.faults:
                return built
            tried.append((kind, trial.faults))
        rest = [faults for kind, faults in tried if kind is not type(None)]
        unset = [faults for faults in rest if faults[0].text.startswith("$")]  # the name is at fault, not the type
        shaped = [faults for kind, faults in tried if _shape(kind) is type(given.value)]
        likeliest = unset or shaped or (rest if len(rest) == 1 else [])
        if likeliest:
            self.faults += likeliest[0]
            return FAILED
        return self._wrong(given.at, f"{path} is {shown(given.plain)}, not {' or '.join(map(named, kinds))}")

    def _list(self, path: str, kind: Any, given: Read) -> Any:
        if not isinstance(given.value, list):
            return self._wrong(given.at, f"{path} is {shown(given.plain)}, not a list")
        one, args = item(kind), typing.get_args(kind)
        if one is None and len(args) != len(given.value):
            return self._wrong(given.at, f"{path} has {len(given.value)} values, not {len(args)}")
        built = [self.build(f"{path}[{i}]", one or args[i], v) for i, v in enumerate(given.value)]
        stop = next((v for v in built if isinstance(v, _Failed)), None)
        return stop or typing.get_origin(kind)(built)

    def _mapping(self, path: str, kind: Any, given: Read) -> Any:
        if not isinstance(given.value, dict):
            return self._wrong(given.at, f"{path} is {shown(given.plain)}, not a mapping")
        built = {k: self.build(f"{path}.{k}", kind, v) for k, v in given.value.items()}
        return next((v for v in built.values() if isinstance(v, _Failed)), None) or built

    def _plain(self, path: str, given: Read) -> Any:
        """Any value at all, with the names in its texts filled in."""
        if isinstance(given.value, dict):
            return self._mapping(path, object, given)
        if isinstance(given.value, list):
            return self._list(path, list[object], given)
        if isinstance(given.value, float) and not math.isfinite(given.value):
            return self._wrong(given.at, f"{path} is {shown(given.value)}, which no message can carry")
        filled = self._fill(given) if isinstance(given.value, str) else given.value
        return filled.value if isinstance(filled, Text) else filled

    def _fill(self, given: Read) -> Any:
        written = given.value
        if self.names is None:
            return UNRESOLVED if names_in(written) else Text(written.replace("$$", "$"), written)
        value, wrong = self.names.fill(written)
        for text in wrong:
            self._wrong(given.at, text)
        return FAILED if wrong else Text(value, written)

    def _scalar(self, path: str, kind: Any, given: Read) -> Any:
        value = given.value
        if not _harmless(value, kind):
            told = f"{'is a secret' if kind is Secret else 'has a password'} written into the file"
            return self._wrong(given.at, f"{path} {told}; put it into the environment and write $NAME")
        if isinstance(value, str):
            value = self._fill(given)
            if isinstance(value, _Failed):
                keep = value is UNRESOLVED and kind in (str, Secret)
                return (Secret(given.value) if kind is Secret else given.value) if keep else value
        read = choice(choices(kind)) if choices(kind) else READERS.get(kind)
        if read is None:
            return self._wrong(given.at, f"{path} cannot be set from a file: it is a {getattr(kind, '__name__', kind)}")
        try:
            return read(value)
        except (ValueError, OverflowError):
            told = value.told if isinstance(value, Text) else shown(given.plain)
            number = kind is str and isinstance(value, int | float) and not isinstance(value, bool)
            hint = f'; put it into quotes: "{value}"' if number else ""
            return self._wrong(given.at, f"{path} is {told}, not {named(kind)}{hint}")


def _harmless(value: Any, kind: Any) -> bool:
    login = LOGIN.search(value) if kind is str and isinstance(value, str) else None
    told = login[1] if login else None if value is None or kind is not Secret else str(value)
    return told is None or bool(names_in(told)) or told.startswith(SIMULATED)


def _owner(path: str) -> str:
    """What a fault of the whole is reported against: the node, or the setting that holds the part."""
    return f"{path.rstrip('.')}: " if path.endswith(".") else path.removesuffix("setting ")


def _shape(kind: Any) -> type:
    return dict if record(kind) or mapped(kind) else list if listed(kind) else type(None)
