"""Minds one node's process: starts it, watches its heartbeat, starts it again, stops it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import signal
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

from .channel import Message
from .graph import FlowNode
from .launcher import Launcher
from .process import Process
from .restarts import Restarts
from .setup import Setup

BIRTH = 20.0  # seconds until the first heartbeat
QUICK = 0.3  # seconds by which a node may see a broker again before we see it gone


class Company(Protocol):
    """What a minder tells to those who mind the whole flow."""

    def launched(self, minder: Minder) -> None: ...
    def seated(self, minder: Minder) -> None: ...
    def changed(self, minder: Minder) -> None: ...
    def addressed(self, minder: Minder) -> None: ...
    def say(self, minder: Minder, level: str, text: str) -> None: ...
    def told(self, minder: Minder, said: Message) -> None: ...


class Minder:
    def __init__(self, setup: Setup, node: FlowNode | None, launcher: Launcher, company: Company, hang: float) -> None:
        self.setup, self.node, self.name = setup, node, setup.node
        self._launcher, self._company, self._hang = launcher, company, hang
        self.state, self.text, self.fill, self.since = "stopped", "not started yet", "grey", datetime.now(UTC)
        self.process: Process | None = None
        self.restarts_policy, self.restarts, self.started_at = Restarts(), 0, 0.0
        self.seated = self.own_word = False  # own_word: the state is what the node itself said
        self.address, self.began = "", datetime.now(UTC)
        self._beat = self._seated_at = 0.0
        self._hung = self._asked_restart = False
        self._stopping, self._again = False, asyncio.Event()
        self._numbers, self._questions = itertools.count(1), dict[int, asyncio.Future[object]]()
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    @property
    def crashes(self) -> int:
        return self.restarts_policy.crashes

    @property
    def due(self) -> bool:
        """Whether the others should wait for it to take its seat, and to say where it listens."""
        settled = self.seated and (bool(self.address) or self.node is None or self.node.type.listen is None)
        return not settled and (self.process is not None or self.state == "starting")

    def start(self) -> None:
        self._stopping = False
        self.become("starting", "", "yellow")
        self._task = asyncio.create_task(self._mind(), name=f"mind {self.name}")

    def send(self, message: Message) -> None:
        if self.process is not None:
            self.process.send(message)

    async def stop(self, patience: float) -> bool:
        """Ask it to end; True if it did. One that does not is killed by `kill`."""
        self._stopping = True
        self._again.set()
        self.send({"stop": True})
        if self._task is not None:
            await asyncio.wait([self._task], timeout=patience)
            return self._task.done()
        return True

    async def kill(self) -> None:
        self._stopping = True
        if self.process is not None:
            self.process.kill()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=1.0)
            self._task.cancel()

    async def restart(self) -> None:
        """As a person asks for it: in good order, and at once."""
        self.restarts_policy.forgive()
        self._asked_restart = True
        self._again.set()
        if (process := self.process) is not None:
            self.send({"stop": True})
            await asyncio.wait([process.ended], timeout=4.0)
            process.kill()

    async def metrics(self, patience: float) -> str | None:
        """What the node counts, or None if it is dead or mute."""
        number = next(self._numbers)
        text = await self._asked(number, {"metrics": number}, patience)
        return text if isinstance(text, str) else None

    async def again(self, which: int | None, patience: float) -> list[int] | None:
        """Hand in what was set aside, one input or all: the numbers of those found, or None if it is dead or mute."""
        number = next(self._numbers)
        found = await self._asked(number, {"again": which, "number": number}, patience)
        return found if isinstance(found, list) else None

    async def _asked(self, number: int, question: Message, patience: float) -> object:
        if self.process is None:
            return None
        self._questions[number] = answer = asyncio.get_running_loop().create_future()
        self.send(question)
        try:
            return await asyncio.wait_for(answer, patience)
        except TimeoutError:
            return None
        finally:
            self._questions.pop(number, None)

    def check(self, now: float) -> None:
        """Kill it if it hangs."""
        patience = self._hang if self._beat > self.started_at else max(BIRTH, self._hang)
        if (process := self.process) is None or process.dying:
            return
        if now - self._beat > patience:
            self._hung = True
            told = f"hangs{process.where}: no sign of life for {patience:.0f} s; it is killed"
            self._company.say(self, "error", told)
            process.kill()

    def unseat(self) -> None:
        """The broker is gone; a node that was quicker than us to find it again has its seat already."""
        self.seated = self.seated and monotonic() - self._seated_at < QUICK

    def become(self, state: str, text: str, fill: str, own_word: bool = False) -> None:
        if state != self.state:
            self.since = datetime.now(UTC)
        self.state, self.text, self.fill, self.own_word = state, text, fill, own_word
        self._company.changed(self)

    async def _mind(self) -> None:
        while not self._stopping:
            self._again.clear()
            code, why = await self._live()
            if self._stopping:
                break
            if self._asked_restart:
                self._asked_restart, wait = False, 0.0
                self.become("starting", "started again, as asked for", "yellow")
            else:
                wait = self.restarts_policy.crashed(self.started_at, monotonic())
                loop = "crashes again and again: " if self.restarts_policy.looping else ""
                self.become("crashed", f"{loop}{why or ended(code)}; starts again in {wait:g} s", "red")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._again.wait(), wait or 0.001)
            self.restarts += 1
        if not (self.own_word and self.state == "stopped"):
            self.become("stopped", "stopped" if not self._hung else "killed", "grey")

    async def _live(self) -> tuple[int | None, str]:
        self.started_at = self._beat = monotonic()
        self._hung, self.began = False, datetime.now(UTC)
        setup = dataclasses.replace(self.setup, restarts=self.restarts)
        memory, spawn = (self.node.memory, self.node.isolation == "spawn") if self.node else (None, False)
        try:
            self.process = await self._launcher.launch(setup, self._heard, memory=memory, spawn=spawn)
        except OSError as wrong:
            return None, f"cannot be started: {wrong}"
        self._company.launched(self)
        if self.seated:  # it took its seat before we knew that it is there, and could not be answered
            self._company.seated(self)
        if self._stopping:
            self.send({"stop": True})
        code = await self.process.ended
        self.process.close()
        self.process, self.seated, self.address = None, False, ""
        return code, "hung" if self._hung else ""

    def _heard(self, told: Message) -> None:
        match told:
            case {"beat": _}:
                self._beat = monotonic()
            case {"seated": dict()}:
                self.seated, self._seated_at = True, monotonic()
                self._company.seated(self)
            case {"status": {"state": str(state), "text": str(text), "fill": str(fill)}}:
                self.become(state, text, fill, own_word=True)
            case {"address": str(where)}:
                self.address = where
                self._company.addressed(self)
            case {"answer": answer, "number": int(number)} if number in self._questions:
                if not self._questions[number].done():
                    self._questions[number].set_result(answer)
            case {"log": {"level": str(level), "text": str(text)}}:
                self._company.say(self, level, text)
            case {"failed": _} | {"well": _} | {"did": _}:
                self._company.told(self, told)


def ended(code: int | None) -> str:
    if code is None:
        return "it did not start"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
        return f"killed by signal {-code}"
    return "it ended by itself" if code == 0 else f"exit code {code}"
