"""A node's process, as its supervisor holds it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from .channel import Channel, Message


class Process:
    """A node's process. `ended` is its exit code, negative for a signal."""

    def __init__(self, tell: Callable[[Message], None], pid: int, channel: Channel, ended: asyncio.Future[int]) -> None:
        self._tell, self.pid, self._channel, self.ended = tell, pid, channel, ended

    def send(self, message: Message) -> None:
        self._channel.send(message)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Through the fork server, which knows whether the pid is still this process."""
        if not self.ended.done():
            self._tell({"kill": self.pid, "signal": int(number)})

    def close(self) -> None:
        self._channel.close()
