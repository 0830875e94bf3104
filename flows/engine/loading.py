"""Reads a flow file and refuses it, with every reason at once, unless it can run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import wattwire.flows as shipped
from wattwire.nodes import Node

from . import including, meaning, palette, reading
from .annexes import Annexes
from .drafts import Draft, EdgeDraft, NodeDraft
from .grammar import Grammar
from .graph import Flow, FlowNode
from .names import Names
from .reading import Read, content
from .reasons import Faults, FlowError, Mark, Reason, unknown
from .settings import Settings
from .wiring import Known, Wiring, ends_of, through

__all__ = ["FlowError", "Reason", "load", "load_text", "shipped_flows"]


def shipped_flows() -> dict[str, Path]:
    """The flows that come with wattwire, by name."""
    folder = Path(str(shipped.__file__)).parent
    return {f.stem: f for f in sorted(folder.glob("*.yaml"))}


def load(
    path_or_name: str | Path,
    *,
    env: Mapping[str, str] | None = None,
    env_file: Path | None = None,
    nodes_dirs: Sequence[Path] = (),
    resolve: bool = True,
    ahead: Callable[[list[str]], None] | None = None,
) -> Flow:
    """A flow from its file, or a shipped one by name. Raises FlowError.

    With `resolve=False` no $NAME is looked up: a text holds the name itself, and the settings of a node that needs
    more than a text from one are None. `ahead` is told early which modules its nodes probably come from.
    """
    at = Mark(str(path_or_name))
    file = _locate(str(path_or_name), Path(), at)
    beside = file.parent / ".env"  # as `wattwire setup` writes it; one in the current folder goes before it
    if env is None and env_file is None and not Path(".env").is_file() and beside.is_file():
        env_file = beside
    loader = _Loader(env, env_file, nodes_dirs, resolve, ahead)
    return loader.flow(content(file, at), file)


def load_text(
    text: str,
    *,
    file: str = "flow.yaml",
    env: Mapping[str, str] | None = None,
    env_file: Path | None = None,
    nodes_dirs: Sequence[Path] = (),
    resolve: bool = True,
) -> Flow:
    """A flow from its text, as if it stood in that file. Raises FlowError."""
    return _Loader(env, env_file, nodes_dirs, resolve).flow(text, Path(file))


class _Loader:
    def __init__(
        self, env: Mapping[str, str] | None, env_file: Path | None, dirs: Sequence[Path], resolve: bool,
        ahead: Callable[[list[str]], None] | None = None,
    ) -> None:  # fmt: skip
        self.faults, self.files = Faults(), list[Path]()
        self._ahead = None if dirs else ahead  # nodes of one's own may have the name of a shipped one
        self.types, self._own, self._strange = palette.Shelf(dirs), bool(dirs), False
        self.faults += self.types.all.dropped if dirs else []
        self.names = None
        if resolve:
            try:
                self.names = Names(env, env_file)
            except FlowError as wrong:
                self.faults += wrong.reasons

    def flow(self, text: str, file: Path) -> Flow:
        draft = self._draft(text, file, ())
        known = {name: self._type(node, draft) for name, node in draft.nodes.items()}
        build, annexes = Settings(self.names, self.faults), Annexes(self.names, self.faults, self.files)
        nodes = dict[str, FlowNode]()
        for name, node in draft.nodes.items():
            if (kind := known[name]) is None:
                continue
            at, written = node.type.at if node.type else node.at, annexes.put_in(name, kind.config, node.config)
            config, told = build.config(name, kind.config, written, at), meaning.given(kind.config, written)
            host, isolation = node.place(draft.host is not None)
            nodes[name] = FlowNode(name, kind, config, host, isolation, node.memory, told)
        wiring = Wiring(known, {n: d.at for n, d in draft.nodes.items()}, self.faults, draft.all_nodes)
        edges = wiring.edges(draft.edges)
        if draft.all_edges:
            ends = wiring.ends(draft.edges, draft.ends)
        self.faults.refuse(self._remedies())
        led_on = ends | {e.source for e in edges}
        nodes = {name: replace(it, through=through(name, it.type, led_on)) for name, it in nodes.items()}
        durability: Any = draft.durability or "broker"
        revision = meaning.revision(draft.name, nodes, edges, ends, durability)
        files = tuple(str(f.resolve()) for f in self.files)
        return Flow(draft.name, nodes, edges, ends, durability, revision, files)

    def _remedies(self) -> Iterator[str]:
        """What is to be done where the fault is outside the flow."""
        if self.names is not None and self.names.missing:
            yield "put what is not set into .env, as lines of NAME=value, or name a file of such lines with --env"
        if self._strange and not self._own:
            yield "for node types of your own, name their folder with --nodes"

    def _draft(self, text: str, file: Path, inside: tuple[Path, ...]) -> Draft:
        """A file's content over that of the files it includes."""
        if file not in self.files:
            self.files.append(file)
        try:
            top = reading.read(text, str(file))
        except FlowError as wrong:
            self.faults += wrong.reasons
            return Draft(all_nodes=False, all_edges=False)
        # a file that several include is read for each of them; its faults are told once, as reasons are a set
        outer = Grammar(self.faults).draft(top)
        if self._ahead is not None:
            self._ahead(sorted({palette.shipped_in(str(n.type.value)) for n in outer.nodes.values() if n.type}))
        inner = including.side_by_side(
            [self._included(i, file, (*inside, file.resolve())) for i in outer.includes] or [Draft()], self.faults
        )
        return including.put_over(inner, outer, self._ends, self.faults)

    def _included(self, given: Read, file: Path, inside: tuple[Path, ...]) -> Draft:
        try:
            found = _locate(given.value, file.parent, given.at)
            if found.resolve() in inside:
                chain = " includes ".join(f.name for f in (*inside[inside.index(found.resolve()) :], found))
                raise FlowError([Reason(given.at.file, given.at.line, given.at.col, f"a circle: {chain}")])
            return self._draft(content(found, given.at), found, inside)
        except FlowError as wrong:
            self.faults += wrong.reasons
            return Draft(all_nodes=False, all_edges=False)

    def _ends(self, edge: EdgeDraft, nodes: dict[str, NodeDraft]) -> tuple[str, str]:
        both = {port.value.partition(".")[0] for port in (edge.source, edge.to)}
        known: Known = {n: self.types.get(str(d.type.value)) if d.type else None for n, d in nodes.items() if n in both}
        return ends_of(known, edge)

    def _type(self, node: NodeDraft, draft: Draft) -> Node | None:
        if node.type is None:
            if draft.all_nodes:
                self.faults.add(node.at, f"{node.name}: type is missing")
            return None
        if node.type.value is None:
            return None
        if node.type.value not in self.types:
            told = unknown("node type", node.type.value, self.types)
            self.faults.add(node.type.at, f"{node.name}: {told}")
            if "did you mean" not in told:  # perhaps it is the one that could not be read
                self.faults += self.types.all.installed
                self._strange = True
        return self.types.get(node.type.value)


def _locate(text: str, base: Path, at: Mark) -> Path:
    """A file, relative to the one that names it, or a shipped flow."""
    path = base / text
    if os.path.isfile(path):  # False as well for what no path can be
        return path
    flows = shipped_flows()
    if text.removesuffix(".yaml") in flows:
        return flows[text.removesuffix(".yaml")]
    missing = f"no file {text}, and {unknown('shipped flow', text, flows)}"
    told = f"{path} is a folder" if os.path.isdir(path) else missing
    raise FlowError([Reason(at.file, at.line, at.col, told)])
