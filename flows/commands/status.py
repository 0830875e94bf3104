"""wattwire status: show how the nodes of a running flow are doing."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from wattwire.broker import topics
from wattwire.broker.envelope import instant
from wattwire.flows.engine import statefolder
from wattwire.flows.engine.glance import time_of
from wattwire.flows.engine.ledger import standing
from wattwire.flows.engine.spans import words

from .options import json_option, state_option
from .visiting import ENDS, broker_option, visit


@click.command("status", epilog=ENDS)
@click.argument("flow")
@broker_option
@state_option
@json_option
def command(flow: str, broker: str, state: Path | None, as_json: bool) -> None:
    """Show how the nodes of the running FLOW are doing. FLOW is its name or its file."""
    with visit(flow, broker, state) as (visitor, name, graph):
        told = visitor.retained([topics.status(name, "+")])
    nodes: dict[str, dict[str, Any]] = {node: {"type": it["type"]} for node, it in graph["nodes"].items()}
    for topic, payload in told.items():
        node = topic.split("/")[2]
        nodes.setdefault(node, {"type": node}).update(_read(payload))
    accounts, _ = standing((state or statefolder.default()) / statefolder.BUDGETS, datetime.now(UTC))
    budgets = [it for it in accounts if it.flow in ("", name)]
    if as_json:
        whole = {"flow": name, "revision": graph["revision"], "nodes": nodes, "budgets": [asdict(b) for b in budgets]}
        click.echo(json.dumps(whole, indent=2))
        return
    click.echo(f"{name}, revision {str(graph['revision'])[:8]}")
    row = "{:<22} {:<18} {:<9} {:<13} {:>8}  {}".format
    click.echo(row("node", "type", "state", "since", "restarts", ""))
    for node, it in nodes.items():
        since = time_of(instant(it["since"]), datetime.now(UTC)) if it.get("since") else ""
        line = row(node, it["type"], it.get("state", "unknown"), since, it.get("restarts", ""), it.get("text", ""))
        click.echo(line.rstrip())
    for budget in budgets:
        name = f"{budget.name} (simulated)" if budget.flow else budget.name
        click.echo(f"budget {name}: {round(budget.used, 3):.10g} of {budget.most:.10g} used in {words(budget.per)}")


def _read(payload: bytes) -> dict[str, Any]:
    try:
        told = json.loads(payload)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
