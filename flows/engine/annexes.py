"""Settings that stand in a file of their own: the flow gives a name, such as `tariff: flux`, or a path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import wattwire.flows as shipped

from . import reading
from .durations import shown
from .kinds import Setting, settings
from .names import Names, names_in
from .reading import Read, content
from .reasons import Faults, FlowError, meant


class Annexes:
    """Looks beside the file that gives the name, in the setting's folder beside it, and in what is shipped."""

    def __init__(self, names: Names | None, faults: Faults, files: list[Path]) -> None:
        self.names, self.faults, self.files = names, faults, files

    def put_in(self, node: str, config: type, given: Read) -> Read:
        """A node's settings, with what the files hold in place of their names."""
        known, whole = settings(config), dict(given.value)
        for name, value in given.value.items():
            if name in known and known[name].folder and isinstance(value.value, str):
                del whole[name]  # a fault in it is told here, and only once
                if found := self._held(f"{node}: setting {name}", known[name], value):
                    whole[name] = replace(found, over=value.over)
        return replace(given, value=whole)

    def _held(self, path: str, setting: Setting, given: Read) -> Read | None:
        text = given.value
        if self.names is not None:
            text, wrong = self.names.fill(text)
            for told in wrong:
                self.faults.add(given.at, told)
            if wrong:
                return None
        elif names_in(text):
            return None
        within, name = Path(given.at.file), text.removesuffix(".yaml")
        places = [within.parent, *_folders(within, setting.folder)]
        found = next(
            (f for f in (p / f"{name}.yaml" for p in places) if os.path.isfile(f) and not _same(f, within)), None
        )
        if found is None:
            self.faults.add(given.at, f"{path}: {_missing(name, setting.folder, within)}")
            return None
        try:
            held = reading.read(content(found, given.at), str(found))
        except FlowError as wrong:
            self.faults += wrong.reasons
            return None
        if found not in self.files:
            self.files.append(found)
        if not isinstance(held.value, dict):
            self.faults.add(held.at, f"{path}: the file holds {shown(held.plain)}, not settings")
            return None
        return held


def _folders(within: Path, folder: str) -> Iterator[Path]:
    yield within.parent / folder
    yield Path(str(shipped.__file__)).parent / folder


def _same(one: Path, other: Path) -> bool:
    """A flow may have the very name that it looks for."""
    return one.resolve() == other.resolve()


def _missing(name: str, folder: str, within: Path) -> str:
    known = sorted({f.stem for place in _folders(within, folder) for f in place.glob("*.yaml") if "." not in f.stem})
    told = f"no file {name}.yaml here, in {folder}/ or among the shipped ones"
    if close := meant(name, known):
        return f"{told}; did you mean {close!r}? There are {', '.join(known)}"
    return f"{told}; there {'is' if len(known) == 1 else 'are'} {', '.join(known)}" if known else told
