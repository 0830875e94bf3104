"""wattwire check: say everything that is wrong with a flow, or that it is fine."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from wattwire.flows.engine.loading import load
from wattwire.flows.engine.reasons import FlowError

from .options import env_option, json_option, nodes_option


@click.command("check")
@click.argument("flows", nargs=-1, required=True, metavar="FLOW…")
@env_option
@nodes_option
@json_option
def command(flows: tuple[str, ...], env_file: Path | None, nodes_dirs: tuple[Path, ...], as_json: bool) -> None:
    """Say everything that is wrong with a FLOW, or that it is fine.

    Each reason is a line `file:line:column: reason` on stderr, and the exit code is 2. Nothing is run.
    """
    told, wrong = list[dict[str, object]](), False
    for name in flows:
        try:
            flow = load(name, env_file=env_file, nodes_dirs=nodes_dirs)
        except FlowError as error:
            wrong = True
            told.append({"flow": name, "fine": False, "reasons": [dataclasses.asdict(r) for r in error.reasons]})
            if not as_json:
                click.echo(str(error), err=True)
            continue
        nodes, edges = len(flow.nodes), len(flow.edges)
        told.append({"flow": flow.name, "fine": True, "nodes": nodes, "edges": edges, "revision": flow.revision})
        if not as_json:
            click.echo(f"{flow.name}: {counted(nodes, 'node')}, {counted(edges, 'edge')}, fine")
    if as_json:
        click.echo(json.dumps(told, indent=2))
    raise SystemExit(2 if wrong else 0)


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
