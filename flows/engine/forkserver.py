"""The process that node processes are forked from. It is started once, preloaded and warmed, and then only forks.

It talks JSON lines over a socket: `preload` and `warm` prepare it, `fork` comes with the child's channel as a file
descriptor and is answered by `forked`; `exit` tells how a child ended. The end of the socket ends it and all children.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from . import birth, warming


class ForkServer:
    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, int] = {}  # pid -> number of the request
        self.dirs: list[str] = []
        self._in, self._fds = bytearray(), deque[int]()
        self._wake, self._woken = os.pipe()
        for fd in (self._wake, self._woken):
            os.set_blocking(fd, False)

    def run(self) -> None:
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken)
        with selectors.DefaultSelector() as ready:
            ready.register(self.control, selectors.EVENT_READ)
            ready.register(self._wake, selectors.EVENT_READ)
            while True:
                events = ready.select()
                if any(key.fd == self._wake for key, _ in events):
                    self._reap()
                if any(key.fd == self.control.fileno() for key, _ in events) and not self._read():
                    break
        for pid in self.children:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def _read(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self.control, 65536, 32)
        self._fds += fds
        self._in += data
        *lines, rest = bytes(self._in).split(b"\n")
        self._in = bytearray(rest)
        for line in lines:
            self._do(json.loads(line))
        return bool(data)

    def _do(self, asked: Mapping[str, Any]) -> None:
        since = time.monotonic()
        match asked:
            case {"preload": [*modules], "dirs": [*dirs], "number": int(number)}:
                self.dirs = dirs
                faults = warming.preload(modules, dirs)
                self._say({"warm": number, "faults": faults, "seconds": time.monotonic() - since})
            case {"warm": str(broker), "host": str(host), "number": int(number)}:
                signal.set_wakeup_fd(-1)  # the rehearsal has a child of its own
                warming.exercise(host, broker)
                signal.set_wakeup_fd(self._woken)
                warming.freeze()
                self._say({"warm": number, "seconds": time.monotonic() - since})
            case {"fork": int(number)}:
                self._fork(number, asked)
            case {"kill": int(pid), "signal": int(code)}:
                if pid in self.children:
                    with contextlib.suppress(OSError):
                        os.kill(pid, code)
                self._say({"killed": pid})

    def _fork(self, number: int, asked: Mapping[str, Any]) -> None:
        channel, parent = self._fds.popleft(), os.getpid()
        if birth.given_up(channel):
            os.close(channel)
            self._say({"exit": number, "code": birth.BUG})
            return
        try:
            pid = os.fork()
        except OSError as wrong:
            os.close(channel)
            self._say({"exit": number, "code": birth.BUG, "why": f"no new process: {wrong.strerror}"})
            return
        if pid == 0:
            code = birth.BUG
            try:
                code = self._child(channel, parent, asked)
            except SystemExit as left:
                code = left.code if isinstance(left.code, int) else birth.BUG
            except BaseException:
                code = birth.blame()
            finally:
                birth.end(code)
        os.close(channel)
        self.children[pid] = number
        self._say({"forked": number, "pid": pid})

    def _child(self, channel: int, parent: int, asked: Mapping[str, Any]) -> int:
        birth.settle(asked["title"], parent)
        self.control.close()
        for fd in (self._wake, self._woken, *self._fds):
            os.close(fd)
        memory, host = asked["memory"], asked["host"]
        if asked["spawn"]:
            os.set_inheritable(channel, True)
            told = [str(channel), asked["title"], str(memory or 0), host, str(parent), *self.dirs]
            os.execv(sys.executable, [sys.executable, "-P", "-m", birth.__name__, *told])
        return birth.live(socket.socket(fileno=channel), memory, host)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake, 4096):
                pass
        while self.children:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            number = self.children.pop(pid, None)
            if number is not None:
                self._say({"exit": number, "code": os.waitstatus_to_exitcode(status)})

    def _say(self, told: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):  # a supervisor that is gone hears nothing; the read will say so
            self.control.sendall(json.dumps(told).encode() + b"\n")


def main() -> None:
    fd, parent = int(sys.argv[1]), int(sys.argv[2])
    birth.die_with(parent)
    birth.name("wattwire-forks")
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    gc.disable()
    ForkServer(socket.socket(fileno=fd)).run()


if __name__ == "__main__":
    main()
