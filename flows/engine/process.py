"""A node's process, as its supervisor holds it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import Protocol

from .channel import Channel, Message


class Common(Protocol):
    """A process that others share as well."""

    @property
    def dying(self) -> bool: ...
    def kill(self, number: int) -> None: ...
    def whose(self) -> str: ...


class Process:
    """A node's process, or its place in a shared one. `ended` is its exit code, negative for a signal."""

    def __init__(self, tell: Callable[[Message], None], pid: int, channel: Channel, ended: asyncio.Future[int],
                 sock: socket.socket, room: Common | None = None) -> None:  # fmt: skip
        self.tell, self.pid, self._channel, self.ended, self.sock, self._room = tell, pid, channel, ended, sock, room
        self._killed = False

    @property
    def dying(self) -> bool:
        return self._room.dying if self._room else self._killed

    @property
    def where(self) -> str:
        """For people: that it is a shared one, and whose turn it is there."""
        if self._room is None:
            return ""
        whose = self._room.whose()
        return f" in the process that it shares{f', where {whose} has its turn' if whose else ''}"

    def send(self, message: Message) -> None:
        self._channel.send(message)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Through the fork server, which knows whether the pid is still this process. With all who share it."""
        if self.ended.done():
            return
        if self._room is not None:
            self._room.kill(number)
        else:
            self._killed = True
            self.tell({"kill": self.pid, "signal": int(number)})

    def close(self) -> None:
        self._channel.close()
