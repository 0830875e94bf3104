"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

env_option = click.option(
    "--env",
    "env_file",
    type=click.Path(path_type=Path),
    help="A file of NAME=value lines for the flow's $NAMEs.  [default: .env, here or beside the flow]",
)
nodes_option = click.option(
    "--nodes",
    "nodes_dirs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A folder of node files of your own; may be given more than once.",
)
state_option = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The state folder, for what outlives a run.  [default: $XDG_STATE_HOME/wattwire, or ~/.local/state/wattwire]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
