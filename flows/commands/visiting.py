"""What tail, send, status, again and battery share: how they find the broker of a running flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from wattwire.flows.engine import statefolder
from wattwire.flows.engine.visitor import Nobody, Visitor, broker_of, flow_name, graph_of

NOBODY = 3  # exit code
ENDS = """\b
Exit code: 0, 1 (it failed while running), 2 (the command line is wrong), 3 (nobody is running that flow).
"""

broker_option: Callable[[Any], Any] = click.option(
    "--broker", default="", metavar="URL", help="The flow's broker.  [default: that of `wattwire run` on this machine]"
)


@contextmanager
def visit(flow: str, broker: str, state: Path | None) -> Iterator[tuple[Visitor, str, Mapping[str, Any]]]:
    """A connection, the flow's name, and its deployed graph."""
    try:
        name = flow_name(flow)
        with Visitor(broker_of(name, (state or statefolder.default()).absolute(), broker)) as visitor:
            yield visitor, name, graph_of(visitor, name)
    except Nobody as wrong:
        click.echo(str(wrong), err=True)
        raise SystemExit(NOBODY) from None
    except ValueError as wrong:
        raise click.UsageError(f"--broker: {wrong}") from None
