"""The shape of a flow file: what may stand where. What it means together is for wiring and settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from .drafts import SHARED, Draft, EdgeDraft, NodeDraft
from .durations import duration, share, shown, size
from .graph import EDGES, Backoff
from .reading import Read
from .reasons import Faults, Mark, unknown

NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,99}$"
"""Names of flows and nodes are levels of MQTT topics, and parts of client ids and of the names of files."""
NODE_NAME = NAME.replace("^", f"^(?!{EDGES}$)", 1)
LABEL = r"^[^+#/\x00-\x1f\x7f]{1,100}$"
"""A machine's label is part of one level of a topic."""

FLOW = ("flow", "version", "include", "nodes", "edges", "ends", "durability", "host")
NODE = ("type", "config", "host", "isolation", "memory")
EDGE = ("from", "to", "after", "times", "spent", "every", "drop")
AFTER = ("first", "factor", "most", "jitter")


class Grammar:
    """Reads one file's content into a Draft."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def draft(self, top: Read) -> Draft:
        found = Draft()
        if not isinstance(top.value, dict):
            told = "an empty file" if top.value is None else f"{shown(top.plain)} where a flow should be"
            self.faults.add(top.at, f"{told}; a flow has flow:, nodes: and edges:")
            found.all_nodes = found.all_edges = False
            return found
        self._known("key", top, FLOW, spare="x-")
        get = top.value.get
        found.name = self._name(top)
        self._parsed(get("version"), "version", _version)
        found.includes = self._texts(get("include"), "include", "a file or a shipped flow", single=True)
        if "nodes" not in top.value and not found.includes:
            self.faults.add(top.at, "nodes is missing")
            found.all_nodes = False
        for name, node in self._items(get("nodes"), "nodes", dict, found):
            found.nodes[name] = self._node(name, top.value["nodes"].keys[name], node)
        for _, edge in self._items(get("edges"), "edges", list, found):
            draft = self._edge(edge)
            found.edges += [draft] if draft else []
            found.all_edges &= draft is not None
        found.ends = self._texts(get("ends"), "ends", "node.port")
        found.durability = self._one_of(get("durability"), "durability", ("broker", "disk"))
        found.host = self._one_of(get("host"), "host", (SHARED,))
        return found

    def _name(self, top: Read) -> str:
        if (name := top.value.get("flow")) is None:
            self.faults.add(top.at, "flow is missing: the flow's name, which is part of its topics")
            return ""
        return self._label(name.value, name.at, "a flow's name")

    def _label(self, name: Any, at: Mark, what: str) -> str:
        if not isinstance(name, str) or not re.fullmatch(NAME, name):
            told = f"{shown(name)} is not {what}: a letter, then letters, digits, - and _"
            self.faults.add(at, told if len(str(name)) <= 100 else f"{told}, and 100 of them at most")
        return str(name)

    def _items(self, given: Read | None, what: str, kind: type, found: Draft) -> list[tuple[Any, Read]]:
        if given is None or (given.value is None and kind is list):
            return []
        value: Any = given.value
        if not isinstance(value, kind):
            told = "a mapping of names to nodes" if kind is dict else "a list"
            self.faults.add(given.at, f"{what} is {shown(given.plain)}, not {told}")
            if kind is dict:
                found.all_nodes = False
            else:
                found.all_edges = False
            return []
        return list(given.value.items() if kind is dict else enumerate(given.value))

    def _known(self, what: str, given: Read, known: tuple[str, ...], spare: str = "\0") -> None:
        for name, at in given.keys.items():
            if name not in known and not name.startswith(spare):
                self.faults.add(at, unknown(what, name, known))

    def _texts(self, given: Read | None, what: str, told: str, single: bool = False) -> list[Read]:
        if given is None or given.value is None:
            return []
        items = given.value if isinstance(given.value, list) else [given]
        if not single and not isinstance(given.value, list):
            self.faults.add(given.at, f"{what} is {shown(given.plain)}, not a list")
            return []
        for item in items:
            if not isinstance(item.value, str):
                self.faults.add(item.at, f"{shown(item.plain)} under {what}; it should be {told}")
        return [i for i in items if isinstance(i.value, str)]

    def _node(self, name: str, at: Mark, given: Read) -> NodeDraft:
        self._label(name, at, "a node's name")
        if name == EDGES:
            self.faults.add(at, f"a node cannot be called {EDGES}: that is the process that carries the edges")
        nothing = Read({}, at)
        if given.value is None:
            return NodeDraft(name, at, None, nothing, dropped=True)
        if not isinstance(given.value, dict):
            self.faults.add(given.at, f"{name}: {shown(given.plain)} where a node should be, such as {{type: clock}}")
            return NodeDraft(name, at, Read(None, given.at), nothing)
        self._known("key", given, NODE)
        get = given.value.get
        config = get("config")
        if config is None or config.value is None:
            config = nothing
        elif not isinstance(config.value, dict):
            self.faults.add(config.at, f"{name}: config is {shown(config.plain)}, not a mapping of settings")
            config = nothing
        kind = get("type")
        if kind is not None and not isinstance(kind.value, str):
            self.faults.add(kind.at, f"{name}: type is {shown(kind.plain)}, not the name of a node type")
            kind = Read(None, kind.at)
        host = self._parsed(get("host"), f"{name}: host", label)
        isolation = self._one_of(get("isolation"), f"{name}: isolation", ("fork", "spawn", SHARED))
        if SHARED in (host, isolation):
            for own in ("isolation", "memory"):
                if own in given.value and given.value[own].value != SHARED:
                    told = f"{name}: {own} needs a process of its own, and this node shares one"
                    self.faults.add(given.keys[own], told)
        return NodeDraft(name, at, kind, config, host, isolation, self._parsed(get("memory"), f"{name}: memory", size))

    def _edge(self, given: Read) -> EdgeDraft | None:
        if not isinstance(given.value, dict):
            self.faults.add(given.at, f"{shown(given.plain)} where an edge should be: {{from: …, to: …}}")
            return None
        self._known("key", given, EDGE)
        get = given.value.get
        for end in ("from", "to"):
            if end not in given.value:
                self.faults.add(given.at, f"an edge without {end}")
        for one, other in (("times", "spent"), ("spent", "times")):
            if one in given.value and other not in given.value:
                told = {"times": "after so many times it needs somewhere to go", "spent": "say after how many times"}
                self.faults.add(given.keys[one], f"{one} without {other}: {told[one]}")
        drop = self._parsed(get("drop"), "drop", _true)
        source, to = self._port(get("from"), "from"), self._port(get("to"), "to")
        spent = self._port(get("spent"), "spent")
        every = self._parsed(get("every"), "every", _span)
        times = self._parsed(get("times"), "times", _count)
        after = self._after(get("after"))
        if source is None or to is None:
            return None
        return EdgeDraft(given.at, source, to, after, times, spent, every, bool(drop))

    def _port(self, given: Read | None, what: str) -> Read | None:
        if given is None:
            return None
        if not isinstance(given.value, str):
            self.faults.add(given.at, f"{what} is {shown(given.plain)}, not node.port")
            return None
        return given

    def _after(self, given: Read | None) -> Backoff | None:
        if given is None:
            return None
        if not isinstance(given.value, dict):
            first = self._parsed(given, "after", _span)
            return Backoff(first) if first is not None else Backoff(timedelta(1))
        self._known("key of after", given, AFTER)
        get = given.value.get
        if "first" not in given.value:
            self.faults.add(given.at, "after without first: how long to wait the first time")
        first = self._parsed(get("first"), "first", _span) or timedelta(1)
        factor = self._parsed(get("factor"), "factor", _factor)
        most = self._parsed(get("most"), "most", _span)
        if most is not None and most < first and "first" in given.value:
            self.faults.add(given.value["most"].at, "most is less than first")
        jitter = self._parsed(get("jitter"), "jitter", share)
        return Backoff(first, 1.0 if factor is None else factor, most, jitter or 0.0)

    def _parsed(self, given: Read | None, what: str, parse: Callable[[Any], Any]) -> Any:
        if given is None:
            return None
        try:
            return parse(given.plain)
        except ValueError as wrong:
            self.faults.add(given.at, f"{what}: {wrong}")
            return None

    def _one_of(self, given: Read | None, what: str, allowed: tuple[str, ...]) -> Any:
        if given is None or given.value in allowed:
            return given.value if given else None
        self.faults.add(given.at, f"{what} is {shown(given.plain)}, not {' or '.join(allowed)}")
        return None


def label(value: Any) -> str:
    """Of a machine. Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{shown(value)} is not text")
    if not re.fullmatch(LABEL, value):
        raise ValueError(f"{shown(value)} is not a machine's label: up to 100 characters without +, # and /")
    return value


def _version(value: Any) -> int:
    if type(value) is not int or value != 1:
        raise ValueError(f"{shown(value)} is not 1, the only version that this wattwire reads")
    return value


def _true(value: Any) -> bool:
    if value is not True:
        raise ValueError(f"{shown(value)} is not true")
    return True


def _span(value: Any) -> timedelta:
    span = duration(value)
    if not span:
        raise ValueError(f"{shown(value)} is no wait at all")
    return span


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{shown(value)} is not a whole number of 1 or more")
    return value


def _factor(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 1e9:
        raise ValueError(f"{shown(value)} is not a number of 1 or more")
    return float(value)
