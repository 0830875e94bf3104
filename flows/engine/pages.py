"""A small HTTP server on the supervisor's own loop: GET and HEAD, short pages, connections that are kept.

A web framework would be a quarter of the supervisor's memory, and the admin port has four pages."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

IDLE = 90.0  # seconds a connection is kept for its next request
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Page:
    text: str
    status: int = 200
    kind: str = TEXT


Answer = Callable[[str, str], Awaitable[Page]]
"""Given the path as it was sent, without its query, and the `Host` that was asked for."""


class Pages:
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int) -> int:
        """The port that it listens on. Raises OSError."""
        self._server = await asyncio.start_server(self._connected, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._turn(reader, writer):
                pass
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            pass  # it is gone, or said nothing more, or we end
        finally:
            self._connections.discard(task)
            writer.close()

    async def _turn(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection is kept."""
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE)
        except asyncio.LimitOverrunError:
            writer.write(_wire(Page("too many headers\n", 431), keep=False))
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        method, _, rest = first.partition(" ")
        target, _, version = rest.partition(" ")
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        keep = keep and headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
        page = await self._page(method, target, version, headers.get("host", ""))
        writer.write(_wire(page, keep, body=method != "HEAD"))
        await writer.drain()
        return keep

    async def _page(self, method: str, target: str, version: str, host: str) -> Page:
        if not version.startswith("HTTP/1."):
            return Page("not a request\n", 400)
        if method not in ("GET", "HEAD"):
            return Page("GET or HEAD\n", 405)
        try:
            return await self._answer(target.partition("?")[0], host)
        except Exception:
            traceback.print_exc()
            return Page("a bug; see where wattwire runs\n", 500)


def _wire(page: Page, keep: bool, body: bool = True) -> bytes:
    content = page.text.encode()
    head = [f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}", f"Content-Type: {page.kind}",
            f"Content-Length: {len(content)}", f"Connection: {'keep-alive' if keep else 'close'}"]  # fmt: skip
    return "\r\n".join([*head, "", ""]).encode() + (content if body else b"")
