"""Starts processes for nodes, by way of the fork server, and tells how they end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from functools import partial

from . import birth, early
from .channel import Channel, Message, Printed, send_fd
from .lone import Lone
from .process import Process
from .setup import Setup
from .sharing import Sharing
from .warming import HTTP

PATIENCE = 20.0  # seconds for a fork, or for the libraries to be loaded
DEAF = 30.0  # seconds without a word from the fork server though it was asked; after twice as many it is ended


class Launcher:
    def __init__(self, say: Callable[[str], None] = print, host: str = birth.HOST) -> None:
        self.say, self._host, self._numbers = say, host, itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._channel: Channel | None = None
        self._forked: dict[int, asyncio.Future[int]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._warm: tuple[int, asyncio.Future[Message]] | None = None
        self._wanted: tuple[list[str], list[str], str] = ([], [], "")
        self._deaf: asyncio.TimerHandle | None = None
        self._turn = asyncio.Semaphore(32)  # file descriptors under way are limited, too
        self._mend = asyncio.Lock()
        self.sharing = Sharing(partial(self.launch, host=birth.ROOM))
        self._lone: Lone | None = None

    @property
    def pid(self) -> int | None:
        return self._server.pid if self._server else None

    def open(self, begun: early.Begun | None = None) -> None:
        """Start the fork server, if that is not done; it loads while we do other things."""
        self._server, self._control = begun or early.fork_server()
        self.want([self._host, *HTTP])

    def open_lone(self, dirs: Sequence[str]) -> None:
        """No fork server until somebody needs a process of its own: all share one, which loads from now on."""
        self._lone = Lone(lambda text: self.say(text), dirs)
        self._lone.open()
        self.sharing = Sharing(self._lone.start)

    def want(self, modules: Sequence[str], dirs: Sequence[str] = ()) -> None:
        """Have it import these soon; before there is a loop to wait in."""
        if self._control is not None and self._channel is None:
            asked = {"preload": list(modules), "dirs": list(dirs), "number": 0}
            with contextlib.suppress(BlockingIOError):  # it has yet to read earlier requests: then it imports this late
                self._control.sendall(json.dumps(asked).encode() + b"\n")

    async def preload(self, modules: Sequence[str], dirs: Sequence[str] = ()) -> None:
        self._wanted = (list(modules), list(dirs), self._wanted[2])
        if self._lone is not None and self._server is None:
            return
        await self._listen()
        for fault in (await self._asked({"preload": list(modules), "dirs": list(dirs)})).get("faults", []):
            self.say(fault)

    async def warm(self, broker: str) -> None:
        self._wanted = (*self._wanted[:2], broker)
        if self._lone is not None and self._server is None:
            return
        await self._listen()
        await self._asked({"warm": broker, "host": self._host})

    async def launch(self, setup: Setup, heard: Callable[[Message], None], *, memory: int | None = None,
                     spawn: bool = False, host: str = "") -> Process:  # fmt: skip
        """Fork a node, or let it in where others are. Raises OSError if there is no new process."""
        if setup.shared:
            return await self.sharing.join(setup, heard)
        await self._ready()
        loop, number = asyncio.get_running_loop(), next(self._numbers)
        async with self._turn:
            ours, theirs = socket.socketpair()
            forked, ended, channel = loop.create_future(), loop.create_future(), Channel(heard)
            self._forked[number], self._ended[number] = forked, ended
            asked = {"fork": number, "title": setup.node or "shared", "memory": memory, "spawn": spawn,
                     "host": host or self._host}  # fmt: skip
            try:
                await loop.create_unix_connection(lambda: channel, sock=ours)
                self._send_fd(asked, theirs)
                self._expect()
                channel.write(birth.hand_over(setup))
                pid = await asyncio.wait_for(forked, PATIENCE)
            except BaseException as wrong:
                channel.drop()  # it may still be forked, and would hold what the next one needs
                self._ended.pop(number, None)
                if isinstance(wrong, TimeoutError):
                    raise OSError("the fork server does not answer") from None
                raise
            finally:
                theirs.close()
                self._forked.pop(number, None)
        return Process(self._order, pid, channel, ended, ours)

    def tell(self, message: Message) -> None:
        if self._channel is not None:
            self._channel.send(message)

    async def close(self) -> None:
        """The end of the fork server, and of every process that is left."""
        if self._lone is not None:
            self._lone.kill()
        if self._channel is not None:
            self._channel.close()
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            for _ in range(100):
                if self._server.poll() is not None:
                    return
                await asyncio.sleep(0.005)
            self._server.kill()
            self._server.wait()

    def kill(self) -> None:
        """At once: the kernel takes the children along."""
        if self._lone is not None:
            self._lone.kill()
        if self._server is not None and self._server.poll() is None:
            self._server.kill()

    async def _ready(self) -> None:
        async with self._mend:
            if self._server is None or self._server.poll() is not None:
                if self._server is not None:
                    self.say("the fork server is gone; starting another")
                self.open()
                modules, dirs, broker = self._wanted
                await self.preload(modules, dirs)
                await self.warm(broker)
            await self._listen()

    async def _listen(self) -> None:
        if self._server is None:
            self.open()
        if self._channel is not None or self._control is None or self._server is None:
            return
        loop = asyncio.get_running_loop()
        _, self._channel = await loop.create_unix_connection(
            lambda: Channel(self._hear, self._lost), sock=self._control
        )
        if self._server.stdout is not None:
            await loop.connect_read_pipe(lambda: Printed(lambda text: self.say(text)), self._server.stdout)

    async def _asked(self, message: Message) -> Message:
        number = next(self._numbers)
        self._warm = number, asyncio.get_running_loop().create_future()
        self.tell({**message, "number": number})
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._warm[1], PATIENCE)
        return {}

    def _send_fd(self, asked: Message, channel: socket.socket) -> None:
        if self._control is None or self._channel is None:
            raise OSError("the fork server is gone")
        send_fd(self._control, asked, channel)

    def _order(self, message: Message) -> None:
        self.tell(message)
        self._expect()

    def _expect(self, twice: bool = False) -> None:
        """It owes us an answer that comes at once: else it can neither start nor kill anything, nor tell who ended."""
        if self._deaf is None and self._channel is not None:
            self._deaf = asyncio.get_running_loop().call_later(DEAF, self._mute, twice)

    def _mute(self, twice: bool) -> None:
        self._deaf = None
        if not twice:
            self._expect(True)  # we may have been stopped together, and be a step ahead of it
        elif self._server is not None:
            self.say("the fork server does not answer; it is killed, and with it every process")
            self._server.kill()

    def _answered(self) -> None:
        if self._deaf is not None:
            self._deaf.cancel()
            self._deaf = None

    def _hear(self, told: Message) -> None:
        self._answered()
        match told:
            case {"forked": int(number), "pid": int(pid)} if number in self._forked:
                if not self._forked[number].done():
                    self._forked[number].set_result(pid)
            case {"exit": int(number), "code": int(code), **more}:
                if (forked := self._forked.get(number)) and not forked.done():
                    forked.set_exception(OSError(str(more.get("why", "it ended at once"))))
                if (ended := self._ended.pop(number, None)) and not ended.done():
                    ended.set_result(code)
            case {"warm": int(number)} if self._warm and number == self._warm[0] and not self._warm[1].done():
                self._warm[1].set_result(told)

    def _lost(self) -> None:
        """The fork server died, and by it all its children."""
        self._channel = self._control = None
        self._answered()
        for number in list(self._ended):
            self._hear({"exit": number, "code": -signal.SIGKILL, "why": "the fork server is gone"})
        if self._warm and not self._warm[1].done():
            self._warm[1].set_result({})
        if self._server is not None:
            self._server.kill()
            self._server.wait()
