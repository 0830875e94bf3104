"""wattwire send: hand a message to a node of a running flow."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from wattwire.broker import envelope, topics

from .options import state_option
from .visiting import ENDS, broker_option, visit


@click.command("send", epilog=ENDS)
@click.argument("flow")
@click.argument("port", metavar="NODE.PORT")
@click.argument("body", metavar="JSON")
@broker_option
@state_option
def command(flow: str, port: str, body: str, broker: str, state: Path | None) -> None:
    """Hand a message to an in port of the running FLOW.

    JSON is the body, or a whole envelope. null is a nudge; for a tick it means now.

    \b
    wattwire send simulated_house rateResolver.tick null
    """
    try:
        envelope.loads(body.encode(), datetime.now(UTC))
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="JSON") from None
    with visit(flow, broker, state) as (visitor, name, graph):
        known = [f"{node}.{into}" for node, it in graph["nodes"].items() for into in it["ins"]]
        if port not in known:
            near = [one for one in known if one.partition(".")[0] == port.partition(".")[0]] or known
            raise click.BadParameter(f"no in port {port!r}; there are {', '.join(near)}", param_hint="NODE.PORT")
        node, _, into = port.partition(".")
        if not visitor.publish(topics.into(name, node, into), body.encode()):
            click.echo("the broker did not accept the message", err=True)
            raise SystemExit(1)
