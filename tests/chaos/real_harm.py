"""Harm at one site: whom it hits, when it began and ended, and how to make it good."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import TypeAlias

from .real_counting import Fault, Lane
from .real_ground import Cable, Disk
from .real_site import CHAINED, Chain, Site

Done: TypeAlias = Callable[[], bool]
Script: TypeAlias = Iterator[Done]


def after(seconds: float) -> Done:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def within(seconds: float, done: Done) -> Done:
    late = after(seconds)
    return lambda: late() or done()


def send(pid: int, number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Harm:
    """At one site, as the faults do it."""

    def __init__(self, site: Site, chance: Random, hang: float, burst: int, short: bool,
                 disk: Disk | None = None, cable: Cable | None = None, only: str = "") -> None:  # fmt: skip
        self.site, self.chance, self.hang, self.burst, self.short = site, chance, hang, burst, short
        self.disk, self.cable, self.only = disk, cable, only
        self.faults: list[Fault] = []
        self.log = site.folder / "faults.log"
        self.open: list[Fault] = []
        self.over = False
        self._killed = dict[tuple[str, str], deque[float]]()
        self._full_since, self._stopped = float("inf"), set[int]()

    def begins(self, kind: str, lanes: list[Lane] | None = None, whom: str = "") -> None:
        every = [lane for chain in self.site.chains for lane in chain.fast]
        fault = Fault(kind, time.time(), every if lanes is None else lanes)
        self.faults.append(fault)
        self.open.append(fault)
        with self.log.open("a") as log:
            log.write(f"{datetime.now(UTC):%H:%M:%S.%f} {self.site.name}: {kind} {whom}\n")

    def ends(self) -> None:
        """The harm of the last one."""
        self.faults[-1].until = time.time()

    def node(self, *of: str) -> tuple[Chain, str, int] | None:
        """One that runs, and was not killed so often lately that it is started again only after a minute."""
        chains = self.chance.sample(self.site.chains, len(self.site.chains))
        for chain in chains:
            for name in self.chance.sample(of or CHAINED, len(of or CHAINED)):
                pid = self.site.pid(chain.name, name)
                whose = min(n for n in CHAINED if n == name or (pid and self.site.pid(chain.name, n) == pid))
                times = self._killed.setdefault((chain.name, whose), deque(maxlen=3))
                if pid and not (len(times) == 3 and time.monotonic() - times[0] < 75):
                    times.append(time.monotonic())
                    return chain, name, pid
        return None

    def _pause(self, pid: int | None, seconds: float) -> Script:
        if pid and send(pid, signal.SIGSTOP):
            self._stopped.add(pid)
            yield after(seconds)
            send(pid, signal.SIGCONT)
            self._stopped.discard(pid)
            self.ends()

    def brief(self) -> float:
        return self.chance.uniform(0.2, 1 if self.short else 3)

    def _unsaved(self) -> None:
        """What the broker had not yet saved is gone with it."""
        for chain in self.site.chains:
            chain.bare.killed(self._full_since)

    def look(self) -> None:
        now = time.time()
        self.open = [f for f in self.open if not f.look(now)]

    def heal(self) -> None:
        """Whatever was under way."""
        self.over = True
        for pid in self._stopped:
            send(pid, signal.SIGCONT)
        if self.disk:
            self.disk.clear()
        if self.cable:
            self.cable.join()
            if self.cable.broker.poll() is not None:
                self.cable.start()
