"""Runs flows: one broker, one fork server, one admin port, and every node as a process; until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from wattwire.broker.checks import check

from . import brokering, leaving, statefolder, verbs
from .board import Lines
from .door import Door
from .flowrun import FlowRun
from .graph import Flow
from .launcher import Launcher
from .logbook import Entry
from .means import Means
from .meeting import Meeting
from .options import Options
from .ownbroker import OwnBroker
from .statefolder import Unusable
from .warming import modules

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    def __init__(self, flows: Sequence[Flow], options: Options, display: Lines, launcher: Launcher) -> None:
        self.flows, self.options, self.display, self.launcher = flows, options, display, launcher
        launcher.say = lambda text: self.line(text, "error")
        self.runs: dict[str, FlowRun] = {}
        self.admin: Door | None = None
        self.started, self._code = monotonic(), 0
        self._chosen: brokering.Chosen | None = None
        self._meeting: Meeting | None = None
        self._told, self._ready, self._again = asyncio.Event(), False, False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def broker(self) -> OwnBroker | None:
        return self._chosen.own if self._chosen else None

    @property
    def connected(self) -> bool:
        return self._meeting is not None and self._meeting.bus.up.is_set()

    async def run(self) -> int:
        """Returns the exit code. Raises Unusable, BrokerFailed, ConnectionError and Stopped."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
                loop.add_signal_handler(number, self._signalled)
        try:
            await self._start()
            await self._told.wait()
            return self._code
        finally:
            await self._stop()

    async def _start(self) -> None:
        say, first = self.line, self.flows[0].name
        self._chosen = chosen = await brokering.choose(self.flows, self.options, self._told, say)
        warm = asyncio.create_task(self._warm(chosen.url))
        self._meeting = meeting = Meeting(chosen.url, first, self.options, own=chosen.own is not None, say=say,
                                          up=self._up, down=self._down)  # fmt: skip
        await meeting.join(self._told)
        save = chosen.own.save if chosen.own else lambda: None
        means = Means(self.options, self.launcher, meeting.bus, chosen.url, meeting.me, self._say,
                      self.display.changed, save, self._later)  # fmt: skip
        self.runs = {flow.name: FlowRun(flow, means) for flow in self.flows}
        for run in self.runs.values():
            run.requests = verbs.Verbs(self._later).heard
        await meeting.greet(self._presence)  # not before there is somebody to remember who is there
        owned = await asyncio.gather(*(run.begin() for run in self.runs.values()))
        await warm
        self._note()
        self.display.begin(list(self.runs.values()), meeting.bus)
        await asyncio.gather(*(r.launch(mine) for r, mine in zip(self.runs.values(), owned, strict=True)))
        self._ready = True
        if meeting.bus.up.is_set():  # the broker may have been away while some flows waited for their nodes
            self._up()
        self.line(f"started in {monotonic() - self.started:.2f} s")
        for work in (*(run.watch() for run in self.runs.values()), self._check(), meeting.stay()):
            self._later(work)
        self._open_admin()
        if self.options.broker:
            self._later(self._try_broker(chosen.url))

    async def _try_broker(self, url: str) -> None:
        """One that is not ours may lose or delay messages in ways that can be found out."""
        for warning in await asyncio.to_thread(check, url):
            self.line(f"broker: {warning}", "warning")

    async def _warm(self, url: str) -> None:
        await self.launcher.preload(modules(self.flows), [str(d) for d in self.options.nodes_dirs])
        await self.launcher.warm(url)

    def line(self, text: str, level: str = "info") -> None:
        """A line about all flows: shown, and kept in the log of each."""
        self.display.line(text, level)
        for run in self.runs.values():
            run.book.add(Entry(datetime.now(UTC), "", level, text))

    def _say(self, flow: str, entry: Entry) -> None:
        """A line about one flow, whose log has it already."""
        self.display.line(f"{flow}/{entry.plain()}" if len(self.flows) > 1 else entry.plain(), entry.level)

    def _open_admin(self) -> None:
        self.admin = Door(self)
        try:
            self.admin.open(self.options.admin)
        except OSError as wrong:
            self.line(f"no admin port: {wrong.strerror or wrong}", "error")
            self.admin = None
        self._note()
        if self.admin is not None:
            self.line(f"admin: {self.admin.url} (/metrics, /sd, /health)")

    def _note(self) -> None:
        """By this `tail`, `send` and `status` find us."""
        if self._chosen is None or self._chosen.neighbour:
            return
        admin = self.admin.url if self.admin else None
        told = {"url": self._chosen.public, "nearest": self._chosen.url, "pid": os.getpid(), "admin": admin}
        try:
            statefolder.note(self.options.root, self.runs, told)
        except Unusable as wrong:
            self.line(str(wrong), "error")

    # While it runs

    def _up(self) -> None:
        if self._ready and any(not run.open for run in self.runs.values()):
            self.line("broker: back again")
            for run in self.runs.values():
                run.up()

    def _down(self, why: str) -> None:
        if self._told.is_set() or not self.runs:
            return
        self.line(f"broker: {why}; nodes keep what they send until it is back", "error")
        for run in self.runs.values():
            run.down()

    def _presence(self, topic: str, payload: bytes, _: bool) -> None:
        for run in self.runs.values():
            run.holding.claims.presence(topic, payload)

    async def _check(self) -> None:
        """Heartbeats and the broker, once a second. If we ourselves were held up, nobody is judged by it."""
        last = monotonic()
        while True:
            await asyncio.sleep(1.0)
            now, late = monotonic(), monotonic() - last > 3.0
            last = now
            if not late:
                for run in self.runs.values():
                    run.chronicle.tick(datetime.now(UTC))
                    for minder in run.minders.values():
                        minder.check(now)
            if self.broker is not None:
                await self.broker.check(self._told)
            neighbour = self._chosen.neighbour if self._chosen else None
            if neighbour and not statefolder.alive(neighbour):
                self.line(f"process {neighbour}, whose broker we used, is gone", "error")
                self._code = 1
                self._told.set()

    # The end

    def _signalled(self) -> None:
        if self._told.is_set():
            self._again = True
            self.launcher.kill()
            self.line("killed at once")
        else:
            self.line("stopping; a second Ctrl-C or SIGTERM kills at once")
        self._told.set()

    async def _stop(self) -> None:
        self._told.set()
        for task in list(self._tasks):
            task.cancel()
        if self.admin is not None:
            await self.admin.close()
        for run in self.runs.values():
            run.stopping = True
        killed = await asyncio.gather(*(leaving.stop(r.flow, r.minders) for r in self.runs.values()))
        for names in killed:
            if names and not self._again:
                self.line(f"killed, as they did not stop: {', '.join(names)}", "warning")
        if self.connected:
            await asyncio.gather(*(run.holding.release() for run in self.runs.values()))
        if self._meeting is not None:
            await self._meeting.leave()
        await self.launcher.close()
        statefolder.forget(self.options.root, self.runs)
        if self._chosen is not None:
            self._chosen.release()
        if self._ready:
            self.line("stopped")
        self.display.end()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (wrong := task.exception()):
            self.line(f"supervisor: {type(wrong).__name__}: {wrong}", "error")
