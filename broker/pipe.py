"""The socket as paho sees it. One read and one write carry a whole batch of packets, and the two kinds that make up
nearly all of the traffic, PUBLISH and PUBACK, go past paho, whose own way costs three reads and a dozen locks a packet.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator

READ = 65536
PUBLISH, PUBACK = 3, 4
LARGEST = 8 * 1024 * 1024  # of a packet, either way


class Broken(Exception):
    """The connection is of no more use; the text says why."""


class Pipe:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.cold = bytearray()  # whole packets that paho shall read
        self.out = bytearray()
        self._in = bytearray()
        self._tls = sock if isinstance(sock, ssl.SSLSocket) else None

    # What paho calls

    def recv(self, size: int) -> bytes:
        if not self.cold:
            raise BlockingIOError
        taken = bytes(self.cold[:size])
        del self.cold[:size]
        return taken

    def send(self, data: bytes | bytearray) -> int:
        self.out += data
        return len(data)

    def setblocking(self, flag: bool) -> None:
        self.sock.setblocking(flag)

    def fileno(self) -> int:
        return self.sock.fileno()

    def close(self) -> None:
        self.sock.close()

    # What the link calls

    def flush(self) -> None:
        try:
            while self.out:
                del self.out[: self.sock.send(self.out)]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as wrong:
            raise Broken(wrong.strerror or str(wrong)) from None

    def fill(self) -> None:
        try:
            while True:
                data = self.sock.recv(READ)
                if not data:
                    raise Broken("the broker closed the connection")
                self._in += data
                if self._tls is None or not self._tls.pending():
                    return
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as wrong:
            raise Broken(wrong.strerror or str(wrong)) from None

    def packets(self) -> Iterator[tuple[int, bytes]]:
        """The whole packets read so far: first byte and body. What is neither PUBLISH nor PUBACK goes to `cold`."""
        data = bytes(self._in)
        self._in.clear()
        at, end = 0, len(data)
        while at + 1 < end:
            size, start = data[at + 1], at + 2
            if size & 128:
                size, start = length(data, at + 1)
                if not start:
                    break
            if size > LARGEST:
                raise Broken(f"the broker sent a packet of {size} bytes")
            if start + size > end:
                break
            first = data[at]
            if first >> 4 in (PUBLISH, PUBACK):
                yield first, data[start : start + size]
            else:
                self.cold += data[at : start + size]
                yield first, b""
            at = start + size
        if at < end:
            self._in += data[at:]

    def leave(self, patience: float = 1.0) -> None:
        """Send what is left, then close once the other side has: a plain close with unread input would reset the
        connection before the broker has read our farewell, and it would speak our last will."""
        until = time.monotonic() + patience
        self.sock.setblocking(False)
        with contextlib.suppress(OSError, Broken, ValueError):
            while self.out and (left := until - time.monotonic()) > 0:
                self.flush()
                if self.out:
                    select.select([], [self.sock], [], left)
            if self._tls is None:
                self.sock.shutdown(socket.SHUT_WR)
            while (left := until - time.monotonic()) > 0 and select.select([self.sock], [], [], left)[0]:
                self.fill()
        self.sock.close()


def length(data: bytes, at: int) -> tuple[int, int]:
    """A remaining length of more than one byte, and where it ends; (0, 0) if it is not all there yet."""
    size = 0
    for i in range(4):
        if at + i >= len(data):
            return 0, 0
        size |= (data[at + i] & 127) << 7 * i
        if not data[at + i] & 128:
            return size, at + i + 1
    raise Broken("the broker sent a packet whose length makes no sense")


def coded(size: int) -> bytes:
    """A remaining length, as it is written."""
    if size < 128:
        return bytes((size,))
    parts = bytearray()
    while size:
        parts.append(size & 127 | (128 if size > 127 else 0))
        size >>= 7
    return bytes(parts)
