"""The private broker, minded: it is started, saved, and started again if it dies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from wattwire.broker import private
from wattwire.broker.tether import BrokerFailed

from .options import Options
from .restarts import Restarts

HINT = "Debian, Ubuntu, Raspberry Pi OS: apt install mosquitto · macOS: brew install mosquitto"
COMPLAIN = 60.0  # seconds between looks at its log and its disk


class OwnBroker:
    def __init__(self, folder: Path, options: Options, say: Callable[[str, str], None]) -> None:
        self._folder, self._options, self._say = folder, options, say
        self._it: private.PrivateBroker | None = None
        self._restarts, self._started, self._complaint, self._looked = Restarts(), 0.0, "", 0.0

    @property
    def it(self) -> private.PrivateBroker:
        assert self._it
        return self._it

    @property
    def url(self) -> str:
        return self.it.url

    @property
    def nearest(self) -> str:
        return self.it.nearest

    @property
    def kind(self) -> str:
        return self.it.kind

    @property
    def restarts(self) -> int:
        return self._restarts.crashes

    def start(self) -> None:
        """In the main thread: the kernel ends the broker with the thread that started it. Raises BrokerFailed."""
        self._it = private.start(self._folder, self._options.prefer, self._options.port)
        self._started = monotonic()
        self._say(self._it.promise, "info")
        if self._it.kind == "embedded":
            self._say(HINT, "info")
        self._warn()
        self._say(f"broker: {self._it.url}", "info")

    def save(self) -> bool:
        return self.it.save()

    async def check(self, told: asyncio.Event) -> None:
        """Start it again if it is dead, ever later if it dies again; and say what is wrong with it."""
        if not self.it.alive() and not told.is_set():
            wait = self._restarts.crashed(self._started, monotonic())
            self._say(f"broker: {self.kind} died; starts again in {wait:g} s", "error")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), wait)
                return
            self._started = monotonic()
            try:
                self.it.restart()
            except BrokerFailed as wrong:
                self._say(f"broker: {wrong}", "error")
            except OSError as wrong:  # no process, no memory, no file: perhaps at the next look
                self._say(f"broker: {self.kind} cannot be started: {wrong.strerror or wrong}", "error")
            self._warn()
        elif monotonic() - self._looked > COMPLAIN:
            self._looked = monotonic()
            self._complain()

    def _complain(self) -> None:
        try:
            complaint = self.it.complaint()
        except OSError as wrong:
            complaint = wrong.strerror or str(wrong)
        if complaint != self._complaint:
            self._complaint = complaint
            if complaint:
                self._say(f"broker: {complaint}", "error")

    def _warn(self) -> None:
        while self.it.warnings:
            self._say(f"broker: {self.it.warnings.pop(0)}", "warning")

    def stop(self) -> None:
        if self._it is not None:
            self._it.stop()
