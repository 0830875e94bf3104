"""The admin port, before anybody has come: it listens, and what answers there is loaded for the first visitor."""

from __future__ import annotations

import asyncio
import importlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .admin import Admin
    from .supervisor import Supervisor

PORT = 9480
BACKLOG = 128


class Door:
    """A run that nobody scrapes does without the memory of a web server, a quarter of the supervisor's."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._sock: socket.socket | None = None
        self._admin: Admin | None = None
        self._loading: asyncio.Task[None] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self, port: int | None) -> None:
        """On the usual port or, if that is taken, on a free one. Raises OSError if a port was named and is taken."""
        try:
            self._sock = socket.create_server(("127.0.0.1", PORT if port is None else port), backlog=BACKLOG)
        except OSError:
            if port is not None:
                raise
            self._sock = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self._sock.setblocking(False)
        self.port = int(self._sock.getsockname()[1])
        asyncio.get_running_loop().add_reader(self._sock, self._knocked)

    async def close(self) -> None:
        if self._loading is not None:
            await asyncio.wait([self._loading])
        if self._admin is not None:
            await self._admin.close()
        elif self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock)
        if self._sock is not None:
            self._sock.close()

    def _knocked(self) -> None:
        assert self._sock
        asyncio.get_running_loop().remove_reader(self._sock)
        self._loading = asyncio.create_task(self._answer(self._sock))

    async def _answer(self, sock: socket.socket) -> None:
        admin = await asyncio.to_thread(importlib.import_module, f"{__package__}.admin")
        self._admin = admin.Admin(self._supervisor)
        await self._admin.open(sock)
