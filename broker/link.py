"""The link of one process to its broker: MQTT 3.1.1 by paho, on the process's own loop, one thread.

Nothing is kept here over a lost connection: each connection has a paho client and message ids of its own, so that what
is published again is what the owner publishes again, in the owner's order. Retries are the owner's outbox."""

from __future__ import annotations

import random
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from struct import Struct
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, ConnectFlags, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .address import Address, address
from .pipe import LARGEST, PUBLISH, Broken, Pipe, coded
from .will import Will

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

FIRST, MOST, STABLE = 0.1, 5.0, 5.0  # seconds: shortest and longest pause, and what counts as a connection that held
UNWELCOME = 300.0  # the longest pause after a refusal: some brokers count wrong passwords
REFUSES = "the broker refuses"
PATIENCE = 10.0  # seconds for connecting, and again for the broker's answer
LOWEST, HIGHEST = 1024, 65535  # our message ids; those below are paho's, for subscribing
SHORT = Struct("!H")
TAKEN = Struct("!BBH")
READABLE = select.POLLIN | select.POLLHUP | select.POLLERR | select.POLLNVAL


class Message:
    __slots__ = ("connection", "dup", "mid", "payload", "qos", "retain", "topic")

    def __init__(
        self, topic: str, payload: bytes, retain: bool, qos: int, mid: int, dup: bool, connection: int
    ) -> None:
        self.topic, self.payload, self.retain, self.qos = topic, payload, retain, qos
        self.mid, self.dup, self.connection = mid, dup, connection

    def __repr__(self) -> str:
        return f"Message({self.topic!r}, {len(self.payload)} bytes, mid={self.mid}, retain={self.retain})"


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

    def open(self) -> None:
        """Find the broker and connect to it; may block."""
        sock = super()._create_socket()
        assert isinstance(sock, socket.socket)
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pipe = Pipe(sock)

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


class Link:
    """`on_up(session_present)` at each connection: subscribe and replay then. `on_down(why)` when one is lost, and when
    an attempt fails for another reason than the last. `on_message(message)`: hand it to `ack` once it may be forgotten.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        *,
        on_up: Callable[[bool], None],
        on_down: Callable[[str], None],
        on_message: Callable[[Message], None],
        will: Will | None = None,
        clean: bool = False,
        keepalive: int = 20,
        window: int = 2000,
    ) -> None:
        self.address = address(url)
        self.client_id, self.will, self.clean, self.keepalive = client_id, will, clean, keepalive
        self.on_up, self.on_down, self.on_message = on_up, on_down, on_message
        self.up = False
        self.why = "not connected yet"
        self.number = 0  # of the connection: what belongs to an earlier one is void
        self.window = window
        self._connection: Connection | None = None
        self._pipe: Pipe | None = None
        self._opening: Opening | None = None
        self._due: float | None = None  # next attempt; None: not wanted
        self._pause = FIRST
        self._since = self._misc = self._limit = 0.0
        self._mid = LOWEST
        self._sent: dict[int, Callable[[], None] | None] = {}
        self._queue: deque[tuple[bytes, bytes, int, Callable[[], None] | None]] = deque()
        self._asked: dict[int, tuple[tuple[str, ...], Callable[[tuple[str, ...]], None] | None]] = {}
        self._news: list[Callable[[], None]] = []
        self._names: dict[str, bytes] = {}
        self._topics: dict[bytes, str] = {}
        self._poll = select.poll()
        self._polled: tuple[int, int] | None = None
        self._extra: tuple[int, ...] = ()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._poll.register(self._woken, select.POLLIN)

    # The owner's calls

    def connect(self) -> None:
        """Want to be connected from now on. `step` sees to it."""
        if self._due is None and self._connection is None and self._opening is None:
            self._due = time.monotonic()

    def close(self, farewell: bool = True) -> None:
        """Leave; with a farewell the broker keeps our last will to itself. What is not yet written is written first."""
        pipe, self._due = self._pipe, None
        if opening := self._opening:
            opening.abandoned, self._opening = True, None
            if opening.ended and opening.connection.pipe:
                opening.connection.pipe.close()
        if pipe:
            if farewell and self.up:
                pipe.out += b"\xe0\x00"
                pipe.leave()
            self._forget()
        self.why = "closed"
        if self._woken.fileno() >= 0:
            self._poll.unregister(self._woken)
            self._woken.close()
            self._waker.close()

    def wake(self) -> None:
        """End a `step` that is waiting; from any thread."""
        try:
            self._waker.send(b"\0")
        except OSError:
            return  # full: it will wake anyway; closed: nobody is waiting

    def publish(
        self,
        topic: str,
        payload: bytes,
        retain: bool = False,
        on_sent: Callable[[], None] | None = None,
        qos: int = 1,
    ) -> bool:
        """Send; `on_sent` is called when the broker has taken it (QoS 0: at once). False: not connected, nothing was
        kept. After `on_down` no `on_sent` of before is called any more."""
        if not self.up:
            return False
        assert self._pipe
        name = self._names.get(topic) or self._named(topic)
        if len(payload) + len(name) + 16 > LARGEST:
            raise ValueError(f"{topic}: a message of {len(payload)} bytes is too large")
        if qos == 0:
            self._pipe.out += b"".join((b"\x31" if retain else b"\x30", coded(len(name) + len(payload)), name, payload))
            if on_sent:
                on_sent()
        elif len(self._sent) >= self.window:
            self._queue.append((name, payload, retain, on_sent))
        else:
            self._send(self._pipe, name, payload, retain, on_sent)
        return True

    def ack(self, message: Message) -> None:
        """Let the broker forget a message. One of an earlier connection is let be: its id may be another's by now."""
        if message.qos and self.up and message.connection == self.number and self._pipe:
            self._pipe.out += TAKEN.pack(0x40, 2, message.mid)

    def subscribe(
        self, filters: Iterable[str], on_done: Callable[[tuple[str, ...]], None] | None = None, qos: int = 1
    ) -> bool:
        """`on_done` is given the filters that the broker refused. False: not connected."""
        wanted = tuple(filters)
        if not (self.up and self._connection and wanted):
            return False
        _, mid = self._connection.subscribe([(name, qos) for name in wanted])
        assert mid
        self._asked[mid] = wanted, on_done
        return True

    def unsubscribe(self, filters: Iterable[str]) -> bool:
        wanted = list(filters)
        if not (self.up and self._connection and wanted):
            return False
        self._connection.unsubscribe(wanted)
        return True

    @property
    def backlog(self) -> int:
        """Messages that the broker has not yet taken."""
        return len(self._sent) + len(self._queue)

    def fds(self) -> list[int]:
        """What to wait for besides, where this link is a second one on another's loop."""
        return [self._woken.fileno(), *([self._polled[0]] if self._polled else [])]

    def step(self, timeout: float, extra_fds: Sequence[int] = ()) -> list[int]:
        """Do what there is to do, waiting for it at most `timeout` seconds. Returns the `extra_fds` that have input."""
        now = time.monotonic()
        if self._pipe is None:
            timeout = self._attempt(now, timeout)
        else:
            self._flush()
        if self._pipe:
            timeout = min(timeout, max(self._misc - now, 0.0))
        if self._extra != tuple(extra_fds):
            self._watch(extra_fds)
        ready = []
        for fd, event in self._poll.poll(max(timeout, 0.0) * 1000):
            if self._polled and fd == self._polled[0]:
                if event & READABLE:
                    self._read()
            elif self._woken.fileno() == fd:
                try:
                    self._woken.recv(4096)
                except BlockingIOError:
                    continue
            elif event & READABLE and fd in extra_fds:
                ready.append(fd)
        if self._pipe:
            if (now := time.monotonic()) >= self._misc:
                self._tend(now)
            self._flush()
        return ready

    # Connecting

    def _attempt(self, now: float, timeout: float) -> float:
        if self._opening:
            if not self._opening.ended:
                return timeout  # it wakes us
            opening, self._opening = self._opening, None
            if opening.connection.pipe is None:
                self._lost(opening.why)
            else:
                self._begin(opening.connection, opening.connection.pipe)
        elif self._due is not None and now >= self._due:
            self._due = None
            try:
                connection = Connection(self.address, self.client_id, self.clean, self.will, self.keepalive)
            except OSError as wrong:
                self._lost(f"the certificates in {self.address.ca} cannot be read: {wrong.strerror or wrong}")
                return timeout
            self._opening = Opening(connection, self.wake)
            self._opening.start(thread=not self.address.unix)
            return self._attempt(now, timeout)
        return timeout if self._due is None else min(timeout, max(self._due - now, 0.0))

    def _begin(self, connection: Connection, pipe: Pipe) -> None:
        now = time.monotonic()
        self.number += 1
        self._connection, self._pipe, self._limit, self._misc = connection, pipe, now + PATIENCE, now + 1.0
        connection.on_connect = self._connected
        connection.on_subscribe = self._subscribed
        connection.reconnect()
        self._polled = (pipe.fileno(), 0)
        self._poll.register(pipe.fileno(), select.POLLIN)
        self._flush()

    def _connected(self, _: Client, __: object, flags: ConnectFlags, code: ReasonCode, ___: Properties | None) -> None:
        # paho holds back what is sent from within its callbacks, and we must send in order: so the owner is told later
        if code.is_failure:
            raise Broken(refusal(code))
        self.up, self.why, self._since = True, "", time.monotonic()
        self._news.append(partial(self.on_up, flags.session_present))

    def _subscribed(self, _: Client, __: object, mid: int, codes: list[ReasonCode], ___: Properties | None) -> None:
        wanted, on_done = self._asked.pop(mid, ((), None))
        if on_done:
            refused = tuple(name for name, code in zip(wanted, codes, strict=False) if code.is_failure)
            self._news.append(partial(on_done, refused))

    def _lost(self, why: str) -> None:
        was_up, news = self.up, why != self.why
        if was_up and time.monotonic() - self._since >= STABLE:
            self._pause = FIRST
        self._forget()
        self.why = why
        self._due = time.monotonic() + self._pause * random.uniform(0.8, 1.2)
        self._pause = min(self._pause * 2, UNWELCOME if why.startswith(REFUSES) else MOST)
        if was_up or news:
            self.on_down(why)

    def _forget(self) -> None:
        self.up = False
        if self._polled:
            self._poll.unregister(self._polled[0])
        if self._pipe:
            self._pipe.close()
        self._connection = self._pipe = self._polled = None
        self._sent, self._asked, self._news = {}, {}, []
        self._queue.clear()
        self._mid = LOWEST

    # Traffic

    def _read(self) -> None:
        pipe, connection = self._pipe, self._connection
        if not (pipe and connection):
            return
        try:
            why = ""
            try:
                pipe.fill()
            except Broken as wrong:
                why = str(wrong)  # what came before the end is still to be read
            self._take(pipe, connection)
            if why and self._pipe is pipe:
                raise Broken(why if self.up else f"{why} before it answered")
        except Broken as wrong:
            if self._pipe is pipe:
                self._lost(str(wrong))

    def _take(self, pipe: Pipe, connection: Connection) -> None:
        for first, body in pipe.packets():
            if not body:
                if rc := connection.loop_read():
                    raise Broken(f"paho: {rc.name}")
                news, self._news = self._news, []
                for tell in news:
                    tell()
            elif first >> 4 == PUBLISH:
                self.on_message(self._message(first, body))
            else:
                self._puback(pipe, SHORT.unpack_from(body)[0])
            if self._pipe is not pipe:
                return

    def _message(self, first: int, body: bytes) -> Message:
        end = 2 + SHORT.unpack_from(body)[0]
        name, qos, mid = body[2:end], first >> 1 & 3, 0
        if qos:
            mid = SHORT.unpack_from(body, end)[0]
            end += 2
        topic = self._topics.get(name)
        if topic is None:
            topic = name.decode(errors="replace")
            if len(self._topics) < 1000:
                self._topics[name] = topic
        return Message(topic, body[end:], bool(first & 1), qos, mid, bool(first & 8), self.number)

    def _puback(self, pipe: Pipe, mid: int) -> None:
        on_sent = self._sent.pop(mid, None)
        while self._queue and len(self._sent) < self.window:
            self._send(pipe, *self._queue.popleft())
        if on_sent:
            on_sent()

    def _send(self, pipe: Pipe, name: bytes, payload: bytes, retain: int, on_sent: Callable[[], None] | None) -> None:
        mid = self._mid
        while mid in self._sent:
            mid = mid + 1 if mid < HIGHEST else LOWEST
        self._mid = mid + 1 if mid < HIGHEST else LOWEST
        self._sent[mid] = on_sent
        first = b"\x33" if retain else b"\x32"
        pipe.out += b"".join((first, coded(len(name) + 2 + len(payload)), name, SHORT.pack(mid), payload))

    def _named(self, topic: str) -> bytes:
        name = topic.encode()
        if not name or len(name) > 65535 or set(name) & set(b"+#\0"):
            raise ValueError(f"not a topic to publish on: {topic!r}")
        if len(self._names) >= 1000:
            self._names.clear()
        self._names[topic] = named = SHORT.pack(len(name)) + name
        return named

    def _flush(self) -> None:
        pipe, connection = self._pipe, self._connection
        if not (pipe and connection and self._polled):
            return
        if connection.want_write():
            connection.loop_write()
        if pipe.out:
            try:
                pipe.flush()
            except Broken as wrong:
                self._lost(str(wrong))
                return
        if bool(pipe.out) != bool(self._polled[1]):
            self._polled = (self._polled[0], int(bool(pipe.out)))
            self._poll.modify(self._polled[0], select.POLLIN | (select.POLLOUT if pipe.out else 0))

    def _tend(self, now: float) -> None:
        self._misc = now + (self.keepalive / 4 if self.up else 1.0)
        if not self.up:
            if now >= self._limit:
                self._lost("the broker does not answer")
        elif self._connection and (self._connection.loop_misc() or self._connection.socket() is None):
            self._lost("the broker is silent")

    def _watch(self, extra_fds: Sequence[int]) -> None:
        for fd in set(self._extra) - set(extra_fds):
            self._poll.unregister(fd)
        for fd in set(extra_fds) - set(self._extra):
            self._poll.register(fd, select.POLLIN)
        self._extra = tuple(extra_fds)


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
        return "nobody there speaks our language: the connection was closed at once (TLS or not?)"
    if isinstance(wrong, TimeoutError):
        return "the broker does not answer"
    if isinstance(wrong, OSError):
        return wrong.strerror or str(wrong)
    return f"{type(wrong).__name__}: {wrong}"


def refusal(code: ReasonCode) -> str:
    match code.getName():
        case "Bad user name or password":
            return "the broker refuses the user name or password"
        case "Not authorized":
            return "the broker refuses us: not authorized (user, password or client id)"
        case name:
            return f"the broker refuses us: {name}"
