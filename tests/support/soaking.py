"""`wattwire run` for days under a fast clock, looked at all the while."""

from __future__ import annotations

import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fast_clock import FastClock
from growth import DAY, HOUR, Measured, Process, Whole
from looking import family, files, look, queued, retained


class Run:
    """`wattwire run` under the fast clock; its lines are kept in a file."""

    def __init__(self, flow: str, clock: FastClock, folder: Path, nodes: str | None) -> None:
        self.state, self.log = folder / "state", folder / "lines"
        told = ["--state", str(self.state), "--admin", "0", "--port", "0", *(["--nodes", nodes] if nodes else [])]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wattwire.flows", "run", flow, *told], env=clock.environment(),
            stdin=subprocess.DEVNULL, stdout=self.log.open("wb"), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.url = self._said(r"broker: (mqtt://\S+)")
        self.admin = self._said(r"admin: (http://\S+)")

    def _said(self, pattern: str, seconds: float = 60.0) -> str:
        until = time.monotonic() + seconds
        while not (found := re.search(pattern, self.log.read_text(errors="replace"))):
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"wattwire run does not start:\n{self.log.read_text(errors='replace')}")
            select.select([], [], [], 0.1)
        return found[1]

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def soak(
    flow: str,
    days: float,
    speed: int,
    warm: float,
    *,
    nodes: str | None = None,
    every: float = 1.0,
    whole: float = 6 * HOUR,
    say: Callable[[str], None] = print,
    keep: Path | None = None,
    seen: int = 0,
) -> Measured:
    """Live that long. A look at each process every so many true seconds, at the whole every so many lived ones."""
    with tempfile.TemporaryDirectory(prefix="soak") as made:
        folder = keep or Path(made)
        clock = FastClock(speed, Path(made), seen=seen)
        run = Run(flow, clock, folder, nodes)
        try:
            return _watched(run, clock, days * DAY, warm, every, whole, say)
        finally:
            run.end()


def _watched(run: Run, clock: FastClock, lived: float, warm: float, every: float, each: float,
             say: Callable[[str], None]) -> Measured:  # fmt: skip
    processes: dict[str, list[Process]] = {}
    wholes, seen, ended = list[Whole](), dict[int, str](), list[str]()
    while (now := clock.lived) < lived and run.process.poll() is None:
        if not wholes or (now >= warm and (wholes[-1].at < warm or now >= wholes[-1].at + each)):
            wholes.append(Whole(now, len(retained(run.url)), queued(run.admin), files(run.state)))
            say(_progress(now, processes, wholes[-1]))
        there = family(run.process.pid)
        if now >= warm:
            ended += [f"{name} ({pid})" for pid, name in seen.items() if pid not in there]
            seen = there
        names = _names(there)
        for pid, name in names.items():
            if (it := look(pid)) is not None:
                processes.setdefault(name, []).append(Process(clock.lived, it.pss, it.private, it.fds, it.threads))
        select.select([], [], [], every)
    if run.process.poll() is not None:
        ended.append("supervisor")
    else:
        wholes.append(Whole(clock.lived, len(retained(run.url)), queued(run.admin), files(run.state)))
    held = {name: looks for name, looks in processes.items() if looks[-1].at > warm}
    return Measured(held, wholes, ended, warm, max((looks[-1].at for looks in held.values()), default=0.0))


def _names(there: Mapping[int, str]) -> dict[int, str]:
    """By name, and where two have the same name by number too, in the order of their starts."""
    found, count = dict[int, str](), dict[str, int]()
    for pid, name in sorted(there.items()):
        count[name] = count.get(name, 0) + 1
        found[pid] = name if count[name] == 1 else f"{name} {count[name]}"
    return found


def _progress(now: float, processes: Mapping[str, list[Process]], it: Whole) -> str:
    pss = sum(looks[-1].pss for looks in processes.values() if looks)
    return (f"day {now / DAY:6.2f}: PSS {pss} kB, {it.retained} retained, longest queue {it.queue}, "
            f"{len(it.files)} files of {sum(it.files.values())} bytes")  # fmt: skip
