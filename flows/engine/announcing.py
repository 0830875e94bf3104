"""What the supervisor says about a flow: its graph on `$flow`, and `$status` for a node that cannot speak."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wattwire.broker.envelope import stamp
from wattwire.nodes import Node, secret

from .durations import spell
from .graph import Backoff, Edge, Flow


def graph(flow: Flow, at: datetime) -> bytes:
    """The deployed graph; no setting of any node is in it."""
    return json.dumps(
        {
            "flow": flow.name,
            "revision": flow.revision,
            "at": stamp(at),
            "durability": flow.durability,
            "nodes": {name: {"host": node.host, **_type(node.type)} for name, node in flow.nodes.items()},
            "edges": [_edge(edge) for edge in flow.edges],
            "ends": sorted(flow.ends),
        }
    ).encode()


def _type(kind: Node) -> dict[str, Any]:
    return {
        "type": kind.name,
        "actuator": kind.actuator,
        "ins": {p.name: {"body": p.carries.__name__, "triggers": p.triggers, "secret": secret(p.carries)}
                for p in kind.ins.values()},
        "outs": {p.name: {"body": p.carries.__name__, "keep": p.keep, "secret": secret(p.carries),
                          **({"refines": p.refines} if p.refines else {})}
                 for p in kind.outs.values()},
    }  # fmt: skip


def _edge(edge: Edge) -> dict[str, Any]:
    told: dict[str, Any] = {"name": edge.name, "from": edge.source, "to": edge.to}
    if edge.after is not None:
        told["after"] = _backoff(edge.after)
    if edge.every is not None:
        told["every"] = spell(edge.every)
    if edge.times is not None:
        told |= {"times": edge.times, "spent": edge.spent}
    return told


def _backoff(wait: Backoff) -> str | Mapping[str, Any]:
    if wait.factor == 1 and not wait.jitter:
        return spell(wait.first)
    most = spell(wait.most) if wait.most else None
    return {"first": spell(wait.first), "factor": wait.factor, "most": most, "jitter": f"{wait.jitter:.0%}"}


def status(state: str, text: str, fill: str, *, since: datetime, host: str, pid: int | None, restarts: int) -> bytes:
    return json.dumps(
        {
            "state": state,
            "text": text,
            "fill": fill,
            "since": stamp(since),
            "host": host,
            "pid": pid,
            "restarts": restarts,
        }
    ).encode()
