"""wattwire gx: look at a Victron GX, and find out what its firmware does with an override."""

from __future__ import annotations

import hashlib
import json
import signal
import ssl
from pathlib import Path
from time import monotonic

import click

from wattwire.broker.address import Address
from wattwire.broker.address import address as parsed
from wattwire.nodes.gx_readings import BATTERY, GRID, input_limit, number, total
from wattwire.nodes.gx_topics import FIRMWARE, FORCE, SCHEDULED, SETPOINT, USER_SETPOINT
from wattwire.nodes.victron_gx import Config

from .gx_line import Line, Unreachable
from .gx_showing import facts, lines, why_not
from .gx_target import line_to
from .gx_trial import Look, find, words
from .options import env_option, json_option, state_option

EVERY = 5.0  # s between looks
LEAST = 500.0  # W more into the battery that count as a charge

EXIT = "Exit code: 0, 1 (it failed), 2 (the command line is wrong)."
ENDS = f"""\b
TARGET is a GX's address, such as 192.168.1.20 or mqtts://venus.local?ca=gx.pem, or a flow with a victronGx.
For an address, the password is taken from GX_PASSWORD. {EXIT}
"""


@click.group("gx", epilog=ENDS)
def command() -> None:
    """Look at a Victron GX, and find out what its firmware does with an override."""


@command.command("show", epilog=ENDS)
@click.argument("target")
@env_option
@state_option
@json_option
def show(target: str, env_file: Path | None, state: Path | None, as_json: bool) -> None:
    """Show what a GX reports, and whether its battery can be steered. Nothing is written."""
    cfg, line = line_to(target, env_file, state)
    try:
        with line:
            line.until(lambda: line.skew != 0.0, 5.0)
            told = facts(cfg, line)
    except Unreachable as wrong:
        raise click.ClickException(str(wrong)) from None
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(lines(told)))


@command.command("probe", epilog=ENDS)
@click.argument("target")
@click.option(
    "--for", "seconds", default=600, show_default=True, type=click.IntRange(5, 3600), help="Seconds to watch."
)
@click.option(
    "--watts", default=700, show_default=True, type=click.IntRange(200, 5000), help="How much more to import."
)
@click.option("--force-charge", is_flag=True, help="Try the ForceCharge override instead of the grid setpoint.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@env_option
@state_option
def probe(
    target: str, seconds: int, watts: int, force_charge: bool, yes: bool, env_file: Path | None, state: Path | None
) -> None:
    """Write an override once, watch GX and meter, and put it back.

    It says what this firmware does, and takes up to ten minutes, in which the house draws a few hundred watts more
    from the grid (with --force-charge: as much as the battery takes). Ctrl-C ends it and puts the override back; if
    this command dies, the GX does that, by a last will.
    """
    cfg, line = line_to(target, env_file, state)
    if force_charge:
        line.undo = (FORCE, 0.0)
    for ending in (signal.SIGTERM, signal.SIGHUP):  # closing the terminal ends it as Ctrl-C does
        signal.signal(ending, signal.default_int_handler)
    try:
        with line:
            line.until(lambda: line.skew != 0.0, 5.0)
            click.echo("\n".join(lines(facts(cfg, line))))
            _probe(cfg, line, seconds, watts, force_charge, yes)
    except Unreachable as wrong:
        raise click.ClickException(str(wrong)) from None


@command.command("pin", epilog=EXIT)
@click.argument("address", metavar="ADDRESS")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def pin(address: str, file: Path) -> None:
    """Fetch a GX's own certificate into FILE, for the setting `ca`.

    From then on only that GX is trusted. ADDRESS is a name or mqtts://name:port. Do this on a network that you trust,
    and again after the GX has been reset.
    """
    at = _parsed(address if "://" in address else f"mqtts://{address}")
    try:
        text = ssl.get_server_certificate((at.host, at.port), timeout=10)
        file.write_text(text)
    except OSError as wrong:
        raise click.ClickException(f"{at}: {wrong.strerror or wrong}") from None
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()
    click.echo(f"{file}: the certificate of {at}, SHA-256 {digest}")


def _parsed(url: str) -> Address:
    try:
        return parsed(url)
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None


def _probe(cfg: Config, line: Line, seconds: int, watts: int, force: bool, yes: bool) -> None:
    reasons = [*why_not(cfg, line)]
    path, none = (FORCE, 0.0) if force else (SETPOINT, None)
    if line.seen.get(SCHEDULED) == 1:
        reasons.append("a charge schedule is running; try again when none is")
    if line.seen.get(path) not in (None, 0):
        reasons.append(f"somebody else is using this override: it is {line.seen[path]}")
    if (number(line.seen, "system/0/Dc/Battery/Soc") or 0) > 95:
        reasons.append("the battery is too full to take more")
    before = _meter(line, force) if force else number(line.seen, USER_SETPOINT)
    if before is None:
        reasons.append("the GX does not report the meter or the grid setpoint")
    if reasons:
        raise click.ClickException("this GX cannot be probed now: " + "; ".join(reasons))
    assert before is not None
    limit = input_limit(line.seen)
    value = 1.0 if force else float(round(min(before + watts, before + watts if limit is None else limit)))
    what = f"W/{line.portal}/{path} {value:g}"
    more = "the battery charge as hard as it can" if force else f"the grid give {value:.0f} W"
    click.echo(f"\nThis writes {what} once. It should make {more}, for up to {seconds} s.")
    if not yes:
        click.confirm("Go on?", abort=True)
    looks: list[Look] = []
    began = monotonic()
    try:
        line.write(path, value)
        while (now := monotonic() - began) < seconds and not _over(looks, value, before, force):
            line.until(lambda: False, min(EVERY, seconds - now, max(1.0, seconds / 20)))
            line.ask(path, *GRID, BATTERY)
            line.until(lambda: False, 0.5)
            looks.append(Look(monotonic() - began, number(line.seen, path), _meter(line, force)))
            shown = "gone" if looks[-1].shown in (None, none) else f"{looks[-1].shown:g}"
            meter = "unknown" if looks[-1].meter is None else f"{looks[-1].meter:.0f} W"
            click.echo(f"  {looks[-1].at:4.0f} s  override {shown:>6}  {'battery' if force else 'grid'} {meter}")
    except KeyboardInterrupt:
        click.echo("stopped")
    finally:
        line.write(path, none)
        back = line.until(lambda: line.seen.get(path) in (None, 0), 5.0)
        click.echo("the override has been put back" if back else "THE OVERRIDE IS STILL SHOWN: set it back on the GX")
    firmware = str(line.seen.get(FIRMWARE) or "unknown")
    told = words(find(looks, value, _goal(looks, value, before, force), before), firmware, looks[-1].at if looks else 0)
    click.echo("\n" + (f"ForceCharge on {told[0]}" if force else "\n".join(told)))


def _goal(looks: list[Look], value: float, before: float, force: bool) -> float:
    """Where the meter ought to go; how much a battery takes is not known beforehand."""
    if not force:
        return value
    return max((before + LEAST, *(look.meter for look in looks if look.meter is not None)))


def _over(looks: list[Look], value: float, before: float, force: bool) -> bool:
    """It is gone, and has been watched a while longer."""
    found = find(looks, value, _goal(looks, value, before, force), before)
    return found.done and found.life is not None and looks[-1].at - found.life > 3 * EVERY


def _meter(line: Line, force: bool) -> float | None:
    return number(line.seen, BATTERY) if force else total(line.seen, GRID)
