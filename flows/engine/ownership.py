"""One owner per node: a lock in the state folder on this machine, and over all machines an ordered claim on the broker.

The broker puts claims into one order that everybody sees. The standing claim is the first one with the highest epoch.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from wattwire.broker.envelope import parse

from .parsers import decode

SILENT = 30.0  # seconds without a word from a supervisor elsewhere, after which it is taken for dead
REFRESH = 10.0  # seconds between such words
BROKER = "run.lock"  # of the supervisor whose broker a flow's is; earlier releases hold it by this name


class Lock:
    """A file that one process of this machine can hold; the kernel lets go of it when that process ends."""

    def __init__(self, file: Path) -> None:
        self._file, self._fd = file, -1

    @property
    def held(self) -> bool:
        return self._fd >= 0

    def take(self) -> bool:
        """Raises OSError where the folder cannot be written."""
        if self.held:
            return True
        fd = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        with contextlib.suppress(OSError):  # a full disk: it is held all the same, and nobody reads who holds it
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode())
        return True

    def holder(self) -> str:
        try:
            return self._file.read_text().strip()
        except OSError:
            return ""

    def release(self) -> None:
        if self.held:
            os.close(self._fd)
            self._fd = -1


def of_node(folder: Path, node: str) -> Lock:
    """A node's lock; its file is never the one of the broker's lock."""
    name = f"{node}.lock"
    return Lock(folder / (f"${name}" if name == BROKER else name))


@dataclass(frozen=True)
class Claim:
    """What stands on a node's owner topic."""

    supervisor: str
    epoch: int
    host: str = ""
    pid: int = 0
    boot: str = ""  # of the machine: with the pid it tells at once whether a supervisor next door lives
    presence: str = ""  # the topic that says whether it is there; its last will clears it
    born: int = 0  # when that process began, as `born` tells it: in a container its number is soon another's

    def dumps(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    def __str__(self) -> str:
        return f"{self.host or 'another machine'} (process {self.pid})"


def loads(payload: bytes) -> Claim | None:
    """None where it is none: anybody may write there."""
    try:
        claim = decode(Claim, parse(payload.decode()))
        assert isinstance(claim, Claim)
        claim.dumps().decode(), str(claim).encode()  # half a character could be told to nobody
    except ValueError:
        return None
    return claim if 0 <= claim.epoch < 2**53 else None


def boot() -> str:
    """Which machine this is, since when, and whose process numbers count: a container has its own."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + os.readlink("/proc/self/ns/pid")
    except OSError:
        return socket.gethostname()


def born(pid: int) -> int:
    """When a process began, in ticks of this machine; 0 where nobody can say."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return 0


class Claims:
    """The claims on one flow's nodes, as heard in the broker's order."""

    def __init__(self, me: Claim, alive: Callable[[int], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self.me, self._alive, self._clock = me, alive, clock
        self.standing: dict[str, Claim] = {}
        self._present: dict[str, float] = {}  # presence topic -> when it last spoke

    def heard(self, node: str, payload: bytes) -> bool:
        """A word on an owner topic; True if our own claim stands and must be said again, as a later one hides it."""
        claim, standing = loads(payload) if payload else None, self.standing.get(node)
        if claim is None:
            if standing is not None and self.mine(node):
                return True  # somebody cleared it
            self.standing.pop(node, None)
        elif standing is None or claim.epoch > standing.epoch or claim.supervisor == standing.supervisor:
            self.standing[node] = claim
        else:
            return self.mine(node)
        return False

    def presence(self, topic: str, payload: bytes) -> None:
        if payload:
            self._present[topic] = self._clock()
        else:
            self._present.pop(topic, None)

    def mine(self, node: str) -> bool:
        claim = self.standing.get(node)
        return claim is not None and claim.supervisor == self.me.supervisor

    def other(self, node: str) -> Claim | None:
        """The claim of a living supervisor that is not us."""
        claim = self.standing.get(node)
        if claim is None or claim.supervisor == self.me.supervisor:
            return None
        if claim.boot == self.me.boot:
            return claim if self._next_door(claim) else None
        heard = self._present.get(claim.presence)
        return claim if heard is not None and self._clock() - heard < SILENT else None

    def _next_door(self, claim: Claim) -> bool:
        """Whether that process lives, and not only its number: ours, or that of one which began later."""
        if claim.pid == self.me.pid or not self._alive(claim.pid):
            return False
        return not claim.born or born(claim.pid) in (0, claim.born)

    def next(self, node: str) -> Claim:
        """The claim to make."""
        standing = self.standing.get(node)
        return replace(self.me, epoch=standing.epoch + (not self.mine(node)) if standing else 1)

    def released(self, node: str) -> None:
        self.standing.pop(node, None)
