"""Processes under measurement: `wattwire run`, others, what they use, and their end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from wattwire.broker.tether import tether

PATIENCE = 300.0  # seconds that a start may take


@dataclass
class Run:
    """A `wattwire run` whose nodes are all ready."""

    process: subprocess.Popen[str]
    began: float  # monotonic
    ready: float  # seconds until all its nodes were
    broker: str  # URL of its own broker, over TCP
    admin: str  # URL of its admin port
    state: Path

    @property
    def pids(self) -> list[int]:
        return family(self.process.pid)

    def of(self, *kinds: str) -> list[int]:
        return [pid for pid in self.pids if kind(pid, self.process.pid) in kinds]

    @property
    def unix(self) -> str:
        """The URL of its own broker by its unix socket."""
        for conf in self.state.rglob("mosquitto.conf"):
            if found := re.search(r"^listener 0 (.+)$", conf.read_text(), re.M):
                return f"unix://{found[1]}"
        raise RuntimeError("its broker has no unix socket")


@contextmanager
def running(*arguments: str) -> Iterator[Run]:
    """`wattwire run` over a broker of its own, or over the one that the arguments name."""
    with tempfile.TemporaryDirectory(prefix="wattwire-bench-") as state:
        began = time.monotonic()
        command = [sys.executable, "-m", "wattwire.flows", "run", *arguments, "--state", state, "--admin", "0"]
        if "--broker" not in arguments:
            command += ["--prefer", "mosquitto", "--port", "0"]
        process = started(command, stdin=subprocess.DEVNULL)
        try:
            flows = len([*takewhile(lambda word: not word.startswith("--"), arguments)])
            said = listened(process, lambda line: "ready: " in line or " admin: " in line, flows + 1)
            ready = time.monotonic() - began
            broker = re.findall(r"mqtt://127\.0\.0\.1:\d+", said)
            admin = re.findall(r"http://127\.0\.0\.1:\d+", said)
            yield Run(process, began, ready, broker[0] if broker else "", admin[0] if admin else "", Path(state))
        finally:
            ended(process, signal.SIGINT)


def started(command: Sequence[str], **how: object) -> subprocess.Popen[str]:
    """A process that the kernel ends with us, whatever becomes of us. Out of reach of a Ctrl-C: we end it ourselves."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,  # type: ignore[call-overload,no-any-return]
                            start_new_session=True, preexec_fn=tether(os.getpid()), **how)  # fmt: skip


def listened(process: subprocess.Popen[str], wanted: Callable[[str], bool], times: int = 1) -> str:
    """What it said until the wanted line; from then on its words go nowhere."""
    said: list[str] = []
    alarm = threading.Timer(PATIENCE, process.kill)
    alarm.start()
    try:
        for line in process.stdout or ():
            said.append(line)
            times -= wanted(line)
            if not times:
                break
        else:
            raise RuntimeError(f"{process.args!r} ended:\n{''.join(said[-20:])}")
    finally:
        alarm.cancel()
    threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True).start()
    return "".join(said)


def ended(process: subprocess.Popen[str], by: int = signal.SIGTERM) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(by)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        left = family(process.pid)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                found += family(int(child))
    return found


def kind(pid: int, supervisor: int) -> str:
    """What a process of a run is for, by its name."""
    if pid == supervisor:
        return "supervisor"
    with suppress(OSError):
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        known = {"wattwire-forks": "fork server", "mosquitto": "broker", "edges": "edges"}
        return known.get(name, "simulators" if re.match("sim[A-Z]", name) else "nodes")
    return "gone"


def memory(pids: Sequence[int]) -> float:
    """MB of proportional memory (PSS): what is shared counts once."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(re.findall(r"^Pss:\s+(\d+)", text, re.M)[0])
    return total / 1024


def memory_by_kind(run: Run) -> dict[str, float]:
    used: dict[str, float] = defaultdict(float)
    for pid in run.pids:
        used[kind(pid, run.process.pid)] += memory([pid])
    return used


def busy(pids: Sequence[int]) -> float:
    """Seconds of processor time so far; the kernel's ticks would be too coarse for what is idle."""
    total = 0
    for pid in pids:
        for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError):
                total += int(file.read_text().split()[0])
    return total / 1e9


def share(pids: Sequence[int], seconds: float) -> float:
    """% of a core over the next so many seconds."""
    before, began = busy(pids), time.monotonic()
    time.sleep(seconds)
    return (busy(pids) - before) / (time.monotonic() - began) * 100
