"""A node's end of the channel to its supervisor. `setup` says what travels on it."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any


class Lifeline:
    def __init__(self, channel: socket.socket) -> None:
        self._channel, self._read = channel, b""

    def fileno(self) -> int:
        return self._channel.fileno()

    def tell(self, said: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the loop will see that the supervisor is gone
            self._channel.sendall(json.dumps(said).encode() + b"\n")

    def log(self, level: str, text: str) -> None:
        """For the supervisor to print."""
        self.tell({"log": {"level": level, "text": text}})

    def gone(self) -> bool:
        """Whether the supervisor is gone; what it has said can still be heard."""
        try:
            return not self._channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def hear(self) -> list[dict[str, Any]] | None:
        """What the supervisor says; None when it is gone."""
        try:
            data = self._channel.recv(65536)
        except BlockingIOError:
            return []
        except OSError:
            return None
        *lines, self._read = (self._read + data).split(b"\n")
        return [json.loads(line) for line in lines] if data else None
