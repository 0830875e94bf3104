"""The supervisor's end of a JSON-lines socket: to a node's process, or to the fork server."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any

from wattwire.broker.envelope import parse

Message = Mapping[str, Any]
ROOM = 2048  # bytes; without one of its own, asyncio maps and unmaps a quarter of a megabyte for each sign of life


class Channel(asyncio.BufferedProtocol):
    def __init__(self, heard: Callable[[Message], None], ended: Callable[[], None] = lambda: None) -> None:
        self._heard, self._ended, self._in, self._room = heard, ended, b"", bytearray(ROOM)
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        *lines, self._in = (self._in + self._room[:nbytes]).split(b"\n")
        for line in lines:
            try:
                message = parse(line.decode())
            except ValueError:
                continue  # a node writes what it likes; the supervisor must not fall over it
            if isinstance(message, dict):
                self._heard(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._ended()

    def send(self, message: Message) -> None:
        self.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def drop(self) -> None:
        """Close it, whatever the other end has not read yet."""
        if self.transport is not None:
            self.transport.abort()


def send_fd(sock: socket.socket, message: Message, given: socket.socket) -> None:
    """Behind the transport's back: what goes through it is small and always written at once."""
    socket.send_fds(sock, [json.dumps(message).encode() + b"\n"], [given.fileno()])


class Printed(asyncio.Protocol):
    """What processes print by themselves, such as a traceback: line by line, whichever process it was."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._in = say, b""

    def data_received(self, data: bytes) -> None:
        *lines, self._in = (self._in + data).split(b"\n")
        for line in lines:
            self._say(line.decode("utf-8", "replace"))
