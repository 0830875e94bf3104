"""A process that nodes of a flow share: they take turns on its one loop, each with a connection and files of its own.

The supervisor hands a node over as `{"join": n}`, with the node's channel as a file descriptor, and is told `joined`;
`exit` tells how one ended. A node with a bug ends alone. The end of the socket ends all of them.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import selectors
import socket
from collections import deque
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from time import monotonic

from . import birth
from .host import Host
from .life import broke
from .lifeline import Lifeline
from .setup import LONG, TURN, Setup
from .store import Full

ROOM = 1.0  # seconds between looks for room on a full disk
TIDY = 5.0  # seconds: when all stop one after the other, nobody needs to look


def run(setup: Setup, channel: socket.socket) -> int:
    """The whole life of the process. Of the setup, only the folder matters: each node comes with its own."""
    channel.setblocking(True)
    Room(channel, setup.state / TURN).run()
    return 0


@dataclass(eq=False)
class Guest:
    number: int
    setup: Setup
    channel: socket.socket
    host: Host | None = None  # None: the disk is full, and it waits for room
    fds: list[int] = field(default_factory=list)
    due: float = 0.0  # when it wants a turn, whatever comes; monotonic

    @property
    def name(self) -> bytes:
        return self.setup.node.encode()[:LONG].ljust(LONG, b"\0")


class Room:
    def __init__(self, channel: socket.socket, turn: Path) -> None:
        self._channel, self._in, self._came = channel, bytearray(), deque[int]()
        self._guests: list[Guest] = []
        self._turn = _shown(turn)
        self._untidy = inf  # when to clear up after guests that have ended; monotonic
        self._ready = selectors.PollSelector()  # goes by numbers: one closed may be another at once
        self._ready.register(channel, selectors.EVENT_READ)

    def run(self) -> None:
        while True:
            self._turn[0] = 0
            due = min((g.due for g in self._guests), default=monotonic() + 60.0)
            ready = {key.data for key, _ in self._ready.select(max(0.0, min(due, self._untidy) - monotonic()))}
            if None in ready and not self._read():
                return
            if (now := monotonic()) >= self._untidy:
                self._untidy = inf
                gc.collect()
            for guest in list(self._guests):
                if guest in ready or guest.due <= now:
                    self._turn[:] = guest.name
                    self._take(guest)

    def _take(self, guest: Guest) -> None:
        """Its turn. If it ends, how is told, and what it had is let go."""
        code = 0
        try:
            if guest.host is None and not self._begin(guest):
                return
            assert guest.host
            if guest.host.turn(0.0):
                self._watch(guest, guest.host.fds())
                guest.due = monotonic() + guest.host.patience()
                return
        except Exception as wrong:
            code = broke(guest.host, wrong) if guest.host else birth.blame()
        self._guests.remove(guest)
        self._watch(guest, [])
        self._say({"exit": guest.number, "code": code})
        dismiss(guest)
        self._untidy = monotonic() + TIDY

    def _begin(self, guest: Guest) -> bool:
        try:
            guest.host = Host(guest.setup, guest.channel)
        except Full:
            lifeline = Lifeline(guest.channel)
            if not guest.due:
                lifeline.log("error", "the disk is full: it starts when there is room")
            lifeline.tell({"beat": monotonic()})
            guest.due = monotonic() + ROOM
            return False
        guest.host.begin()
        return True

    def _watch(self, guest: Guest, fds: list[int]) -> None:
        if fds == guest.fds:
            return
        for fd in set(guest.fds) - set(fds):
            self._ready.unregister(fd)
        for fd in set(fds) - set(guest.fds):
            self._ready.register(fd, selectors.EVENT_READ, guest)
        guest.fds = fds

    def _read(self) -> bool:
        """What the supervisor says; False when it is gone."""
        data, fds, _, _ = socket.recv_fds(self._channel, 65536, 32)
        self._came += fds
        self._in += data
        *lines, rest = bytes(self._in).split(b"\n")
        self._in = bytearray(rest)
        for line in lines:
            self._join(json.loads(line)["join"])
        return bool(data)

    def _join(self, number: int) -> None:
        channel = socket.socket(fileno=self._came.popleft())
        self._say({"joined": number})
        if birth.given_up(channel.fileno()):
            self._say({"exit": number, "code": birth.BUG})
            channel.close()
            return
        try:
            setup = birth.receive(channel)
        except Exception:  # the supervisor is gone, or a node's file cannot be read here
            self._say({"exit": number, "code": birth.blame()})
            channel.close()
            return
        channel.settimeout(2.0)
        self._guests.append(Guest(number, setup, channel))

    def _say(self, told: dict[str, int]) -> None:
        self._channel.sendall(json.dumps(told).encode() + b"\n")


def dismiss(guest: Guest) -> None:
    """Let go of what the end of a process would free: no farewell, so that its last wills are spoken."""
    if (host := guest.host) is not None:
        for it in host.beside:
            it.close()
        host.desk.caller.close()
        host.desk.hand.close()
        if host.outer is not None:
            host.outer.close(farewell=False)
        host.link.close(farewell=False)
        host.aside.close()  # and with it the node's file: as long as it is open, nobody else can open it
    guest.channel.close()
    guest.host = None


def _shown(path: Path) -> mmap.mmap:
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            os.pwrite(file, bytes(LONG), 0)  # now, as there may be no room later
            return mmap.mmap(file, LONG)
        finally:
            os.close(file)
    except OSError:
        return mmap.mmap(-1, LONG)
