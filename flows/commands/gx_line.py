"""A line to a Victron GX: everything it tells, and one question or write at a time."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from wattwire.broker.link import Link, Message
from wattwire.broker.will import Will
from wattwire.flows.engine.dialled import payload
from wattwire.flows.engine.outer import where
from wattwire.nodes import Dial, Say
from wattwire.nodes.gx_topics import (
    COMPLETED,
    HEARTBEAT,
    LISTENED,
    SERIAL,
    SETPOINT,
    Value,
    ask,
    keepalive,
    note,
    write,
)

PATIENCE = 10.0  # s for a connection, for the serial number, and for everything to be told
AWAKE = 20.0  # s between keepalives


class Unreachable(Exception):
    """No GX can be talked to; the text says why."""


class Line:
    """Nothing happens except while somebody waits. If we die, the GX itself takes the override back: see `undo`."""

    def __init__(self, dial: Dial, broker: str = "", portal: str | None = None) -> None:
        self._dial, self._broker, self.portal = dial, broker, portal or ""
        self.seen: dict[str, Value] = {}
        self.skew = 0.0
        self.moved: Callable[[], None] = lambda: None  # something was told
        self.undo: tuple[str, float | None] = (SETPOINT, None)  # what the GX then writes by itself
        self._token, self._told, self._awake = "", False, 0.0
        self._link = self._dialled(None)

    def __enter__(self) -> Line:
        """Find the GX, and have it tell everything. Raises Unreachable."""
        self._up()
        if not self.until(lambda: bool(self.portal), PATIENCE):
            self.close()
            raise Unreachable(f"{self._link.address} answers, but there is no GX behind it")
        portal = self.portal
        self._link.close()
        undoing = write(portal, *self.undo)
        self._link = self._dialled(Will(undoing.topic, payload(undoing), retain=False))
        self._up()
        self._link.subscribe([f"N/{portal}/{path}" for path in LISTENED])
        self._token = secrets.token_hex(4)
        self._say(keepalive(portal, self._token))
        if not self.until(lambda: self._told, PATIENCE):
            self.close()
            raise Unreachable(
                f"the GX {portal} does not send its values when asked; does its MQTT access allow writing?"
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._link.close()

    @property
    def address(self) -> str:
        return str(self._link.address)

    def write(self, path: str, value: float | None) -> None:
        self._say(write(self.portal, path, value))
        self.ask(path)

    def ask(self, *paths: str) -> None:
        for path in paths:
            self._say(ask(self.portal, path))

    def until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait for something to be so; whether it is."""
        ends = monotonic() + seconds
        while not done() and (left := ends - monotonic()) > 0:
            if self._told and monotonic() - self._awake > AWAKE:
                self._awake = monotonic()
                self._say(keepalive(self.portal))
            self._link.step(min(left, 0.2))
        return done()

    def _up(self) -> None:
        self._link.connect()
        if not self.until(lambda: self._link.up or self._link.why not in ("", "not connected yet"), PATIENCE):
            raise Unreachable(f"{self._link.address} cannot be reached: it does not answer")
        if not self._link.up:
            why = self._link.why
            self.close()
            raise Unreachable(f"{self._link.address} cannot be reached: {why}")
        if not self.portal:
            self._link.subscribe([f"N/+/{SERIAL}"])

    def _dialled(self, will: Will | None) -> Link:
        return Link(
            where(self._dial, self._broker),
            f"wattwire-gx-{secrets.token_hex(4)}",
            on_up=lambda _: None,
            on_down=lambda _: None,
            on_message=self._heard,
            will=will,
            clean=True,
            keepalive=5,
            counted=True,
        )

    def _say(self, say: Say) -> None:
        if not self._link.publish(say.topic, payload(say), qos=0):
            raise Unreachable(f"the connection to the GX was lost: {self._link.why}")

    def _heard(self, message: Message) -> None:
        told = note(message.topic, message.payload)
        if told is None or (self.portal and told.portal != self.portal):
            return
        if told.path == SERIAL:
            self.portal = told.portal
        if message.retain:  # an old value is no value
            return
        if told.path == HEARTBEAT and isinstance(told.value, int | float):
            self.skew = float(told.value) - datetime.now(UTC).timestamp()
        elif told.path == COMPLETED:
            self._told |= told.echo in (None, self._token) and bool(self._token)
            self._awake = monotonic()
        else:
            self.seen[told.path] = told.value
