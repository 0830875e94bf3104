"""wattwire tail: watch the messages of a running flow."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from wattwire.broker import topics
from wattwire.broker.envelope import Envelope, loads, stamp
from wattwire.broker.link import Message
from wattwire.flows.engine.glance import brief

from .options import json_option, state_option
from .visiting import ENDS, broker_option, visit

HIDDEN = "***"


@click.command("tail", epilog=ENDS)
@click.argument("flow")
@click.argument("which", required=False, metavar="[NODE[.PORT]]")
@broker_option
@state_option
@json_option
def command(flow: str, which: str | None, broker: str, state: Path | None, as_json: bool) -> None:
    """Watch the messages of the running FLOW, or of one node or port of it, until Ctrl-C.

    Bodies that hold a secret are shown as ***.
    """
    with visit(flow, broker, state) as (visitor, name, graph):
        node, _, port = (which or "").partition(".")
        known = graph["nodes"].get(node)
        if node and known is None:
            raise click.BadParameter(f"no node {node!r}; there are {', '.join(graph['nodes'])}", param_hint="NODE")
        if port and port not in (ports := [*known["outs"], *known["ins"]]):
            raise click.BadParameter(f"{node} has no port {port!r}; there are {', '.join(ports)}", param_hint="PORT")
        wanted = [topics.out(name, node or "+", port or "+"), topics.into(name, node or "+", port or "+")]

        def heard(message: Message) -> None:
            if line := told(message, graph, as_json, datetime.now(UTC)):
                click.echo(line)
                sys.stdout.flush()

        visitor.down = lambda why: click.echo(f"broker: {why}; waiting for it", err=True)
        try:
            visitor.watch(wanted, heard)
        except (KeyboardInterrupt, BrokenPipeError):
            raise SystemExit(0) from None


def told(message: Message, graph: Mapping[str, Any], as_json: bool, now: datetime) -> str:
    """One line, or nothing if this is not a node's message."""
    _, _, node, *port = message.topic.split("/")
    kind = graph["nodes"].get(node)
    if kind is None or not message.payload or port[0].startswith("$") or port[-1].startswith("$"):
        return ""
    into = port[0] == "in"
    found = (kind["ins"] if into else kind["outs"]).get(port[-1])
    try:
        it = loads(message.payload, now)
    except ValueError as wrong:
        return "" if as_json else f"{now.astimezone():%H:%M:%S} {node}.{port[-1]}  {wrong}"
    hidden = found is None or found["secret"]
    return (
        _json(it, node, port[-1], into, hidden) if as_json else _line(it, node, port[-1], into, hidden, message.retain)
    )


def _json(it: Envelope, node: str, port: str, into: bool, hidden: bool) -> str:
    line: dict[str, Any] = {"at": stamp(it.at), "from": it.source or None}
    if into:
        line["to"] = f"{node}.{port}"
    line |= {"id": it.id, "cause": it.cause, "root": it.root, "body": HIDDEN if hidden else it.body}
    return json.dumps(line, ensure_ascii=False)


def _line(it: Envelope, node: str, port: str, into: bool, hidden: bool, retained: bool) -> str:
    where = f"{it.source or 'outside'} → {node}.{port}" if into else f"{node}.{port}"
    body = HIDDEN if hidden else brief(it.body, 110)
    mark = "  (retained)" if retained else ""
    return f"{it.at.astimezone():%H:%M:%S} {where:<32} {body}{mark}".rstrip()
