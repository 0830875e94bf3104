"""HTTP for a node that answers requests (a simulator): its own small server, on loopback."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from wattwire.broker.envelope import parse
from wattwire.nodes import Answer, Asked, Listener, Reply
from wattwire.nodes.linked import Action

if TYPE_CHECKING:
    from .host import Host

LIMIT = 10.0  # seconds for the node to answer
IDLE = 60.0  # seconds a connection is kept for its next request
LINGER = 2.0  # seconds for the rest of a request that is refused
MOST = 1_000_000  # bytes of a request's body


class Listening:
    """Each request becomes an `Asked` in the node's turn; the node's `Answer` goes back."""

    def __init__(self, where: Listener, host: Host) -> None:
        self._where, self._host = where, host
        self._server: Server | None = None

    def start(self) -> None:
        try:
            self._server = server = Server((self._where.host, self._where.port), self.ask)
        except OSError as wrong:
            why = f"cannot listen on {self._where.host}:{self._where.port}: {wrong.strerror}"
            self._host.post(lambda: self._host.presence.set("crashed", why, "red"))
            return
        host, port = server.socket.getsockname()[:2]
        self._host.post(lambda: self._host.lifeline.tell({"address": f"{host}:{port}"}))
        self._host.post(lambda: self._host.presence.listens(f"http://{host}:{port}"))
        # it need not poll: where it does not end with the process, it is woken
        threading.Thread(target=server.serve_forever, args=(86_400.0,), name="http", daemon=True).start()

    def close(self) -> None:
        """The node ends, and its process goes on."""
        if self._server is not None:
            self._server.leave()

    def ask(self, asked: Asked) -> Reply:
        """From a connection's thread. Raises TimeoutError."""
        answered: Future[Reply] = Future()

        def act(actions: list[Action]) -> None:
            for action in actions:
                if isinstance(action, Answer) and not answered.done():
                    answered.set_result(action.reply)
            self._host.act([a for a in actions if not isinstance(a, Answer)])

        self._host.post(lambda: self._host.happen(asked, act))
        return answered.result(LIMIT)


class Server(ThreadingTCPServer):
    allow_reuse_address, daemon_threads, block_on_close = True, True, False
    request_queue_size = 64

    def __init__(self, where: tuple[str, int], ask: Any) -> None:
        self.address_family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        self.ask = ask
        self._open: set[socket.socket] = set()
        super().__init__(where, Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def leave(self) -> None:
        """Hang up on all, listen no more."""
        for sock in (self.socket, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # which wakes who waits for it
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # the other end is gone: its trouble
            super().handle_error(request, client_address)


class Connection(BaseHTTPRequestHandler):
    server: Server
    protocol_version, timeout, disable_nagle_algorithm = "HTTP/1.1", IDLE, True

    def __getattr__(self, name: str) -> Any:
        """`do_GET` and the like: the node is told of any method."""
        if name.startswith("do_"):
            return self._any
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _any(self) -> None:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdigit():
            self._say(411, "give the length of the body in Content-Length; Transfer-Encoding is not supported")
        elif int(length) > MOST:
            self._say(413, f"a body of more than {MOST} bytes")
        else:
            self._tell(self.rfile.read(int(length)))

    def _tell(self, body: bytes) -> None:
        try:
            reply = self.server.ask(read(self.command, self.path, dict(self.headers.items()), body))
        except TimeoutError:
            self._write(504, b"the node did not answer", "text/plain; charset=utf-8", {})
            return
        headers = {k: v for k, v in reply.headers.items() if k.lower() not in ("content-length", "content-type")}
        if reply.json is not None:
            self._write(reply.status, json.dumps(reply.json).encode(), "application/json; charset=utf-8", headers)
        else:
            kind = reply.headers.get("content-type", "text/plain").partition(";")[0]
            self._write(reply.status, reply.text.encode(), f"{kind}; charset=utf-8", headers)

    def _say(self, status: int, why: str) -> None:
        """Answer, and end the connection: a body may be on its way that nobody reads."""
        self.close_connection = True
        self._write(status, why.encode(), "text/plain; charset=utf-8", {"connection": "close"})
        self._drain()

    def _drain(self) -> None:
        """Closed with bytes unread, a connection is reset, and our answer lost: what still comes is thrown away."""
        ends = monotonic() + LINGER
        self.connection.settimeout(LINGER)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while monotonic() < ends and self.rfile.read1(65536):
                pass

    def _write(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def read(method: str, target: str, headers: dict[str, str], body: bytes) -> Asked:
    """A request as the node is told of it."""
    headers = {k.lower(): v for k, v in headers.items()}
    (path, query), found, form = _split(target), None, {}
    text = body.decode("utf-8", "replace")
    if "form" in headers.get("content-type", ""):
        form = _first(text)
    elif body:
        with contextlib.suppress(ValueError):
            found = parse(text)
    return Asked(method, unquote(path), _first(query), headers, found, form)


def _split(target: str) -> tuple[str, str]:
    """Its path and its query; where it begins like an address and is not one, as they stand there."""
    try:
        where = urlsplit(target)
    except ValueError:
        path, _, query = target.partition("?")
        return path, query
    return where.path, where.query


def _first(text: str) -> dict[str, str]:
    """Of fields that come twice the first one counts."""
    return dict(reversed(parse_qsl(text, keep_blank_values=True)))
