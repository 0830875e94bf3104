"""Whether a Victron GX can be reached over MQTT, and the certificate that it shows where it wants a password."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import click

from .drafting import put
from .octopus import Stop

PLAIN, SECURED = 1883, 8883


def reached(given: str | None, known: str, yes: bool) -> tuple[str, bool]:
    """The GX that is given, known from before or typed, and whether it wants a password: it then has TLS only."""
    ask = given is None and not yes
    while True:
        host = known if given is None else given
        if ask:
            host = click.prompt("Victron GX, name or address (- if there is none)", default=known or "-")
        if host in ("", "-"):
            return "", False
        plain, secured = _listens(host, PLAIN), _listens(host, SECURED)
        if plain or secured:
            click.echo(f"  {host} answers" + ("" if plain else ", and wants a password"))
            return host, not plain
        told = (
            f"  {host} does not answer on port {PLAIN} or {SECURED}: "
            "on the GX, switch on MQTT access (Settings, Services, MQTT)"
        )
        click.echo(told, err=True)
        if not ask or click.confirm("Use it anyway?", default=False):
            return host, False


def pinned(folder: Path, host: str) -> Path:
    """The GX's own certificate, which nobody signed: from now on it alone is trusted."""
    try:
        text = ssl.get_server_certificate((host, SECURED), timeout=5)
    except (OSError, ValueError) as wrong:
        raise Stop(f"{host} does not show its certificate on port {SECURED}: {wrong}") from None
    put(folder / "gx.pem", text, 0o644)
    return (folder / "gx.pem").absolute()


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError:
        return False
    return True
