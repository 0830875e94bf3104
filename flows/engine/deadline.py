"""A limit for a whole call. The HTTP client's own is for each read and write, however many of them there are."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
from httpcore import ConnectionPool, NetworkStream, ReadTimeout, SyncBackend

if TYPE_CHECKING:
    from httpcore._backends.base import SOCKET_OPTION


class Deadline(SyncBackend):
    """For clients that make one call at a time between them."""

    def __init__(self) -> None:
        self._ends = inf

    def begin(self, seconds: float) -> None:
        """The next call, with all its connections, from now on."""
        self._ends = monotonic() + seconds

    def left(self, patience: float | None) -> float:
        left = self._ends - monotonic()
        if left <= 0:
            raise ReadTimeout
        return left if patience is None else min(left, patience)

    def heed(self, client: httpx.Client) -> httpx.Client:
        """The client makes the pool itself, and one for each proxy, and none of them can be told. Where a later httpx
        names them otherwise, calls go on without a limit for the whole: pyproject keeps to a version that was tried."""
        for transport in (getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()):
            if isinstance(pool := getattr(transport, "_pool", None), ConnectionPool):
                pool._network_backend = self
        return client

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[SOCKET_OPTION] | None = None) -> NetworkStream:  # fmt: skip
        stream = super().connect_tcp(host, port, self.left(timeout), local_address, socket_options)
        return Stream(stream, self)


class Stream(NetworkStream):
    def __init__(self, stream: NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> NetworkStream:  # fmt: skip
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return Stream(stream, self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
