"""wattwire setup: an API key in, an `.env` and a flow out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, TypeVar

import click

from wattwire.flows.engine.loading import load
from wattwire.flows.engine.names import dotenv
from wattwire.flows.engine.reasons import FlowError
from wattwire.nodes import Fault
from wattwire.nodes.kraken_accounts import Account, choose, intelligent

from .drafting import env_text, flow_text, put, tariff_name
from .gx_reach import pinned, reached
from .octopus import OCTOPUS, WHERE, Octopus, Stop, told_prices

T = TypeVar("T")

NEWEST = "intelligent_go_four_rate"  # the tariff that a product not known here most likely belongs to

TESLA = {
    "TESLA_CLIENT_ID": "of your application at Tesla: developer.tesla.com, Create application",
    "TESLA_REFRESH_TOKEN": "from signing in with that application, scopes openid offline_access vehicle_device_data",
    "TESLA_VIN": "the car's, from the app or the windscreen",
}


@click.command("setup")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), required=False)
@click.option("--key-file", type=click.File(), help="A file with the API key, or - for stdin; otherwise you are asked.")
@click.option("--account", default="", metavar="A-…", help="The account, if the key has several.")
@click.option("--gx", metavar="HOST", help="Name or address of the Victron GX; empty if there is none.")
@click.option("--tesla/--no-tesla", default=None, help="Leave room for Tesla's entries in .env.")
@click.option("--url", default=OCTOPUS, show_default=True, help="Octopus, or a simulator or proxy of it.")
@click.option("--yes", is_flag=True, help="Ask nothing, for use in scripts.")
def command(folder: Path, key_file: TextIO | None, account: str, gx: str | None, tesla: bool | None,
            url: str, yes: bool) -> None:  # fmt: skip
    """Find out from an Octopus API key what is needed, and write FOLDER/.env and FOLDER/my_house.yaml.

    \b
    wattwire setup house
    wattwire setup house --key-file - --gx venus.local --yes <key
    """
    try:
        before = _written(folder / ".env")
        octopus = Octopus(url, _key(key_file, before.get("OCTOPUS_API_KEY", ""), yes))
        octopus.login()
        click.echo("The key is good.")
        found = _tariff(octopus, _account(octopus, account, yes), yes)
        host, secured = reached(gx, before.get("GX_HOST", ""), yes)
        asked = tesla is None and not yes and not before.keys() & TESLA.keys()
        wants_tesla = click.confirm("Is there a Tesla?", default=False) if asked else bool(tesla)
        _write(folder, before, octopus, found, host, secured, wants_tesla, yes)
    except Stop as told:
        click.echo(str(told), err=True)
        raise SystemExit(1) from None
    except OSError as wrong:
        click.echo(
            f"{wrong.filename or folder}: {wrong.strerror or wrong}; put that right, or name another FOLDER", err=True
        )
        raise SystemExit(1) from None


def _written(env: Path) -> dict[str, str]:
    try:
        return dotenv(env) if env.exists() else {}
    except FlowError as wrong:
        raise Stop(f"{wrong}\nput that right first: nothing was written") from None


def _key(file: TextIO | None, known: str, yes: bool) -> str:
    if file is not None:
        key = _text(file)
    elif known:
        click.echo("Using the key in .env; for another one, give --key-file.")
        key = known
    elif yes:
        raise click.UsageError("with --yes no key is asked for: give --key-file, with a file or - for stdin")
    else:
        key = click.prompt(f"API key ({WHERE}; it is not shown)", hide_input=True).strip()
    if not key or any(c.isspace() for c in key):
        raise Stop(f"that is not an API key: it is one line, as shown under {WHERE}")
    return key


def _text(file: TextIO) -> str:
    try:
        return file.read().strip()
    except UnicodeDecodeError:
        return ""  # no key has such bytes


def _account(octopus: Octopus, wanted: str, yes: bool) -> str:
    there = octopus.numbers()
    found = choose(there, wanted)
    if isinstance(found, Fault):
        if found.code != "several_accounts" or yes:
            raise Stop(found.why + (": say which with --account" if found.code == "several_accounts" else ""))
        found = _one("Which account?", there, there)
    click.echo(f"Account {found}")
    devices = octopus.devices(found)
    for device in devices:
        click.echo(f"  {'*' if device.usable else ' '} {device.name} ({device.kind}): {device.state}")
    if not any(d.usable for d in devices):
        raise Stop(
            f"account {found} has no live car or charger: add it under Devices in the Octopus app, then run setup again"
        )
    return found


def _tariff(octopus: Octopus, account: str, yes: bool) -> Account:
    there = octopus.tariffs(account)
    if not there:
        raise Stop(f"account {account} buys no electricity now: none of its meters has an agreement in force")
    able = [a for a in there if intelligent(a.product)]
    if not able:
        raise Stop(
            f"your tariff is {', '.join(a.tariff for a in there)}, and not Intelligent Octopus Go: there is no plan to "
            "follow. `wattwire tariffs` lists the tariffs that a flow of your own can use"
        )
    found = able[0] if len(able) == 1 or yes else _one("Which meter?", able, [a.tariff for a in able])
    prices = octopus.prices(found.product, found.tariff)
    told = prices if isinstance(prices, str) else told_prices(prices, datetime.now(UTC))
    click.echo(f"Tariff {found.tariff}: {told}")
    return found


def _write(folder: Path, before: dict[str, str], octopus: Octopus, found: Account, host: str, secured: bool,
           tesla: bool, yes: bool) -> None:  # fmt: skip
    values = {
        "OCTOPUS_API_KEY": octopus.key.reveal(),
        "OCTOPUS_ACCOUNT": found.number,
        "OCTOPUS_PRODUCT": found.product,
        "OCTOPUS_TARIFF": found.tariff,
        **({"GX_HOST": host} if host else {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    env, flow, settings = folder / ".env", folder / "my_house.yaml", dict[str, str]()
    if secured:
        settings = {"password": "$GX_PASSWORD", "ca": str(pinned(folder, host))}
        if not yes:
            values["GX_PASSWORD"] = click.prompt("Password of the GX's security profile", hide_input=True)
    known = {name for name, value in {**before, **values}.items() if value}
    if secured and "GX_PASSWORD" not in known:
        known.discard("GX_HOST")  # without it the GX cannot be reached
    if not (tariff := tariff_name(found.product)):
        tariff = NEWEST
        told = f"`wattwire tariffs` does not cover the product {found.product}: the flow uses {tariff}."
        click.echo(f"{told} Check that it fits, or change rateResolver's tariff in {flow}")
    text = flow_text("myHouse", known, tariff, found.tariff, octopus.base, settings)
    there = _before(flow)
    if there not in ("", text):
        if not yes and not click.confirm(f"{flow} already exists and differs. Replace it?", default=False):
            text = there
        else:
            put(flow.with_suffix(".yaml.old"), there, 0o600)
    blanks = (TESLA if tesla else {}) | ({"GX_PASSWORD": "of the GX's security profile"} if secured else {})
    put(env, env_text(env.read_text("utf-8") if env.exists() else "", values, blanks), 0o600)
    put(flow, text, 0o644)
    click.echo(f"Wrote {env} (only you may read it) and {flow}.")
    for name in [n for n in blanks if n not in known]:
        click.echo(f"  Still to be filled in: {name}, {blanks[name]}. Then run setup again.")
    _check(flow, env)


def _before(flow: Path) -> str:
    try:
        return flow.read_text("utf-8") if flow.exists() else ""
    except UnicodeDecodeError:
        raise Stop(f"{flow} already exists and is not UTF-8: move it away, then run setup again") from None


def _check(flow: Path, env: Path) -> None:
    try:
        load(flow, env_file=env, env={})
    except FlowError as wrong:
        raise Stop(f"{wrong}\nthe flow cannot run yet: put that right") from None
    here = "" if flow.parent == Path() else f"cd {flow.parent} && "
    click.echo(f"\nTry it; nothing is written to any device:\n    {here}wattwire run {flow.name} --shadow")


def _one(question: str, things: Sequence[T], words: Sequence[str]) -> T:
    for number, word in enumerate(words, 1):
        click.echo(f"  {number}  {word}")
    return things[click.prompt(question, type=click.IntRange(1, len(things))) - 1]
