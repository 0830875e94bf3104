"""Every node type there is: the shipped ones, those of installed distributions, and those in folders of one's own."""

from __future__ import annotations

import functools
import hashlib
import importlib
import pkgutil
import re
import sys
import traceback
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import wattwire.nodes as shipped
from wattwire.nodes import Node

from .reasons import FlowError, Reason, unknown

GROUP = "wattwire.nodes"
"""The entry point group by which a distribution adds node types."""


@functools.cache
def _survey(dirs: tuple[Path, ...]) -> tuple[dict[str, Node], list[Reason]]:
    known, faults = (dict(_survey(())[0]), list[Reason]()) if dirs else (dict[str, Node](), list[Reason]())
    for found in (f for d in dirs for f in _dropped(d)) if dirs else (*_shipped(), *_installed()):
        if isinstance(found, Reason):
            faults.append(found)
        elif found.name in known and known[found.name] is not found:
            told = f"node type {found.name!r} is also in {known[found.name].module.__file__}"
            faults.append(Reason(str(found.module.__file__), 1, 1, told))
        else:
            known[found.name] = found
    return known, faults


@dataclass(frozen=True)
class Survey:
    known: dict[str, Node]
    installed: list[Reason]  # what could not be read of others' files: of interest where a type is missing
    dropped: list[Reason]  # what could not be read in one's own folders


def survey(dirs: Sequence[Path] = ()) -> Survey:
    """The node types by name, and which files could not be read."""
    known, dropped = _survey(tuple(Path(d).resolve() for d in dirs))
    installed = _survey(())[1]
    return Survey(dict(known), list(installed), list(dropped) if dirs else [])


def palette(dirs: Sequence[Path] = ()) -> dict[str, Node]:
    """The node types by name. Raises FlowError for a file that cannot be read."""
    found = survey(dirs)
    if found.installed or found.dropped:
        raise FlowError(found.installed + found.dropped)
    return found.known


class Shelf(Mapping[str, Node]):
    """The node types by name, for callers that need only some: all are looked at where one is not a shipped one."""

    def __init__(self, dirs: Sequence[Path] = ()) -> None:
        self._dirs = dirs

    @functools.cached_property
    def all(self) -> Survey:
        return survey(self._dirs)

    def __getitem__(self, kind: str) -> Node:
        found = None if self._dirs else _one(kind)  # one's own folders may hold what must not be overlooked
        return found or self.all.known[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self.all.known)

    def __len__(self) -> int:
        return len(self.all.known)


def find(kind: str, dirs: Sequence[Path] = ()) -> Node:
    """One node type, for a process that starts afresh: a shipped one costs one import. Raises FlowError."""
    if found := _one(kind):
        return found
    known = palette(dirs)
    if kind not in known:
        raise FlowError([Reason("nodes", 1, 1, unknown("node type", kind, known))])
    return known[kind]


def _one(kind: str) -> Node | None:
    """A shipped type, by the file that bears its name."""
    if not kind.isidentifier():
        return None
    try:
        node = importlib.import_module(shipped_in(kind)).NODE
    except Exception:  # no such file, or one that the survey will have to say something about
        return None
    return node if isinstance(node, Node) and node.name == kind else None


def shipped_in(kind: str) -> str:
    """The module that a shipped type is in."""
    return f"{shipped.__name__}.{_snake(kind)}"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _shipped() -> Iterator[Node | Reason]:
    for module in pkgutil.iter_modules(shipped.__path__, f"{shipped.__name__}."):
        yield from _import(module.name, Path(shipped.__path__[0]) / f"{module.name.rpartition('.')[2]}.py")


def _installed() -> Iterator[Node | Reason]:
    import importlib.metadata  # late: most who look for a node need none that was installed

    for point in importlib.metadata.entry_points(group=GROUP):
        try:
            found = point.load()
        except (Exception, SystemExit) as wrong:
            yield _blame(wrong, Path(point.value))
            continue
        node = getattr(found, "NODE", found)
        if isinstance(node, Node):
            yield node
        else:
            yield Reason(point.value, 1, 1, f"the entry point {point.name!r} of {GROUP} is not a node")


def _dropped(folder: Path) -> Iterator[Node | Reason]:
    if not folder.is_dir():
        yield Reason(str(folder), 1, 1, "no such folder of nodes")
        return
    package = "wattwire_nodes_" + hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    if package not in sys.modules:  # a package of that folder, so that its files may import each other by a dot
        sys.modules[package] = types.ModuleType(package, "Node files of one's own.")
        sys.modules[package].__path__ = [str(folder)]
    importlib.invalidate_caches()
    for file in sorted(folder.glob("*.py")):
        if file.stem.isidentifier() and not file.stem.startswith(("_", "test_", "conftest")):
            yield from _import(f"{package}.{file.stem}", file)


def _import(name: str, file: Path) -> Iterator[Node | Reason]:
    try:
        node = getattr(importlib.import_module(name), "NODE", None)
    except (Exception, SystemExit) as wrong:
        yield _blame(wrong, file)
        return
    if isinstance(node, Node):
        yield node


def _blame(wrong: BaseException, file: Path) -> Reason:
    """The last line of the traceback, at the last place in it that is the author's."""
    told = traceback.format_exception_only(wrong)[-1].strip()
    if isinstance(wrong, SyntaxError):
        return Reason(wrong.filename or str(file), wrong.lineno or 1, wrong.offset or 1, told)
    frames = [f for f in traceback.extract_tb(wrong.__traceback__) if f.filename == str(file)]
    return Reason(frames[-1].filename, frames[-1].lineno or 1, 1, told) if frames else Reason(str(file), 1, 1, told)
