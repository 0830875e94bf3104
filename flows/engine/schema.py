"""The JSON Schema of flow files, made from the node types, so that an editor completes and checks as one types.

The loader does not use it: its own checks know places and say more. A test holds both to the same faults.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from wattwire.nodes import Node, Secret

from . import durations, grammar
from .drafts import SHARED
from .kinds import anything, choices, item, listed, mapped, members, record, settings
from .manual import written
from .settings import SIMULATED

FILLED = r"\$[A-Za-z_]"
"""A text with a $NAME may stand for any scalar."""

PORT = grammar.NAME.rstrip("$") + r"\.[A-Za-z_]\w*$"
NODE_OR_PORT = grammar.NAME.rstrip("$") + r"(\.[A-Za-z_]\w*)?$"
UNIT = "A duration carries a unit: 10s, 5m, 1h30m."
DURATION = {
    "type": "string",
    "pattern": durations.DURATION.replace("^", "^(?=.)", 1),
    "errorMessage": UNIT,
    "patternErrorMessage": UNIT,
}

Schema = dict[str, Any]


def schema(types: Mapping[str, Node]) -> Schema:
    """The schema of a flow of these node types."""
    nodes = sorted(types.values(), key=lambda n: n.name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A wattwire flow",
        "type": "object",
        "properties": {
            "flow": {"type": "string", "pattern": grammar.NAME, "description": "The flow's name; its topics bear it."},
            "version": {"const": 1, "description": "The version of this grammar."},
            "include": {
                "type": ["string", "array"],
                "items": {"type": "string"},
                "description": "Another flow, by file or shipped name; this file has the last word on it.",
            },
            "nodes": {
                "type": "object",
                "propertyNames": {"pattern": grammar.NODE_NAME},
                "additionalProperties": {"$ref": "#/$defs/node"},
            },
            "edges": {"type": ["array", "null"], "items": {"$ref": "#/$defs/edge"}},
            "ends": {
                "type": ["array", "null"],
                "items": {"type": "string", "pattern": PORT},
                "uniqueItems": True,
                "description": "The out ports that may lead nowhere; every other one needs an edge.",
            },
            "durability": {
                "enum": ["broker", "disk"],
                "description": "disk: input, state and outputs are one transaction, and survive a power cut.",
            },
            "host": {
                "const": SHARED,
                "description": "All nodes in one process, but those with an `isolation` or `memory` of their own.",
            },
        },
        "patternProperties": {"^x-": {"description": "Yours, for anchors."}},
        "additionalProperties": False,
        "required": ["flow"],
        "anyOf": [{"required": ["nodes"]}, {"required": ["include"]}],
        "$defs": {"node": _node(nodes), "edge": _edge(), **{f"{n.name}.config": _config(n) for n in nodes}},
    }


def _node(nodes: list[Node]) -> Schema:
    """`allOf` of `if`/`then` and no `oneOf`: so a fault is told at the setting, not at the node."""
    return {
        "type": ["object", "null"],
        "description": "A node. Without a type it overrides an included one; null drops that.",
        "properties": {
            "type": {"enum": [n.name for n in nodes], "enumDescriptions": [n.doc for n in nodes]},
            "config": {"type": ["object", "null"]},
            "host": {
                "type": "string",
                "pattern": grammar.LABEL,
                "description": "The machine it runs on: `wattwire run --host`. shared: in one process with the others "
                "that say so.",
            },
            "isolation": {
                "enum": ["fork", "spawn", SHARED],
                "default": "fork",
                "description": "spawn: an interpreter of its own. shared: as host: shared, on the machine of its host.",
            },
            "memory": {
                "type": "string",
                "pattern": durations.SIZE,
                "description": "The memory that the node may take, such as 64MB; allocations beyond that fail.",
            },
        },
        "additionalProperties": False,
        "allOf": [_typed(n) for n in nodes],
    }


def _typed(node: Node) -> Schema:
    needs = any(s.required for s in settings(node.config).values())
    then: Schema = {"description": node.doc, "properties": {"config": {"$ref": f"#/$defs/{node.name}.config"}}}
    wanted = {"type": "object", "properties": {"type": {"const": node.name}}, "required": ["type"]}
    return {"if": wanted, "then": then | ({"required": ["config"]} if needs else {})}


def _edge() -> Schema:
    port, to = {"type": "string", "pattern": PORT}, {"type": "string", "pattern": NODE_OR_PORT}
    after = {
        "type": ["string", "object"],
        "pattern": DURATION["pattern"],
        "description": f"Deliver that much later. {UNIT} Or back off: {{first, factor, most, jitter}}.",
        "properties": {
            "first": DURATION,
            "factor": {"type": "number", "minimum": 1, "default": 1},
            "most": DURATION,
            "jitter": {"type": "string", "pattern": durations.SHARE},
        },
        "required": ["first"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "from": port | {"description": "The out port, as node.port."},
            "to": to | {"description": "The in port; a bare node where only one takes the body."},
            "after": after,
            "times": {
                "type": "integer",
                "minimum": 1,
                "description": "Follow at most this many times in a row, then `spent`.",
            },
            "spent": to | {"description": "Where the message goes after that many times."},
            "every": DURATION | {"description": f"At most one delivery per span; the first wins. {UNIT}"},
            "drop": {"const": True, "description": "Take this edge of an included flow away."},
        },
        "required": ["from", "to"],
        "dependentRequired": {"times": ["spent"], "spent": ["times"]},
        "additionalProperties": False,
    }


def _config(node: Node) -> Schema:
    return _record(node.config, node, null=not any(s.required for s in settings(node.config).values()))


def _record(kind: type, node: Node, null: bool = False) -> Schema:
    told = node.comments() if kind.__module__ == node.module.__name__ else {}
    properties = dict[str, Schema]()
    for name, setting in settings(kind).items():
        properties[name] = _setting(setting.kind, node)
        if setting.folder:
            properties[name] = {"anyOf": [{"type": "string"}, properties[name]]}
        if doc := told.get(f"{kind.__name__}.{setting.field}"):
            properties[name]["description"] = doc
        if not setting.required and not isinstance(setting.default, Secret):
            properties[name]["default"] = written(setting.default)
    required = [s.name for s in settings(kind).values() if s.required]
    found: Schema = {"type": ["object", "null"] if null else "object", "properties": properties}
    return found | ({"required": required} if required else {}) | {"additionalProperties": False}


def _setting(kind: Any, node: Node) -> Schema:
    if anything(kind):
        return {}
    if len(members(kind)) > 1:
        return _either([_setting(m, node) for m in members(kind)])
    if choices(kind):
        return {"anyOf": [{"enum": list(choices(kind))}, {"type": "string", "pattern": FILLED}]}
    if record(kind):
        return _record(kind, node)
    if listed(kind):
        args = typing.get_args(kind)
        one = item(kind)
        if one is None:
            return {"type": "array", "prefixItems": [_setting(a, node) for a in args], "minItems": len(args)}
        return {"type": "array", "items": _setting(one, node)}
    if mapped(kind):
        return {"type": "object", "additionalProperties": _setting(typing.get_args(kind)[1], node)}
    return dict(SCALARS.get(kind, {}))


def _either(parts: list[Schema]) -> Schema:
    """`X | None` as one schema of two types, where that says the same: its faults are told more plainly."""
    null = {"type": "null"}
    rest = [p for p in parts if p != null]
    if len(rest) == 1 and "type" in rest[0] and null in parts:
        given = rest[0]["type"]
        return rest[0] | {"type": [*(given if isinstance(given, list) else [given]), "null"]}
    return {"anyOf": parts}


SCALARS: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": ["integer", "string"], "pattern": FILLED},
    float: {"type": ["number", "string"], "pattern": FILLED},
    bool: {"type": ["boolean", "string"], "pattern": FILLED},
    type(None): {"type": "null"},
    Secret: {
        "type": "string",
        "pattern": rf"{FILLED}|^{SIMULATED}",
        "patternErrorMessage": "a secret written into the file; put it into the environment and write $NAME",
    },
    time: {"type": "string", "pattern": rf"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$|{FILLED}"},
    timedelta: DURATION | {"pattern": f"{DURATION['pattern']}|{FILLED}"},
}
