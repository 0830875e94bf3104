"""What a link waits for: its connection, a call from another thread, and what its owner waits for besides."""

from __future__ import annotations

import select
import socket
from collections.abc import Sequence
from contextlib import suppress

READABLE = select.POLLIN | select.POLLHUP | select.POLLERR | select.POLLNVAL


class Watch:
    def __init__(self) -> None:
        self._poll = select.poll()
        self._own = -1  # the connection
        self._writing = False
        self._extra: tuple[int, ...] = ()
        self._outlet: select.epoll | None = None
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._poll.register(self._woken, select.POLLIN)

    def wake(self) -> None:
        """End a `wait`; from any thread."""
        try:
            self._waker.send(b"\0")
        except OSError:
            return  # full: it will wake anyway; closed: nobody is waiting

    def follow(self, fd: int) -> None:
        """This is the connection."""
        self._own, self._writing = fd, False
        self._poll.register(fd, select.POLLIN)

    def leave(self) -> None:
        if self._own >= 0:
            self._poll.unregister(self._own)
        self._own = -1

    def write(self, wanted: bool) -> None:
        """Whether to wait for the connection to take more."""
        if self._own >= 0 and wanted != self._writing:
            self._writing = wanted
            self._poll.modify(self._own, select.POLLIN | (select.POLLOUT if wanted else 0))

    def fds(self) -> list[int]:
        """What another's loop has to wait for, which looks for input alone."""
        if self._own < 0:
            return [self._woken.fileno()]
        return [self._woken.fileno(), self._own, *([self._taking()] if self._writing else [])]

    def _taking(self) -> int:
        """Has input when the connection takes more. Kept for good: its number must not become another's meanwhile."""
        if self._outlet is None:
            self._outlet = select.epoll()
        with suppress(FileExistsError):
            self._outlet.register(self._own, select.EPOLLOUT)
        return self._outlet.fileno()

    def wait(self, timeout: float, extra: Sequence[int]) -> tuple[bool, list[int]]:
        """Whether the connection has input, and which of the others have."""
        if self._extra != tuple(extra):
            self._besides(extra)
        own, ready = False, list[int]()
        for fd, event in self._poll.poll(max(timeout, 0.0) * 1000):
            if fd == self._own:
                own = bool(event & READABLE)
            elif fd == self._woken.fileno():
                self._hush()
            elif event & READABLE:
                ready.append(fd)
        return own, ready

    def close(self) -> None:
        if self._woken.fileno() >= 0:
            self._poll.unregister(self._woken)
            self._woken.close()
            self._waker.close()
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None

    def _hush(self) -> None:
        try:
            self._woken.recv(4096)
        except BlockingIOError:
            return

    def _besides(self, extra: Sequence[int]) -> None:
        for fd in set(self._extra) - set(extra):
            self._poll.unregister(fd)
        for fd in set(extra) - set(self._extra):
            self._poll.register(fd, select.POLLIN)
        self._extra = tuple(extra)
