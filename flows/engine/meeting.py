"""A supervisor's way to its broker, and its presence there: a last will tells the other supervisors when it is gone."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable

from wattwire.broker import topics
from wattwire.broker.address import address
from wattwire.broker.link import REFUSES
from wattwire.broker.will import Will

from .bus import Bus
from .options import Options
from .ownership import REFRESH, Claim, boot, born

HERE = b'{"here": true}'
FIRST = 10.0  # seconds for a broker of our own to be there; another's may come up later than we


class Stopped(Exception):
    """Told to stop before it had started."""


class Meeting:
    def __init__(self, url: str, flow: str, options: Options, *, own: bool, say: Callable[[str, str], None],
                 up: Callable[[], None], down: Callable[[str], None]) -> None:  # fmt: skip
        self._where, self._own, self._say, self._on_up, self._on_down = address(url), own, say, up, down
        id = f"{options.host}-{os.getpid()}-{secrets.token_hex(3)}"
        presence = f"{topics.BASE}/{flow}/$supervisor/{id}"
        self.me = Claim(id, 0, options.host, os.getpid(), boot(), presence, born(os.getpid()))
        self.bus = Bus(url, f"wattwire-supervisor-{id}", will=Will(presence, b""), on_up=self._up, on_down=self._down,
                       wrong=lambda why: say(f"broker: {why}", "error"))  # fmt: skip
        self._joined = False

    async def join(self, told: asyncio.Event) -> None:
        """Connect. Raises Stopped, and ConnectionError where waiting cannot help."""
        self.bus.start()
        until = asyncio.get_running_loop().time() + FIRST
        while not self.bus.up.is_set():
            done = {asyncio.create_task(self.bus.up.wait()), asyncio.create_task(told.wait())}
            await asyncio.wait(done, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.cancel()
            if told.is_set():
                raise Stopped
            why, late = self.bus.why, asyncio.get_running_loop().time() > until
            if not self.bus.up.is_set() and (REFUSES in why or (self._own and late)):
                raise ConnectionError(f"the broker {self._where} cannot be used: {why}")
        self._joined = True

    async def greet(self, others: Callable[[str, bytes, bool], None]) -> None:
        """Hear who else is there. At a broker of our own nobody is: what it kept is from an earlier life."""

        def heard(topic: str, payload: bytes, kept: bool) -> None:
            if not (kept and self._own):
                others(topic, payload, kept)

        await self.bus.subscribe([f"{topics.BASE}/+/$supervisor/+"], heard)

    async def stay(self) -> None:
        """Say now and then that we are here."""
        while True:
            await asyncio.sleep(REFRESH)
            self.bus.publish(self.me.presence, HERE, retain=True, qos=0)

    async def leave(self) -> None:
        if self.bus.up.is_set():
            await self.bus.published([(self.me.presence, b"", True)], 1.0)
        await self.bus.close()

    def _up(self) -> None:
        self.bus.publish(self.me.presence, HERE, retain=True)
        self._on_up()

    def _down(self, why: str) -> None:
        if not self._joined:
            self._say(f"broker: {self._where}: {why}; waiting for it", "warning")
        self._on_down(why)
