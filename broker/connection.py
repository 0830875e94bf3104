"""One connection to a broker, on its way and while it lasts: by paho, which says hello, subscribes and pings on it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .address import Address
from .pipe import Pipe
from .will import Will

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

WRONG = "the broker refuses the user name or password"
UNKNOWN = "the broker refuses us: not authorized (user, password or client id)"
DENIED = (WRONG, UNKNOWN)  # it does not know us: asking again soon does no good
Refused = Callable[[tuple[str, ...]], None]
PATIENCE = 10.0  # seconds for connecting, and again for the broker's answer


class Connection(Client):
    """paho for one connection's life. It says hello, subscribes and pings; the pipe is its socket."""

    def __init__(self, where: Address, client_id: str, clean: bool, will: Will | None, keepalive: int) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=clean,
            protocol=MQTTv311,
            transport="unix" if where.unix else "tcp",
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self.connect_timeout = PATIENCE
        self.pipe: Pipe | None = None
        if where.user or where.password:
            self.username_pw_set(where.user, where.password or None)
        if where.tls:
            self.tls_set(where.ca or None, cert_reqs=ssl.CERT_NONE if where.insecure else ssl.CERT_REQUIRED)
            self.tls_insecure_set(where.insecure or not where.hostname)
        if will:
            self.will_set(will.topic, will.payload, will.qos, will.retain)
        self.connect_async(where.host, where.port, keepalive)
        self.news: list[
            Callable[[], None]
        ] = []  # for the owner, once paho has let go: it holds back what is sent meanwhile
        self._asked: dict[int, tuple[tuple[str, ...], Refused | None]] = {}
        self.on_subscribe = self._subscribed

    def ask(self, filters: tuple[str, ...], qos: int, on_done: Refused | None) -> None:
        """Subscribe; `on_done` is given the filters that the broker refused."""
        _, mid = self.subscribe([(name, qos) for name in filters])
        assert mid
        self._asked[mid] = filters, on_done

    def _subscribed(self, _: Client, __: object, mid: int, codes: list[ReasonCode], ___: Properties | None) -> None:
        wanted, on_done = self._asked.pop(mid, ((), None))
        if on_done:
            refused = tuple(name for name, code in zip(wanted, codes, strict=False) if code.is_failure)
            self.news.append(partial(on_done, refused))

    def open(self) -> None:
        """Find the broker and connect to it; may block."""
        sock = self._unix() if self._transport == "unix" else super()._create_socket()
        assert isinstance(sock, socket.socket)
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pipe = Pipe(sock)

    def _unix(self) -> socket.socket:
        """At once or not at all: paho's way waits for ever where a broker hangs and many queue at its door."""
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        try:
            sock.connect(self._host)
        except OSError:
            sock.close()
            raise
        return sock

    def _create_socket(self) -> SocketLike:
        assert self.pipe
        return self.pipe


class Opening:
    """A connection on its way, in a thread of its own: a name server or a dead host must not hold up the loop."""

    def __init__(self, connection: Connection, done: Callable[[], None]) -> None:
        self.connection, self.done, self.ended, self.why = connection, done, False, ""
        self.abandoned = False

    def start(self, thread: bool) -> None:
        if thread:
            threading.Thread(target=self.run, name="connect", daemon=True).start()
        else:
            self.run()

    def run(self) -> None:
        try:
            self.connection.open()
        except Exception as wrong:  # whatever it is, the loop must learn that this attempt is over
            self.why = reason(wrong)
        self.ended = True
        if self.abandoned and self.connection.pipe:
            self.connection.pipe.close()
        self.done()


def reason(wrong: Exception) -> str:
    if isinstance(wrong, socket.gaierror):
        return f"the broker's name cannot be looked up: {wrong.strerror}"
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not trusted: {wrong.verify_message}"
    if isinstance(wrong, ssl.SSLError):
        return f"no TLS with the broker: {wrong.reason or wrong}"
    if isinstance(wrong, ConnectionRefusedError):
        return "nobody answers there: connection refused"
    if isinstance(wrong, FileNotFoundError):
        return "nobody answers there: the socket does not exist"
    if isinstance(wrong, ConnectionResetError):
        return "the connection was closed at once: not an MQTT broker, or only one side uses TLS"
    if isinstance(wrong, TimeoutError | BlockingIOError):  # the latter: a unix socket with a long queue at its door
        return "the broker does not answer"
    if isinstance(wrong, OSError):
        return wrong.strerror or str(wrong)
    return f"{type(wrong).__name__}: {wrong}"


def refusal(code: ReasonCode) -> str:
    match code.getName():
        case "Bad user name or password":
            return WRONG
        case "Not authorized":
            return UNKNOWN
        case name:
            return f"the broker refuses us: {name}"
