"""The processes that nodes share, as their supervisor holds them: one for each flow that has nodes to share it."""

from __future__ import annotations

import asyncio
import itertools
import math
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from . import birth
from .channel import Channel, Message, send_fd
from .graph import Flow
from .process import Process
from .setup import LONG, TURN, Setup

PATIENCE = 20.0  # seconds for a node to be let in
DEAF = 60.0  # seconds within which it lets its first one in; later a hang of it is its nodes' hang
Start = Callable[[Setup, Callable[[Message], None]], Awaitable[Process]]


class Sharing:
    def __init__(self, start: Start) -> None:
        self._start, self._one = start, asyncio.Lock()
        self._rooms: dict[Path, Shared] = {}  # by the flow's state folder

    async def join(self, setup: Setup, heard: Callable[[Message], None]) -> Process:
        """The node in its flow's shared process, which is started if there is none. Raises OSError."""
        async with self._one:
            room = self._rooms.get(setup.state)
            if room is None or room.over:
                room = self._rooms[setup.state] = Shared(setup.state)
                place = Setup(flow=Flow(setup.flow.name, {}, ()), node="", broker=setup.broker, state=setup.state)
                await room.open(self._start, place)
        return await room.join(setup, heard)


class Shared:
    """One such process. It ends with its last node."""

    def __init__(self, folder: Path) -> None:
        self._turn, self._numbers = folder / TURN, itertools.count(1)
        self._joined: dict[int, asyncio.Future[None]] = {}
        self._guests: dict[int, asyncio.Future[int]] = {}
        self._process: Process | None = None
        self._deaf = 0.0  # from when on it hangs, if it has let nobody in

    @property
    def over(self) -> bool:
        return self._process is None or self._process.ended.done()

    async def open(self, start: Start, place: Setup) -> None:
        self._process = await start(place, self._hear)
        self._deaf = time.monotonic() + DEAF
        self._process.ended.add_done_callback(self._ended)

    async def join(self, setup: Setup, heard: Callable[[Message], None]) -> Process:
        if self._process is None or self.over:
            raise OSError("the process that it shares is gone")
        loop, number = asyncio.get_running_loop(), next(self._numbers)
        ours, theirs = socket.socketpair()
        joined, ended, channel = loop.create_future(), loop.create_future(), Channel(heard)
        self._joined[number], self._guests[number] = joined, ended
        try:
            await loop.create_unix_connection(lambda: channel, sock=ours)
            send_fd(self._process.sock, {"join": number}, theirs)
            channel.write(birth.hand_over(setup))
            await asyncio.wait_for(joined, PATIENCE)
        except BaseException as wrong:
            channel.drop()  # it may still be let in, and would hold what the next one needs
            self._guests.pop(number, None)
            if isinstance(wrong, TimeoutError):
                if time.monotonic() >= self._deaf:
                    self.kill(signal.SIGKILL)
                raise OSError("the process that it shares does not answer") from None
            raise
        finally:
            theirs.close()
            self._joined.pop(number, None)
        return Process(self._process.tell, self._process.pid, channel, ended, ours, room=self)

    def kill(self, number: int) -> None:
        if self._process is not None:
            self._process.kill(number)

    @property
    def dying(self) -> bool:
        return self._process is None or self._process.dying

    def whose(self) -> str:
        """Whose turn it is; empty where nobody's."""
        try:
            return self._turn.read_bytes()[:LONG].partition(b"\0")[0].decode(errors="replace")
        except OSError:
            return ""

    def _hear(self, told: Message) -> None:
        match told:
            case {"joined": int(number)}:
                self._deaf = math.inf
                if number in self._joined and not self._joined[number].done():
                    self._joined[number].set_result(None)
            case {"exit": int(number), "code": int(code)}:
                self._left(number, code)
                if not self._guests and not self._joined and self._process is not None:
                    self._process.close()
                    self._process = None

    def _ended(self, ended: asyncio.Future[int]) -> None:
        """The process is gone, and all who were in it."""
        code = ended.result()
        for joined in self._joined.values():
            if not joined.done():
                joined.set_exception(OSError("the process that it shares ended"))
        for number in list(self._guests):
            self._left(number, code)

    def _left(self, number: int, code: int) -> None:
        if (it := self._guests.pop(number, None)) is not None and not it.done():
            it.set_result(code)
