"""Runs flows: one broker, one fork server, one admin port, and every node as a process; until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Coroutine, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from wattwire.broker import topics
from wattwire.broker.address import address
from wattwire.broker.will import Will

from . import leaving, statefolder, verbs
from .bus import Bus
from .flowrun import FlowRun, Means
from .graph import Flow
from .launcher import Launcher
from .options import Options
from .ownbroker import OwnBroker
from .ownership import REFRESH, Claim, Lock, boot
from .statefolder import Unusable
from .warming import modules

if TYPE_CHECKING:
    from .admin import Admin

FIRST_CONNECTION = 10.0  # seconds for the broker to be there
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Display(Protocol):
    """Where people read what happens: lines, or a table with lines above it."""

    def line(self, text: str, level: str = "info") -> None: ...
    def begin(self, flows: Sequence[FlowRun], bus: Bus) -> None: ...
    def changed(self) -> None: ...
    def end(self) -> None: ...


class Supervisor:
    def __init__(self, flows: Sequence[Flow], options: Options, display: Display, launcher: Launcher) -> None:
        self.flows, self.options, self.display, self.launcher = flows, options, display, launcher
        launcher.say = lambda text: display.line(text, "error")
        self.runs: dict[str, FlowRun] = {}
        self.broker: OwnBroker | None = None
        self.bus: Bus | None = None
        self.admin: Admin | None = None
        self.url, self.started = options.broker, monotonic()
        self._lock = Lock(options.root / flows[0].name / "run.lock")
        self._verbs = verbs.Verbs(self._background)
        self._told, self._again = asyncio.Event(), False
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> int:
        """Returns the exit code. Raises Unusable, BrokerFailed and ConnectionError with words for the user."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._signalled)
        try:
            if await self._start():
                await self._told.wait()
            return 0
        finally:
            await self._stop()

    async def _start(self) -> bool:
        await self._broker()
        warm = asyncio.create_task(self._warm(modules(self.flows)))
        me = await self._join()
        self.runs = {flow.name: self._flowrun(flow, me) for flow in self.flows}
        owned = await asyncio.gather(*(run.begin() for run in self.runs.values()))
        await warm
        if self._told.is_set():
            return False
        if self.bus:
            self.display.begin(list(self.runs.values()), self.bus)
        await asyncio.gather(*(r.launch(mine) for r, mine in zip(self.runs.values(), owned, strict=True)))
        self.display.line(f"all nodes ready {monotonic() - self.started:.2f} s after the start")
        for run in self.runs.values():
            self._spawn(run.watch())
        self._spawn(self._check())
        self._spawn(self._refresh(me))
        await self._open_admin()
        return True

    async def _warm(self, wanted: Sequence[str]) -> None:
        await self.launcher.preload(wanted, [str(d) for d in self.options.nodes_dirs])
        await self.launcher.warm(self.url)

    async def _broker(self) -> None:
        """Ours, or the one that was named, or that of another supervisor of the same flow on this machine."""
        folder = statefolder.prepare(self.options.root / self.flows[0].name)
        if self.options.broker:
            self.display.line(f"broker: {address(self.options.broker)}, not ours")
            return
        said = False
        while not self._lock.take():
            there = statefolder.running(self.options.root, self.flows[0].name)
            if there and self._free():
                self.url = str(there["nearest"])
                self.display.line(f"broker: the one that process {there['pid']} runs for this flow")
                return
            if not said:
                self.display.line(
                    f"process {self._lock.holder()} runs {self.flows[0].name} here; standing by", "warning"
                )
                said = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.5)
                raise Stopped
        self.broker = OwnBroker(folder, self.options, self.display.line)
        self.broker.start()
        self.url = self.broker.nearest

    def _free(self) -> bool:
        """Whether a node that we are to run is not run by that other supervisor."""
        from .options import hosted

        for flow in self.flows:
            for name in hosted(flow, self.options):
                lock = Lock(self.options.root / flow.name / f"{name}.lock")
                if lock.take():
                    lock.release()
                    return True
        return False

    async def _join(self) -> Claim:
        """Our own link to the broker, with a will by which others learn that we are gone."""
        id = f"{self.options.host}-{os.getpid()}-{secrets.token_hex(3)}"
        presence = f"{topics.BASE}/{self.flows[0].name}/$supervisor/{id}"
        self.bus = Bus(
            self.url, f"wattwire-supervisor-{id}", will=Will(presence, b""), on_up=self._up, on_down=self._down
        )
        self.bus.start()
        up, told = asyncio.create_task(self.bus.up.wait()), asyncio.create_task(self._told.wait())
        await asyncio.wait([up, told], timeout=FIRST_CONNECTION, return_when=asyncio.FIRST_COMPLETED)
        for task in (up, told):
            task.cancel()
        if self._told.is_set():
            raise Stopped
        if not self.bus.up.is_set():
            raise ConnectionError(f"the broker {address(self.url)} cannot be used: {self.bus.why}")
        me = Claim(id, 0, self.options.host, os.getpid(), boot(), presence)
        await self.bus.subscribe([f"{topics.BASE}/+/$supervisor/+"], self._presence)
        self.bus.publish(presence, b'{"here": true}', retain=True)
        return me

    def _flowrun(self, flow: Flow, me: Claim) -> FlowRun:
        assert self.bus
        save = self.broker.save if self.broker else lambda: None
        means = Means(self.options, self.launcher, self.bus, self.url, me, self._say, self.display.changed, save,
                      self._background)  # fmt: skip
        run = FlowRun(flow, means)
        run.requests = self._verbs.heard
        return run

    def _say(self, where: str, level: str, text: str) -> None:
        _, _, node = where.partition("/")
        self.display.line(f"{where if len(self.flows) > 1 or not node else node}: {text}", level)

    async def _open_admin(self) -> None:
        from .admin import Admin

        self.admin = Admin(self)
        try:
            await self.admin.open(self.options.admin)
        except OSError as wrong:
            self.display.line(f"no admin port: {wrong.strerror or wrong}", "error")
            self.admin = None
        self._note()
        if self.admin is not None:
            self.display.line(f"admin: {self.admin.url} (/metrics, /sd, /health)")

    def _note(self) -> None:
        """By this `tail`, `send` and `status` find us."""
        near = self.broker.url if self.broker else self.url
        told = {"url": near, "nearest": self.url, "pid": os.getpid(), "admin": self.admin.url if self.admin else None}
        for name in self.runs:
            with contextlib.suppress(Unusable):
                if self.broker or self.options.broker:
                    statefolder.write(self.options.root / name / statefolder.RUNNING, {**told, "flow": name})

    # While it runs

    def _up(self) -> None:
        if self.runs and any(not run.open for run in self.runs.values()) and self.admin is not None:
            self.display.line("broker: back again")
            for run in self.runs.values():
                self._background(run.recover())

    def _down(self, why: str) -> None:
        if self._told.is_set() or not self.runs:
            return
        self.display.line(f"broker: {why}; nodes hold what they have", "error")
        for run in self.runs.values():
            run.down()

    def _presence(self, topic: str, payload: bytes, _: bool) -> None:
        for run in self.runs.values():
            run.holding.claims.presence(topic, payload)

    async def _refresh(self, me: Claim) -> None:
        while True:
            await asyncio.sleep(REFRESH)
            if self.bus:
                self.bus.publish(me.presence, b'{"here": true}', retain=True, qos=0)

    async def _check(self) -> None:
        """Heartbeats and the broker, once a second. If we ourselves were held up, nobody is judged by it."""
        last = monotonic()
        while True:
            await asyncio.sleep(1.0)
            now, late = monotonic(), monotonic() - last > 3.0
            last = now
            if not late:
                for run in self.runs.values():
                    for minder in run.minders.values():
                        minder.check(now)
            if self.broker is not None:
                await self.broker.check(self._told)

    # The end

    def _signalled(self) -> None:
        if self._told.is_set():
            self._again = True
            self.launcher.kill()
            self.display.line("killed at once")
        else:
            self.display.line("stopping; once more kills at once")
        self._told.set()

    async def _stop(self) -> None:
        self._told.set()
        for task in self._tasks:
            task.cancel()
        if self.admin is not None:
            await self.admin.close()
        for run in self.runs.values():
            run.stopping = True
        killed = await asyncio.gather(*(leaving.stop(r.flow, r.minders) for r in self.runs.values()))
        for names in killed:
            if names and not self._again:
                self.display.line(f"killed, as they did not stop: {', '.join(names)}", "warning")
        await asyncio.gather(*(run.holding.release() for run in self.runs.values()))
        if self.bus is not None:
            await self.bus.close()
        await self.launcher.close()
        for name in self.runs:
            with contextlib.suppress(OSError):
                file = self.options.root / name / statefolder.RUNNING
                if statefolder.read(file).get("pid") == os.getpid():
                    file.unlink()
        if self.broker is not None:
            self.broker.stop()
        self._lock.release()
        self.display.end()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        with contextlib.suppress(ValueError):
            self._tasks.remove(task)
        if not task.cancelled() and (wrong := task.exception()):
            self.display.line(f"supervisor: {type(wrong).__name__}: {wrong}", "error")


class Stopped(Exception):
    """Told to stop before it had started."""
