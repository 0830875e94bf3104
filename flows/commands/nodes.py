"""wattwire nodes: show the palette."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wattwire.flows.engine.families import index
from wattwire.flows.engine.manual import brief, describe, page
from wattwire.flows.engine.palette import palette
from wattwire.flows.engine.reasons import FlowError, unknown

from .options import json_option, nodes_option


@click.command("nodes")
@click.argument("type", required=False)
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write a page per node type there.",
)
@nodes_option
@json_option
def command(type: str | None, markdown: Path | None, nodes_dirs: tuple[Path, ...], as_json: bool) -> None:
    """Show the palette: every node type, or one TYPE with its ports (▸ triggers) and settings."""
    try:
        known = palette(nodes_dirs)
    except FlowError as error:
        click.echo(str(error), err=True)
        raise SystemExit(2) from None
    if type and type not in known:
        click.echo(unknown("node type", type, known), err=True)
        raise SystemExit(2)
    chosen = [known[name] for name in ([type] if type else sorted(known))]
    if markdown:
        markdown.mkdir(parents=True, exist_ok=True)
        for node in chosen:
            (markdown / f"{node.name}.md").write_text(page(node), "utf-8")
        if not type:
            (markdown / "README.md").write_text(index(chosen), "utf-8")
    elif as_json:
        click.echo(json.dumps([describe(n) for n in chosen], indent=2, ensure_ascii=False))
    elif type:
        click.echo(brief(chosen[0]))
    else:
        for node in chosen:
            click.echo(f"{node.name:18} {node.doc.splitlines()[0] if node.doc else ''}")
