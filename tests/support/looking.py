"""What a process holds, what a broker retains, how large files are: read from outside, at one instant."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from wattwire.broker.link import Link, Message

SIZES = re.compile(r"^(Pss|Private_Clean|Private_Dirty|Private_Hugetlb):\s+(\d+) kB", re.M)
QUEUES = re.compile(r"^wattwire_(?:queued|outbox)_messages (\S+)", re.M)


@dataclass(frozen=True)
class Look:
    """A process at one instant. Proportional and private memory in kB."""

    pss: int
    private: int
    fds: int
    threads: int


def look(pid: int) -> Look | None:
    """None where there is no such process any more."""
    at = Path(f"/proc/{pid}")
    try:
        sizes = {name: int(kb) for name, kb in SIZES.findall((at / "smaps_rollup").read_text())}
        private = sum(kb for name, kb in sizes.items() if name != "Pss")
        return Look(sizes["Pss"], private, len(os.listdir(at / "fd")), len(os.listdir(at / "task")))
    except (OSError, KeyError):
        return None


def family(pid: int) -> dict[int, str]:
    """A process and all that descend from it, by name."""
    found = {pid: "supervisor"}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= family(child)
            found[child] = {"wattwire-forks": "fork server"}.get(name := named(child), name)
    return found


def named(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "?"


def files(folder: Path) -> dict[str, int]:
    """Bytes of each file, by its path in the folder."""
    found = {}
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                found[path.relative_to(folder).as_posix()] = path.stat().st_size
        except OSError:
            continue
    return found


def retained(url: str, seconds: float = 40.0) -> dict[str, bytes]:
    """What the broker retains, by topic: all it has is sent before what is asked for last."""
    topics, last = dict[str, bytes](), b""

    def heard(message: Message) -> None:
        nonlocal last
        if message.topic == marker:
            last = message.payload
        elif message.retain:
            topics[message.topic] = message.payload
        link.ack(message)

    def up(_: bool) -> None:
        link.subscribe(["#"], lambda refused: ask())

    def ask() -> None:
        link.publish(marker, b"all")

    marker, until = f"soak/{os.getpid()}", time.monotonic() + seconds
    link = Link(url, f"soak{os.getpid()}", on_up=up, on_down=lambda _: None, on_message=heard, clean=True)
    link.connect()
    while not last and time.monotonic() < until:
        link.step(0.1)
    link.close()
    return topics


def queued(admin: str) -> int:
    """The longest queue of any node: what waits for its turn, or for the broker's word."""
    longest = 0
    for flow, node in re.findall(r'/metrics/([^/"]+)/([^/"]+)', _got(f"{admin}/sd")):
        longest = max([longest, *(int(float(n)) for n in QUEUES.findall(_got(f"{admin}/metrics/{flow}/{node}")))])
    return longest


def _got(url: str) -> str:
    with urlopen(url, timeout=40) as reply:
        text: str = reply.read().decode()
    return text
