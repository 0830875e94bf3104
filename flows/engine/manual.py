"""What a person should know of a node type: read off its file, for the terminal, for pages and for the editor."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from wattwire.nodes import CRASHED, Node, Secret

from .bodies import encode, wire
from .durations import spell
from .kinds import Setting, named, record, settings


def describe(node: Node) -> dict[str, Any]:
    """A node type as plain data."""
    told = node.comments()
    return {
        "type": node.name,
        "does": node.doc,
        "actuator": node.actuator,
        "settings": [_setting(s, told.get(f"Config.{s.field}", "")) for s in settings(node.config).values()],
        "ins": [
            {"name": i.name, "body": body(i.carries), "triggers": i.triggers, "remembered": i.remembered}
            for i in node.ins.values()
        ],
        "outs": [
            {
                "name": o.name,
                "body": body(o.carries),
                "kept": o.keep,
                "refines": o.refines or None,
                "doc": told.get(f"Out.{o.name}", ""),
            }
            for o in node.outs.values()
            if o.name != CRASHED
        ],
    }


def body(carries: Any) -> str:
    return "any" if carries is object else getattr(carries, "__name__", str(carries))


def written(value: Any) -> Any:
    """A default as a flow file would have it."""
    if isinstance(value, timedelta):
        return spell(value)
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, Secret):
        return "***"
    if record(type(value)):
        return {wire(f.name): written(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {k: written(v) for k, v in value.items()}
    return [written(v) for v in value] if isinstance(value, list | tuple) else encode(value)


def _setting(setting: Setting, doc: str) -> dict[str, Any]:
    kind = named(setting.kind).partition(";")[0]
    kind = f"a name of a file in {setting.folder}/, or {kind}" if setting.folder else kind
    told = {"name": setting.name, "kind": kind, "required": setting.required}
    return told | ({} if setting.required else {"default": written(setting.default)}) | {"doc": doc}


def page(node: Node) -> str:
    """A node type as a page of Markdown."""
    told = describe(node)
    lines = [f"# {told['type']}", "", _sentence(told["does"])]
    if told["actuator"]:
        lines += ["", "It writes to hardware or settings; `--shadow` mutes it."]
    if told["settings"]:
        rows = [[f"`{s['name']}`", s["kind"], _default(s), s["doc"]] for s in told["settings"]]
        lines += ["", "## Settings", "", *_table(["setting", "is", "default", ""], rows)]
    if told["ins"]:
        rows = [[f"`{i['name']}`", _body(i["body"]), _way(i)] for i in told["ins"]]
        lines += ["", "## In", "", *_table(["port", "body", ""], rows)]
    if told["outs"]:
        rows = [[f"`{o['name']}`", _body(o["body"]), _kept(o)] for o in told["outs"]]
        lines += ["", "## Out", "", *_table(["port", "body", ""], rows)]
    return "\n".join([*lines, ""])


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *([c.replace("|", "\\|") for c in row] for row in rows)]
    return [f"| {' | '.join(row)} |" for row in cells]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _default(setting: Mapping[str, Any]) -> str:
    return "must be given" if setting["required"] else f"`{shown(setting['default'])}`"


def _body(name: str) -> str:
    return "any message" if name == "any" else f"`{name}`"


def _way(port: Mapping[str, Any]) -> str:
    return "; ".join(
        ["triggers" if port["triggers"] else "does not trigger"] + ["the last one is remembered"] * port["remembered"]
    )


def _kept(port: Mapping[str, Any]) -> str:
    coarser = f"without an edge it leaves by `{port['refines']}`" if port["refines"] else ""
    return "; ".join(filter(None, [port["doc"], "retained on its topic" if port["kept"] else "", coarser]))


def shown(value: Any) -> str:
    """A plain value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    words = {None: "null", True: "true", False: "false", "": '""'}
    return words[value] if value is None or isinstance(value, bool) or value == "" else str(value)


def brief(node: Node) -> str:
    """A node type for the terminal."""
    told = describe(node)
    lines = [f"{told['type']}: {told['does']}"]
    for s in told["settings"]:
        default = "must be given" if s["required"] else f"default {shown(s['default'])}"
        lines.append(_line("setting", s["name"], f"{s['kind']}, {default}", s["doc"]))
    for i in told["ins"]:
        mark = "▸ " if i["triggers"] else ""
        lines.append(_line("in", f"{mark}{i['name']}", i["body"], "" if i["triggers"] else "remembered"))
    for o in told["outs"]:
        lines.append(_line("out", o["name"], o["body"], _kept(o)))
    return "\n".join(lines)


def _line(what: str, name: str, kind: str, doc: str) -> str:
    return f"  {what:8}{name:18} {kind}" + (f"  # {doc}" if doc else "")
