"""The command `wattwire`."""

from __future__ import annotations

import errno
import importlib
import sys
from typing import Any

import click

COMMANDS = {
    "setup": "Find out from an Octopus API key what is needed, and write it down.",
    "run": "Run flows as processes over a broker.",
    "check": "Say everything that is wrong with a flow, or that it is fine.",
    "try": "Run a flow in made-up time, in one process, without a network.",
    "draw": "Draw a flow as a graph.",
    "nodes": "Show the palette: node types with their ports and settings.",
    "tariffs": "List tariffs, or check a tariff's file against its cases.",
    "schema": "Print the schema by which editors check and complete flow files.",
    "tail": "Watch the messages of a running flow.",
    "send": "Hand a message to a node of a running flow.",
    "status": "Show how the nodes of a running flow are doing.",
    "log": "Show what happened in a flow, even while nobody was looking.",
    "again": "Show what was set aside, and hand it in again.",
    "gx": "Look at a Victron GX, and find out what its firmware does with an override.",
    "battery": "Tell the house battery of a running flow what to do.",
}
"""Each is `command` in the file of commands/ named after it; summarised here, so that --help imports none of them."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

ENDS = """\b
Exit code of every command
  0  it went well
  1  it failed while it ran
  2  the flow or the command line is wrong; the reasons are on stderr
"""


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        file = f"{cmd_name}_" if cmd_name == "try" else cmd_name  # try is a word of Python's
        found = importlib.import_module(f"wattwire.flows.commands.{file}").command
        assert isinstance(found, click.Command)
        return found

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            try:
                return super().main(*args, **kwargs)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()  # here, where what comes of it can be said
        except OSError as wrong:
            if wrong.errno not in FULL:
                raise
            sys.stdout = None  # nor is it tried again at the end
            print(f"the output cannot be written: {wrong.strerror}", file=sys.stderr)
            sys.exit(1)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, epilog=ENDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wattwire", prog_name="wattwire", message="%(prog)s %(version)s")
def main() -> None:
    """Flows of small processes that meet on MQTT.

    A flow is a YAML file of nodes and edges, or the name of one that comes with wattwire, such as simulated_house.
    """


if __name__ == "__main__":
    main(prog_name="wattwire")
