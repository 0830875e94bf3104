"""wattwire draw: draw a flow as a graph."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from wattwire.flows.engine.announcing import graph
from wattwire.flows.engine.drawing import dot, mermaid
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.reasons import FlowError

from .options import json_option, nodes_option


@click.command("draw")
@click.argument("flow")
@click.option("--format", "form", type=click.Choice(["mermaid", "dot"]), default="mermaid", show_default=True)
@nodes_option
@json_option
def command(flow: str, form: str, nodes_dirs: tuple[Path, ...], as_json: bool) -> None:
    """Draw a FLOW as a graph: Mermaid, which GitHub and many editors render, or DOT for Graphviz.

    Edges that may wait are dashed. No $NAME is looked up, so no credentials are needed. --json prints what the
    flow announces on its topic `$flow`.
    """
    try:
        found = load(flow, nodes_dirs=nodes_dirs, resolve=False)
    except FlowError as error:
        click.echo(str(error), err=True)
        raise SystemExit(2) from None
    if as_json:
        announced = json.loads(graph(found, datetime.now(UTC)))
        del announced["at"]
        click.echo(json.dumps(announced, indent=2))
    else:
        click.echo(mermaid(found) if form == "mermaid" else dot(found), nl=False)
