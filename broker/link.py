"""The link of one process to its broker: MQTT 3.1.1 by paho, on the process's own loop, one thread.

Nothing is kept here over a lost connection: each connection has a paho client and message ids of its own, so that what
is published again is what the owner publishes again, in the owner's order. Retries are the owner's outbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .address import address
from .connection import PATIENCE, Connection, Opening, refusal
from .pause import REFUSES, Pause
from .pipe import PUBLISH, Broken, Pipe
from .traffic import TAKEN, Message, Traffic
from .watch import Watch
from .will import Will

__all__ = ["REFUSES", "Link", "Message", "Will"]


class Link:
    """`on_up(session_present)` at each connection: subscribe and replay then. `on_down(why)` when one is lost, or an
    attempt fails for another reason than the last. `on_message(message)`: hand it to `ack` once it may be forgotten."""

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
        counted: bool = False,
    ) -> None:
        self.address = address(url)
        self.client_id, self.will, self.clean, self.keepalive = client_id, will, clean, keepalive
        self.on_up, self.on_down, self.on_message = on_up, on_down, on_message
        self.up, self.why = False, "not connected yet"
        self.number = 0  # of the connection: what belongs to an earlier one is void
        self.heard = 0.0  # when the broker last said anything; monotonic
        self.traffic = Traffic(window)
        self._connection: Connection | None = None
        self._pipe: Pipe | None = None
        self._opening: Opening | None = None
        self._due: float | None = None  # next attempt; None: not wanted
        self.pause, self._watch = Pause(counted), Watch()
        self._misc = self._late = self._limit = 0.0  # when to tend it if awake anyway, and at the latest

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
        self._watch.close()

    def wake(self) -> None:
        """End a `step` that is waiting; from any thread."""
        self._watch.wake()

    def publish(
        self, topic: str, payload: bytes, retain: bool = False, on_sent: Callable[[], None] | None = None, qos: int = 1
    ) -> bool:
        """Send; `on_sent` is called when the broker has taken it (QoS 0: at once). False: not connected, nothing was
        kept. After `on_down` no earlier `on_sent` is called any more."""
        if not self.up:
            return False
        assert self._pipe
        self.traffic.publish(self._pipe, topic, payload, retain, on_sent, qos)
        return True

    def ack(self, message: Message) -> None:
        """Let the broker forget a message. One of an earlier connection is let be: its id may be another's by now."""
        if message.qos and self.up and message.connection == self.number and self._pipe:
            self._pipe.out += TAKEN.pack(0x40, 2, message.mid)

    def subscribe(
        self, filters: Iterable[str], on_done: Callable[[tuple[str, ...]], None] | None = None, qos: int = 1
    ) -> bool:
        """`on_done` is given the filters that the broker refused. False: not connected."""
        if not ((wanted := tuple(filters)) and self.up and self._connection):
            return False
        self._connection.ask(wanted, qos, on_done)
        return True

    def unsubscribe(self, filters: Iterable[str]) -> bool:
        if not ((wanted := list(filters)) and self.up and self._connection):
            return False
        self._connection.unsubscribe(wanted)
        return True

    @property
    def backlog(self) -> int:
        """Messages that the broker has not yet taken."""
        return self.traffic.backlog

    def fds(self) -> list[int]:
        """What to wait for, where this is a second link on another's loop. Sends what is waiting first."""
        self._flush()
        return self._watch.fds()

    def step(self, timeout: float, extra_fds: Sequence[int] = (), more: bool = False) -> list[int]:
        """Do what there is to do, waiting for it at most `timeout` seconds. Returns the `extra_fds` that have input.
        With `more` the owner has more to send: it all goes at once, in the next step."""
        now = time.monotonic()
        if self._pipe is None:
            timeout = self._attempt(now, timeout)
        else:
            self._flush()
        if self._pipe:
            timeout = min(timeout, max(self._late - now, 0.0))
        readable, ready = self._watch.wait(timeout, extra_fds)
        if readable:
            self._read()
        if self._pipe:
            if (now := time.monotonic()) >= self._misc:
                self._tend(now)
            if not more:
                self._flush()
        return ready

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
        self._connection, self._pipe, self._limit = connection, pipe, now + PATIENCE
        self._misc = self._late = now + 1.0
        connection.on_connect = self._connected
        connection.reconnect()
        self._watch.follow(pipe.fileno())
        self._flush()

    def _connected(self, _: Client, __: object, flags: ConnectFlags, code: ReasonCode, ___: Properties | None) -> None:
        if code.is_failure:
            raise Broken(refusal(code))
        self.up, self.why = True, ""
        self.pause.connected()
        if self._connection:
            self._connection.news.append(partial(self.on_up, flags.session_present))

    def _lost(self, why: str) -> None:
        was_up, news = self.up, why != self.why
        self._forget()
        self.why = why
        self._due = self.pause.until(why, was_up)
        if was_up or news:
            self.on_down(why)

    def _forget(self) -> None:
        self.up = False
        self._watch.leave()
        if self._pipe:
            self._pipe.close()
        self._connection = self._pipe = None
        self.traffic.forget()

    def _read(self) -> None:
        if not ((pipe := self._pipe) and (connection := self._connection)):
            return
        why = ""
        try:
            try:
                pipe.fill()
                self.heard = time.monotonic()
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
                news, connection.news = connection.news, []
                for tell in news:
                    tell()
            elif first >> 4 == PUBLISH:
                self.on_message(self.traffic.read(first, body, self.number))
            else:
                self.traffic.taken(pipe, body)
            if self._pipe is not pipe:
                return

    def _flush(self) -> None:
        if not ((pipe := self._pipe) and (connection := self._connection)):
            return
        if connection.want_write():
            connection.loop_write()
        if pipe.out:
            try:
                pipe.flush()
            except Broken as wrong:
                return self._lost(str(wrong))
        self._watch.write(bool(pipe.out))

    def _tend(self, now: float) -> None:
        wait = self.keepalive / 8 if self.up else 0.5
        self._misc, self._late = now + wait, now + 3 * wait  # at four times that it would be too late for a ping
        if not self.up:
            if now >= self._limit:
                self._lost("the broker does not answer")
        elif self._connection and (self._connection.loop_misc() or self._connection.socket() is None):
            self._lost("the broker is silent")
