"""wattwire log: what happened in a flow, even while nobody was looking."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import click

from wattwire.broker.envelope import stamp
from wattwire.flows.engine import statefolder
from wattwire.flows.engine.durations import duration
from wattwire.flows.engine.logbook import Entry, Logbook
from wattwire.flows.engine.ownership import BROKER
from wattwire.flows.engine.visitor import flow_name

from .options import json_option, state_option

DAY = timedelta(hours=24)


@click.command("log")
@click.argument("flow")
@click.argument("nodes", nargs=-1, metavar="[NODE…]")
@click.option("--since", metavar="WHEN", help="How far back: 12h, 18:00, or 2026-11-20T18:00.  [default: 24h]")
@state_option
@json_option
def command(flow: str, nodes: tuple[str, ...], since: str | None, state: Path | None, as_json: bool) -> None:
    """Show what happened in FLOW, or to some of its nodes: a line for each thing that matters to a person.

    It is read from the state folder, whether or not the flow is running. The newest lines are kept, about ten
    thousand of them.
    """
    name, now = flow_name(flow), datetime.now(UTC)
    try:
        begin = now - DAY if since is None else moment(since, now)
    except ValueError:
        raise click.BadParameter(
            f"{since} is not a time; write it like 12h, 18:00 or 2026-11-20T18:00", param_hint="--since"
        ) from None
    folder = (state or statefolder.default()) / name
    try:
        if not folder.is_dir():
            click.echo(f"{name} has not been run here: there is no {folder}", err=True)
            raise SystemExit(1)
        there = list(Logbook(folder).entries())
        known = {it.node for it in there} | {file.stem for file in folder.glob("*.lock") if file.name != BROKER}
    except OSError as wrong:
        click.echo(f"{wrong.filename} cannot be read: {wrong.strerror}", err=True)
        raise SystemExit(1) from None
    if strange := [node for node in nodes if node not in known]:
        told = f"no node {strange[0]!r}; there are {', '.join(sorted(known - {''}))}"
        raise click.BadParameter(told, param_hint="NODE")
    entries = [it for it in there if it.at >= begin and (not nodes or it.node in nodes)]
    if as_json:
        for it in entries:
            click.echo(json.dumps({**asdict(it), "at": stamp(it.at)}, ensure_ascii=False))
        return
    for line in shown(entries):
        click.echo(line)
    if not entries:
        click.echo(f"nothing since {begin.astimezone():%a %d %b %H:%M}", err=True)


def shown(entries: Iterable[Entry]) -> Iterator[str]:
    """Lines as `run` prints them, and a line for each day."""
    day = None
    for it in entries:
        at = it.at.astimezone()
        if at.date() != day:
            day = at.date()
            yield f"{at:%A %d %B %Y}"
        mark = "" if it.level == "info" else f"{it.level}: "
        yield f"{at:%H:%M:%S} {mark}{it.plain()}"


def moment(said: str, now: datetime) -> datetime:
    """That long ago, the last time that clocks showed this, or a local date and time. Raises ValueError."""
    if said[-1:] in ("d", "h", "m", "s"):
        return now - duration(said)
    if "-" not in said:
        at = datetime.combine(now.astimezone().date(), time.fromisoformat(said)).astimezone()
        return at if at <= now else (at.replace(tzinfo=None) - timedelta(days=1)).astimezone()
    return datetime.fromisoformat(said).astimezone()
