"""wattwire schema: print the schema by which editors check and complete flow files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from wattwire.flows.engine.palette import palette
from wattwire.flows.engine.reasons import FlowError
from wattwire.flows.engine.schema import schema

from .options import nodes_option


@click.command("schema")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it to this file.")
@nodes_option
def command(output: Path | None, nodes_dirs: tuple[Path, ...]) -> None:
    """Print the JSON Schema of flow files, made from the node types that are installed.

    An editor with the YAML language server uses it if the flow's first line says
    `# yaml-language-server: $schema=flow.schema.json`.
    """
    try:
        text = json.dumps(schema(palette(nodes_dirs)), indent=2, ensure_ascii=False) + "\n"
    except FlowError as error:
        click.echo(str(error), err=True)
        raise SystemExit(2) from None
    if output:
        try:
            output.write_text(text, "utf-8")
        except OSError as wrong:
            raise click.UsageError(f"--output {output} cannot be written: {wrong.strerror}") from None
    else:
        click.echo(text, nl=False)
