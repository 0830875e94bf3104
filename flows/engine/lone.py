"""A shared process that comes from no fork server: where a flow's nodes all share one, there is nothing to fork."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from . import birth
from .channel import Channel, Message, Printed
from .process import Process
from .setup import Setup


class Lone:
    def __init__(self, say: Callable[[str], None], dirs: Sequence[str]) -> None:
        self._say, self._dirs = say, dirs  # of one's own nodes
        self._process: subprocess.Popen[bytes] | None = None
        self._sock: socket.socket | None = None

    def open(self) -> None:
        """Start one; it loads while we do other things."""
        ours, theirs = socket.socketpair()
        told = [str(theirs.fileno()), "shared", "0", birth.ROOM, str(os.getpid()), *self._dirs]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", birth.__name__, *told], pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        theirs.close()
        ours.setblocking(False)
        self._sock = ours

    async def start(self, place: Setup, heard: Callable[[Message], None]) -> Process:
        """The one that was opened; another if that has been used."""
        if self._sock is None or self._process is None or self._process.poll() is not None:
            self.open()
        assert self._sock
        assert self._process
        assert self._process.stdout
        (process, sock), self._sock = (self._process, self._sock), None
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_unix_connection(lambda: Channel(heard), sock=sock)
        channel.write(birth.hand_over(place))
        await loop.connect_read_pipe(lambda: Printed(self._say), process.stdout)
        ended = loop.create_future()

        def wait() -> None:
            code = process.wait()
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
                loop.call_soon_threadsafe(ended.set_result, code)

        threading.Thread(target=wait, name="shared", daemon=True).start()
        return Process(lambda told: process.send_signal(told["signal"]), process.pid, channel, ended, sock)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
