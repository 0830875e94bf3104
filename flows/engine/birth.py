"""The first steps of a node's process: it dies with its parent, has its name and its limits, and learns what to run."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import pickle
import random
import resource
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .setup import Setup

HOST = "wattwire.flows.engine.life"
"""The module whose `run(setup, channel)` is a node's life."""
ROOM = "wattwire.flows.engine.room"
"""The same for a process that several nodes share."""

BUG = 70  # exit code: the process ended by an exception
PRCTL: Any = getattr(ctypes.CDLL(None), "prctl", None)  # found once, before there are children; Linux only
DEATHSIG, NAME = 1, 15  # of prctl(2)
FILES = 4096


def die_with(parent: int) -> None:
    """Ask the kernel to kill us when our parent ends, however it ends."""
    with contextlib.suppress(OSError, TypeError):  # no Linux: the end of the channel has to do
        PRCTL(DEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(BUG)  # it ended before we asked


def name(text: str) -> None:
    """What `ps -e` and `top` show; the kernel keeps 15 bytes."""
    with contextlib.suppress(OSError, TypeError):
        PRCTL(NAME, ctypes.c_char_p(text.encode()[:15]), 0, 0, 0)


def limit(memory: int | None) -> None:
    """`memory` is what the node may take beyond what every process of ours maps anyway."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft > FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    if memory is not None:
        most = _mapped() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _mapped() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def settle(title: str, parent: int) -> None:
    """Every child, forked or executed, is its own group: Ctrl-C is the supervisor's to hear."""
    die_with(parent)
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    name(title)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN if number is signal.SIGPIPE else signal.SIG_DFL)
    signal.set_wakeup_fd(-1)


def live(channel: socket.socket, memory: int | None, host: str = HOST) -> int:
    """The node's whole life. Returns its exit code."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager signals us all; the supervisor stops us in order
    random.seed()
    life = importlib.import_module(host)
    setup = receive(channel)
    limit(memory)
    gc.enable()
    code = life.run(setup, channel)
    return int(code or 0)


def hand_over(setup: Setup) -> bytes:
    """What the supervisor writes first onto a node's channel."""
    data = pickle.dumps(setup, protocol=pickle.HIGHEST_PROTOCOL)
    return struct.pack(">I", len(data)) + data


def given_up(channel: int) -> bool:
    """Whether the supervisor has closed its end: the next process of this node may be there already."""
    asked = select.poll()
    asked.register(channel, 0)
    return any(event & select.POLLHUP for _, event in asked.poll(0))


def receive(channel: socket.socket) -> Setup:
    channel.setblocking(True)
    size = struct.unpack(">I", _exactly(channel, 4))[0]
    setup = pickle.loads(_exactly(channel, size))
    if not isinstance(setup, Setup):
        raise TypeError("the channel did not begin with a Setup")
    return setup


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = channel.recv(size - len(data))
        if not part:
            raise EOFError("the supervisor is gone")
        data += part
    return bytes(data)


def main(argv: Sequence[str]) -> int:
    """A node with an interpreter of its own: FD TITLE MEMORY HOST PARENT DIR…"""
    fd, title, memory, host, parent, *dirs = argv
    settle(title, int(parent))
    if dirs:
        from .palette import survey

        survey([Path(d) for d in dirs])
    return live(socket.socket(fileno=int(fd)), int(memory) or None, host)


def end(code: int) -> None:
    """Leave a forked child: nothing of the parent's may be flushed or unwound twice."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def blame() -> int:
    traceback.print_exc()
    return BUG


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
