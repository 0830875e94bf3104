"""HTTP calls over real TLS: a certificate of its own is trusted only where a request says so."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.callers import Caller
from wattwire.nodes import Request

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


class Proxy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"signed": true}')

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[str]:
    make: list[str | Path] = [
        "openssl",
        "req",
        "-x509",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
    ]
    name: list[str | Path] = ["-days", "3650", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    for cert in ("proxy", "other"):
        files: list[str | Path] = ["-keyout", tmp_path / f"{cert}.key", "-out", tmp_path / f"{cert}.pem"]
        subprocess.run([*make, *name, *files], check=True, capture_output=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "proxy.pem", tmp_path / "proxy.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_address[1]}/"
    server.shutdown()


@pytest.mark.parametrize(
    ("ca", "status", "why"),
    [
        ("proxy.pem", 200, ""),
        (None, 0, "CERTIFICATE_VERIFY_FAILED"),
        ("other.pem", 0, "CERTIFICATE_VERIFY_FAILED"),
        ("missing.pem", 0, "missing.pem cannot be read as a certificate: No such file or directory"),
        ("proxy.key", 0, "proxy.key cannot be read as a certificate"),
    ],
)
def test_a_server_is_trusted_by_its_own_certificate(
    proxy: str, tmp_path: Path, ca: str | None, status: int, why: str
) -> None:
    caller = Caller({}, Budgets("flow"))
    reply = caller.call(Request(method="GET", url=proxy, ca=ca and str(tmp_path / ca)))
    caller.close()

    assert (reply.status, reply.json) == (status, {"signed": True} if status else None)
    assert why in reply.why
