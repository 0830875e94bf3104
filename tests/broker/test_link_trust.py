"""The link of a node at a broker that wants a password, or speaks TLS."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker import private
from wattwire.broker.doors import free_port, greets
from wattwire.broker.tether import waited

Dial = Callable[..., Any]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """A mosquitto that wants a password and speaks TLS with a certificate nobody knows."""
    port, tls, program = free_port(0), free_port(0), private.find_mosquitto()
    assert program
    run = {"cwd": tmp_path, "check": True, "capture_output": True}
    subprocess.run(["mosquitto_passwd", "-c", "-b", "users", "me", "p@ss"], **run)  # type: ignore[call-overload]
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    subprocess.run([*make.split(), "-addext", "subjectAltName=DNS:localhost"], **run)  # type: ignore[call-overload]
    (tmp_path / "key.pem").chmod(0o644)
    (tmp_path / "m.conf").write_text(
        f"allow_anonymous false\npassword_file {tmp_path}/users\nlistener {port} 127.0.0.1\n"
        f"listener {tls} localhost\ncertfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem\nuser root\n"
    )
    child = subprocess.Popen([program, "-c", str(tmp_path / "m.conf")], stderr=subprocess.DEVNULL)
    assert waited(lambda: answers(port), 30)
    yield f"{port} {tls}"
    child.kill()
    child.wait()


def answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0 and not greets(port)


@pytest.mark.broker
@pytest.mark.mosquitto
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mqtt://me:p%40ss@127.0.0.1:{port}", ""),
        ("mqtt://me:wrong@127.0.0.1:{port}", "the broker refuses us: not authorized (user, password or client id)"),
        ("mqtt://127.0.0.1:{port}", "the broker refuses us: not authorized (user, password or client id)"),
        ("mqtts://me:p%40ss@localhost:{tls}?ca={folder}/cert.pem", ""),
        ("mqtts://me:p%40ss@localhost:{tls}?insecure=1", ""),
        ("mqtts://me:p%40ss@localhost:{tls}", "the broker's certificate is not trusted: self-signed certificate"),
        ("mqtts://me:p%40ss@127.0.0.1:{tls}?ca={folder}/cert.pem", "the broker's certificate is not trusted: IP"),
        ("mqtts://me:p%40ss@localhost:{port}", "the connection was closed at once: not an MQTT broker"),
    ],
)
def test_passwords_and_certificates(guarded: str, tmp_path: Path, dial: Dial, url: str, why: str) -> None:
    port, tls = guarded.split()
    a = dial(url.format(port=port, tls=tls, folder=tmp_path), up=False)
    a.until(lambda: a.ups or a.downs)
    if a.ups:
        a.subscribe("t")
        a.publish("t", "x" * 300_000)
        a.until(lambda: a.heard)

    assert [len(m.payload) for m in a.heard] == ([300_000] if not why else [])
    assert [said[: len(why)] for said in a.downs] == ([why] if why else [])
