"""A child that does not outlive us, and how one that did is known again and ended."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path

END = 4.0  # seconds that an end may take
LIBC = ctypes.CDLL(None, use_errno=True)
FILES = 65536
PR_SET_PDEATHSIG = 1


class BrokerFailed(Exception):
    """The private broker cannot be started; the text is for the user."""


def tether(parent: int) -> Callable[[], None]:
    """To run in the child: ask the kernel for SIGTERM when we die, on which mosquitto still saves."""
    prctl = getattr(LIBC, "prctl", None)  # Linux only
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = min(most, FILES) if most != resource.RLIM_INFINITY else FILES

    def run() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))  # a connection is a file
        if prctl:
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return run


def note(folder: Path, pid: int, kind: str) -> None:
    (folder / "broker.pid").write_text(json.dumps({"pid": pid, "parent": os.getpid(), "kind": kind}))


def end_orphan(folder: Path) -> None:
    """End a broker that outlived its parent. One whose parent lives is somebody's: leave it and say so."""
    try:
        noted = json.loads((folder / "broker.pid").read_text())
        pid, parent = int(noted["pid"]), int(noted["parent"])
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        living_parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, ValueError, KeyError, IndexError):
        return  # nothing noted, or nobody there
    if not {os.fsencode(folder / "mosquitto.conf"), os.fsencode(folder / "embedded")} & set(words):
        return  # the number is another's by now
    if living_parent == parent:
        raise BrokerFailed(f"process {parent} already runs a broker over {folder} (process {pid})")
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        if waited(lambda: gone(pid), END):
            return
    raise BrokerFailed(f"a broker left over from an earlier run cannot be ended: process {pid}")


def gone(pid: int) -> bool:
    """A process that nobody has collected yet is gone too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def waited(done: Callable[[], bool], seconds: float, alive: Callable[[], bool] = lambda: True) -> bool:
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until or not alive():
            return False
        time.sleep(0.005)
    return alive()
