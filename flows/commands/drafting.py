"""The files that `wattwire setup` writes: `.env`, where nothing else is touched, and a flow that is yours to change."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load, shipped_flows
from wattwire.flows.engine.names import LINE, names_in

from .octopus import OCTOPUS

FLOW = "intelligent_octopus"


def put(path: Path, text: str, mode: int) -> None:
    """Whole or not at all, and with this mode from the start."""
    new = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        new.unlink()
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def env_text(before: str, values: Mapping[str, str], blanks: Mapping[str, str]) -> str:
    """An .env with these values; every other line stays as it is. Blanks are added where their name is missing."""
    left, lines = dict(values), list[str]()
    for line in before.splitlines():
        found = None if line.lstrip().startswith("#") else LINE.fullmatch(line)
        name = str(found[1]) if found else ""
        if name in values:
            line = f"{name}={_quoted(values[name])}"
            left.pop(name, None)
        lines.append(line)
    lines += [f"{name}={_quoted(value)}" for name, value in left.items()]
    there = {m[1] for m in (LINE.fullmatch(x) for x in lines if not x.lstrip().startswith("#")) if m}
    for name, words in blanks.items():
        lines += [] if name in there else [f"# {words}", f"{name}="]
    return "\n".join(lines) + "\n"


def flow_text(name: str, known: set[str], tariff: str, code: str, base: str, settings: Mapping[str, str]) -> str:
    """A flow that includes the shipped one and leaves out what needs a $NAME that is not known yet."""
    shipped = load(FLOW, resolve=False)
    missing, dropped = left_out(shipped, known)
    over: dict[str, dict[str, str]] = {node: {"url": url} for node, url in _urls(shipped, base) if node not in dropped}
    over.setdefault("rateResolver", {})["tariff"] = tariff
    if settings and "victronGx" not in dropped:
        over.setdefault("victronGx", {}).update(settings)
    lines = [
        f"# Written by `wattwire setup`, and yours to change: what is set here overrides {FLOW}.",
        f"flow: {name}",
        "version: 1",
        f"include: {FLOW}",
        "",
        "nodes:",
        f"  # For {code}",
    ]
    for node, given in sorted(over.items(), key=lambda o: o[0] != "rateResolver"):
        inner = ", ".join(f"{key}: {_scalar(value)}" for key, value in given.items())
        lines.append(f"  {node}: {{config: {{{inner}}}}}")
    if dropped:
        lines += ["", f"  # Left out, as .env lacks {', '.join(missing)}. Once it has them, run setup again."]
        lines += [f"  {node}: null" for node in dropped]
    if loose := _loose(shipped, set(dropped)):
        lines += ["", f"ends: [{', '.join(loose)}]   # what led to the nodes that are left out"]
    return "\n".join(lines) + "\n"


def left_out(flow: Flow, known: set[str]) -> tuple[list[str], list[str]]:
    """Names without a value, and the nodes left out with them: those that need one, or only serve such nodes."""
    wants = {
        name: {n for text in _texts(node.given) for n in names_in(text)} - known for name, node in flow.nodes.items()
    }
    gone = {name for name, names in wants.items() if names}
    missing = sorted({n for name in gone for n in wants[name]})
    pairs = {(_node(e.source), _node(e.to)) for e in flow.edges}
    leads = {name: {b for a, b in pairs if a == name != b} for name in flow.nodes}
    comes = {name: {a for a, b in pairs if b == name != a} for name in flow.nodes}
    while True:
        more = {n for n in flow.nodes for ends in (leads[n], comes[n]) if n not in gone and ends and gone >= ends}
        if not more:
            return missing, [name for name in flow.nodes if name in gone]
        gone |= more


def tariff_name(product: str) -> str:
    """The file of `flows/tariffs` whose products a product is one of, by the longest pattern; or empty."""
    best = ("", "")
    for file in sorted((Path(shipped_flows()[FLOW]).parent / "tariffs").glob("*.yaml")):
        lists = (yaml.safe_load(file.read_text("utf-8")) or {}).get("lists") or {}
        best = max(
            [best, *((p, file.stem) for p in lists.get("products", ()) if fnmatchcase(product, p))],
            key=lambda b: len(b[0]),
        )
    return best[1]


def _loose(flow: Flow, gone: set[str]) -> list[str]:
    """Out ports of nodes that stay, all of whose edges led to nodes that go."""
    leads: dict[str, bool] = {}
    for e in flow.edges:
        leads[e.source] = leads.get(e.source, False) or _node(e.to) not in gone
    return sorted(port for port, leading in leads.items() if not leading and _node(port) not in gone)


def _urls(flow: Flow, base: str) -> Iterator[tuple[str, str]]:
    """The nodes that ask Octopus, with their new urls, if it is to be asked elsewhere."""
    for name, node in flow.nodes.items() if base != OCTOPUS else ():
        url = getattr(node.config, "url", None)
        if isinstance(url, str) and url.startswith(OCTOPUS):
            yield name, base + url.removeprefix(OCTOPUS)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        yield from _texts(inner)


def _node(port: str) -> str:
    return port.partition(".")[0]


def _scalar(value: str) -> str:
    return value if value.replace("_", "").isalnum() or value.startswith("$") else '"' + value.replace('"', '\\"') + '"'


def _quoted(value: str) -> str:
    plain = value and all(c.isalnum() or c in "-_.:/@+" for c in value)
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
