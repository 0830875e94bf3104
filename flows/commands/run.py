"""wattwire run: run flows as processes over a broker."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import click

from .options import env_option, nodes_option, state_option

if TYPE_CHECKING:
    from wattwire.flows.engine.graph import Flow, FlowNode
    from wattwire.flows.engine.launcher import Launcher
    from wattwire.flows.engine.options import Options

BIG = """
   ####  # #   # #   # #      ###  ##### ##### ####
  #      # ## ## #   # #     #   #   #   #     #   #
   ###   # # # # #   # #     #####   #   ####  #   #
      #  # #   # #   # #     #   #   #   #     #   #
  ####   # #   #  ###  ##### #   #   #   ##### ####
"""


@click.command("run")
@click.argument("flows", nargs=-1, required=True, metavar="FLOW…")
@click.option(
    "--broker", default="", metavar="URL", help="Use this broker (mqtt://, mqtts://, unix://) instead of starting one."
)
@click.option("--prefer", type=click.Choice(["auto", "mosquitto", "embedded"]), default="auto", show_default=True,
              help="Which broker to start.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=1883, show_default=True,
              help="Port of the private broker; any free one if it is taken, or with 0.")  # fmt: skip
@env_option
@state_option
@nodes_option
@click.option("--host", "label", default="", metavar="LABEL", help="Run only the nodes with this `host`.")
@click.option("--only", default="", metavar="NODE,…", help="Run only these nodes; `edges` carries edges that wait.")
@click.option("--shared", is_flag=True, help="Run each flow's nodes in one process, for a machine with little memory.")
@click.option("--shadow", is_flag=True, help="Mute every actuator: everything is computed, nothing is written.")
@click.option("--admin", type=click.IntRange(0, 65535), metavar="PORT",
              help="Port for /metrics, /sd and /health on loopback; 0 for any.  [default: 9480, if free]")  # fmt: skip
@click.option("--hang", type=click.FloatRange(2), default=10.0, show_default=True, metavar="SECONDS",
              help="Restart a node that shows no sign of life for this long.")  # fmt: skip
def command(flows: tuple[str, ...], broker: str, prefer: Literal["auto", "mosquitto", "embedded"],
            port: int, env_file: Path | None, state: Path | None, nodes_dirs: tuple[Path, ...], label: str, only: str,
            shared: bool, shadow: bool, admin: int | None, hang: float) -> None:  # fmt: skip
    """Run FLOWs over a broker, every node as a process of its own, until Ctrl-C.

    Without --broker, a private one is started on loopback and stopped at the end: mosquitto if it is installed,
    otherwise the embedded one. What nodes remember is kept in the state folder.

    \b
    Try it:             wattwire run simulated_house
    Your own house:     wattwire run intelligent_octopus --env .env --shadow
    """
    from wattwire.flows.engine import early

    alone = shared and len(flows) == 1
    begun = None if alone else early.fork_server()  # it loads while we do
    import asyncio  # late, like all that follows: the fork server loads meanwhile

    from wattwire.flows.engine import statefolder
    from wattwire.flows.engine.launcher import Launcher
    from wattwire.flows.engine.options import Options
    from wattwire.flows.engine.warming import modules

    launcher = Launcher()
    if alone:
        launcher.open_lone([str(d.resolve()) for d in nodes_dirs])
    else:
        launcher.open(begun)
    loaded = [load(name, env_file, nodes_dirs, ahead=launcher.want) for name in flows]
    launcher.want(modules(loaded), [str(d) for d in nodes_dirs])
    options = Options(
        root=(state or statefolder.default()).absolute(), broker=broker, prefer=prefer, port=port, label=label,
        only=frozenset(filter(None, only.split(","))), shadow=shadow, shared=shared,
        admin=admin, hang=hang, nodes_dirs=nodes_dirs,
        reload=lambda flow: load(flows[[f.name for f in loaded].index(flow)], env_file, nodes_dirs, strict=False),
    )  # fmt: skip
    refuse(loaded, options)
    greet(loaded, shadow, state)
    warn(loaded, options)
    raise SystemExit(asyncio.run(supervise(loaded, options, launcher)))


def load(name: str, env_file: Path | None, nodes_dirs: tuple[Path, ...], strict: bool = True,
         ahead: Callable[[list[str]], None] | None = None) -> Flow:  # fmt: skip
    from wattwire.flows.engine import loading

    try:
        return loading.load(name, env_file=env_file, nodes_dirs=nodes_dirs, ahead=ahead)
    except loading.FlowError as wrong:
        if not strict:
            raise
        click.echo(str(wrong), err=True)
        raise SystemExit(2) from None


def refuse(flows: list[Flow], options: Options) -> None:
    """Refuse a command line that does not fit the flows."""
    from wattwire.broker.address import address
    from wattwire.flows.engine.grammar import label
    from wattwire.flows.engine.options import hosted
    from wattwire.flows.engine.routes import processes

    if len({flow.name for flow in flows}) < len(flows):
        raise click.UsageError("two of these flows have the same name")
    if options.broker:
        try:
            address(options.broker)
        except ValueError as wrong:
            raise click.UsageError(f"--broker: {wrong}") from None
    if options.label:
        try:
            label(options.label)
        except ValueError as wrong:
            raise click.UsageError(f"--host: {wrong}") from None
    known = {name for flow in flows for name in processes(flow)}
    if unknown := options.only - known:
        raise click.UsageError(f"--only: no node {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    if not any(hosted(flow, options) for flow in flows):
        raise click.UsageError(
            f"--host: no node of these flows runs {f'on host {options.label}' if options.label else 'here'}; "
            "name a `host` from the flow"
        )


def greet(flows: list[Flow], shadow: bool, state: Path | None = None) -> None:
    from .check import counted

    for flow in flows:
        nodes, edges = counted(len(flow.nodes), "node"), counted(len(flow.edges), "edge")
        click.echo(f"{flow.name}: {nodes}, {edges}, revision {flow.revision[:8]}")
    simulators = sorted({n.type.name for f in flows for n in f.nodes.values() if n.type.name.startswith("sim")})
    if simulators:
        click.echo(BIG)
        real = [f"{flow.name}.{node.name}" for flow in flows for node in flow.nodes.values() if writes(node)]
        rest = f"STILL REAL: {', '.join(real)}." if real and not shadow else "Nothing real is changed."
        click.echo(f"SIMULATED: {', '.join(simulators)} in place of the real world. {rest}\n")
    where = f" --state {shlex.quote(str(state))}" if state else ""
    click.echo(f"Look closer from another terminal: wattwire status|tail|log {flows[0].name}{where}")
    if shadow:
        click.echo("SHADOW: every actuator is muted; nothing is written to hardware or accounts.")


def warn(flows: list[Flow], options: Options) -> None:
    """Warn of what can be done, but is hardly what was meant."""
    from wattwire.flows.engine.options import without_edges

    for flow in flows:
        if without_edges(flow, options):
            click.echo(f"{flow.name}: edges with after, every or times deliver nothing: the process `edges`, which "
                       "carries them, does not run here; run it as well, with --only edges", err=True)  # fmt: skip


def writes(node: FlowNode) -> bool:
    """Whether it writes to something outside the run."""
    host = urlsplit(getattr(node.config, "url", None) or "").hostname or ""
    return node.type.actuator and host != "flow" and not host.endswith(".flow")


async def supervise(flows: list[Flow], options: Options, launcher: Launcher) -> int:
    from wattwire.broker.tether import BrokerFailed
    from wattwire.flows.engine.board import display
    from wattwire.flows.engine.meeting import Stopped
    from wattwire.flows.engine.statefolder import Unusable
    from wattwire.flows.engine.supervisor import Supervisor

    shown = display(sys.stdout)
    try:
        return await Supervisor(flows, options, shown, launcher).run()
    except Stopped:
        return 0
    except (Unusable, BrokerFailed, ConnectionError) as wrong:
        shown.line(str(wrong), "error")
        return 1
