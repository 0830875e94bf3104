"""wattwire again: show what the nodes of a running flow have set aside, and hand it in again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from wattwire.broker import topics
from wattwire.broker.envelope import instant
from wattwire.flows.engine.glance import time_of
from wattwire.flows.engine.visitor import Visitor

from .options import state_option
from .visiting import ENDS, broker_option, visit

EFFECT = 15.0  # s for the node to work on them


@click.command("again", epilog=ENDS)
@click.argument("flow")
@click.argument("node", required=False)
@click.argument("number", required=False, type=click.IntRange(min=1))
@broker_option
@state_option
def command(flow: str, node: str | None, number: int | None, broker: str, state: Path | None) -> None:
    """Hand in again what NODE of the running FLOW has set aside: the input with that NUMBER, or all.

    An input that a node could not process is set aside, and the node goes on. Without NODE, show what is set aside.

    \b
    wattwire again intelligent_octopus
    wattwire again intelligent_octopus rateResolver 3
    """
    with visit(flow, broker, state) as (visitor, name, graph):
        if node is None:
            _show(visitor, name)
            return
        if node not in graph["nodes"]:
            raise click.BadParameter(f"no node {node!r}; there are {', '.join(graph['nodes'])}", param_hint="NODE")
        raise SystemExit(_again(visitor, name, node, number))


def _show(visitor: Visitor, flow: str) -> None:
    told = visitor.retained([topics.poison(flow, "+")])
    for topic, payload in sorted(told.items()):
        if payload:
            lies = json.loads(payload)
            node, count = topic.split("/")[2], lies["count"]
            click.echo(f"{node}: {count} set aside" + (", the newest:" if count > len(lies["inputs"]) else ""))
            for it in lies["inputs"]:
                at = time_of(instant(it["at"]), datetime.now(UTC))
                click.echo(f"  {it['number']:>3}  {at}  {it['port']}: {it['why']}")
    if not any(told.values()):
        click.echo("nothing is set aside")


def _again(visitor: Visitor, flow: str, node: str, number: int | None) -> int:
    """Ask for it, and wait for what comes of it; the exit code."""
    before = _lying(visitor, flow, node)
    answer = visitor.ask(flow, "again", {"node": node, "number": number})
    if answer is None or answer["status"] != "ok":
        click.echo("nobody answers; see wattwire status" if answer is None else answer["error"], err=True)
        return 1
    found = answer["data"]["inputs"]
    if not found:
        click.echo(f"nothing is set aside at {node}")
        return 0
    seen, left = [n for n in found if n in before], before

    def done() -> bool:
        nonlocal left
        left = _lying(visitor, flow, node)
        return not any(n in left and left[n]["at"] == before[n]["at"] for n in seen)

    if not visitor.until(done, EFFECT):
        click.echo(f"{node} has not got round to it within {EFFECT:.0f} s; see wattwire status {flow}", err=True)
        return 1
    for n in seen:
        click.echo(f"{n}: set aside again: {left[n]['why']}" if n in left else f"{n}: done", err=n in left)
    if older := len(found) - len(seen):
        click.echo(f"{older} more (older) handed in as well; wattwire again {flow} shows what is left")
    return int(any(n in left for n in seen))


def _lying(visitor: Visitor, flow: str, node: str) -> Mapping[int, Mapping[str, Any]]:
    """The newest of what is set aside, by number."""
    topic = topics.poison(flow, node)
    payload = visitor.retained([topic]).get(topic)
    return {it["number"]: it for it in json.loads(payload)["inputs"]} if payload else {}
