"""wattwire try: run a flow in made-up time, in one process, without a network."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from wattwire.broker.envelope import instant
from wattwire.flows.engine.loading import FlowError, load
from wattwire.flows.engine.logbook import Entry
from wattwire.flows.engine.names import dotenv
from wattwire.flows.engine.script import ScriptError, play, read

from .log import shown


class Lent(Mapping[str, str]):
    """An environment that has every name: a trial talks to nobody, so it needs nobody's credentials."""

    def __init__(self, real: Mapping[str, str]) -> None:
        self._real = real

    def __getitem__(self, name: str) -> str:
        if name in self._real:
            return self._real[name]
        if name.endswith("_FILE") or name == "CREDENTIALS_DIRECTORY":
            raise KeyError(name)
        return f"simulated-{name}"

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._real or not name.endswith(("_FILE", "_DIRECTORY")))

    def __iter__(self) -> Iterator[str]:
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)


def when(_context: click.Context, _option: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return instant(value)
    except ValueError as wrong:
        raise click.BadParameter(f"{wrong}; write it as 2026-11-20T12:00:00Z") from None


@click.command("try")
@click.argument("flow")
@click.option("--script", type=click.File(encoding="utf-8"), help="JSON lines of what happens; - is standard input.")
@click.option("--from", "start", callback=when, help="When it begins.  [default: at the script's first line]")
@click.option("--until", callback=when, help="When it ends, inclusive.  [default: at the script's last line]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to the terminal.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed for what is left to chance, such as jitter.")
@click.option("--shadow", is_flag=True, help="Mute every actuator, as `wattwire run --shadow` does.")
@click.option("--log", "as_log", is_flag=True, help="Print what `wattwire log` would show, instead of messages.")
@click.option("--env", "env_file", type=click.Path(exists=True, path_type=Path), help="A file of NAME=value lines.")
@click.option("--nodes", "dirs", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="A folder of nodes of your own.")  # fmt: skip
def command(flow: str, script: TextIO | None, start: datetime | None, until: datetime | None, out: Path | None,
            seed: int, shadow: bool, as_log: bool, env_file: Path | None, dirs: tuple[Path, ...]) -> None:  # fmt: skip
    """Run FLOW in made-up time: a day of a house in seconds, with the same result every time.

    Prints one JSON line for each message that leaves a node and for each request that a node makes. Nothing is
    sent anywhere. Simulators in the flow answer; other requests get what the script says, or no answer.

    \b
    Script lines, in time order:
      {"at": T, "to": "rateResolver.plan", "body": {…}}          hand over a message
      {"at": T, "reply": {"node": N, "status": 200, "json": …}}  from then on the answer to N's requests
      {"at": T, "crash": "dispatchFetcher"}                      kill that node and start it again
      {"at": T, "broker": "down"}                                no broker, until {"at": T, "broker": "up"}
    Other lines delay or repeat messages, cut links and set clocks: see docs/try-a-flow.md.

    Exit code 0; 1 if a node crashed by itself; 2 if the flow, the script or the command line is wrong.
    """
    import os

    try:
        env_file = env_file or (Path(".env") if Path(".env").is_file() else None)
        written = dotenv(env_file) if env_file else {}
        loaded = load(flow, env=Lent({**written, **os.environ}), nodes_dirs=dirs)
        lines = read(script, loaded, script.name) if script else []
    except (FlowError, ScriptError) as refused:
        click.echo(str(refused), err=True)
        sys.exit(2)
    except UnicodeDecodeError:
        raise click.UsageError(f"{script.name if script else flow}: not UTF-8") from None
    if start is None and not lines:
        raise click.UsageError("say when it begins: --from T, or a --script")
    start = start or lines[0].at
    if until is None and not lines:
        raise click.UsageError("say when it ends: --until T")
    until = until or lines[-1].at
    if until < start:
        raise click.UsageError("--until is before --from")
    gc.freeze()
    gc.set_threshold(100_000)  # a trial leaves few reference cycles to collect
    with ExitStack() as files:
        try:
            sink = files.enter_context(out.open("w", encoding="utf-8")) if out else sys.stdout
        except OSError as wrong:
            raise click.UsageError(f"--out {out} cannot be written: {wrong.strerror}") from None
        try:
            entries: list[Entry] = []
            say = (lambda text: None) if as_log else (lambda text: print(text, file=sink))
            log = entries.append if as_log else None
            bench = play(loaded, lines, start, until, say, seed=seed, shadow=shadow, log=log)
            print(*shown(entries), sep="\n", end="\n" if entries else "", file=sink)
        except BrokenPipeError:
            sys.stdout = None  # the reader has seen enough
            sys.exit(0)
    for at, node, fault in bench.faults:
        click.echo(f"{at:%Y-%m-%dT%H:%M:%SZ} {node}: {fault}", err=True)
    sys.exit(1 if any(fault.startswith("crashed") for _, _, fault in bench.faults) else 0)
