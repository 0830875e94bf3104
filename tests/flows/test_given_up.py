"""A process that was given up before it began: nobody minds it, so it must not run beside the next one."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from wattwire.flows.engine import birth, launcher, sharing
from wattwire.flows.engine.channel import Channel, Message, send_fd
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.launcher import Launcher
from wattwire.flows.engine.process import Process
from wattwire.flows.engine.room import Room
from wattwire.flows.engine.setup import Setup
from wattwire.flows.engine.sharing import Sharing

HOST = """
import json, os
def run(setup, channel):
    channel.sendall(json.dumps({"node": setup.node, "pid": os.getpid()}).encode() + b"\\n")
    channel.setblocking(True)
    while channel.recv(10):
        pass
    return 0
"""


def place(folder: Path, node: str, shared: bool = False) -> Setup:
    return Setup(flow=Flow("f", {}, ()), node=node, broker="", state=folder, shared=shared)


async def given_up(what: Awaitable[Process], how: str) -> None:
    """By its patience, or as one that is stopped while it starts."""
    task = asyncio.ensure_future(what)
    if how == "late":
        with pytest.raises(OSError, match="does not answer"):
            await task
    else:
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("spawn", [False, True])
@pytest.mark.parametrize("how", ["late", "cancelled"])
def test_what_the_fork_server_is_asked_for_too_early_is_not_born_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, spawn: bool
) -> None:
    (tmp_path / "stand_in.py").write_text(HOST)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    heard: asyncio.Queue[Message] = asyncio.Queue()
    lost: list[Message] = []

    async def main() -> None:
        it = Launcher(host="stand_in")
        it.open()
        await it.preload([])
        assert it.pid
        os.kill(it.pid, signal.SIGSTOP)
        with monkeypatch.context() as hasty:
            hasty.setattr(launcher, "PATIENCE", 0.2)
            await given_up(it.launch(place(tmp_path, "n"), lost.append, spawn=spawn), how)
        os.kill(it.pid, signal.SIGCONT)
        second = await it.launch(place(tmp_path, "n"), heard.put_nowait, spawn=spawn)
        told = await asyncio.wait_for(heard.get(), 20)

        assert (told["pid"], children(it.pid), lost) == (second.pid, [second.pid], [])
        await it.close()

    asyncio.run(main())


class Far:
    """The far end of a shared process: what is asked there, and the channels that come with it."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.over: asyncio.Future[int] | None = None
        self.told: list[Message] = []

    async def start(self, setup: Setup, heard: Callable[[Message], None]) -> Process:
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_unix_connection(lambda: Channel(heard), sock=self.ours)
        self.over = loop.create_future()
        return Process(self.told.append, 1, channel, self.over, self.ours)

    def joins(self) -> socket.socket:
        _, fds, _, _ = socket.recv_fds(self.theirs, 65536, 1)
        return socket.socket(fileno=fds[0])


@pytest.mark.parametrize("how", ["late", "cancelled"])
def test_who_was_let_into_a_shared_process_too_late_finds_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async def main() -> None:
        far = Far()
        room = Sharing(far.start)
        with monkeypatch.context() as hasty:
            hasty.setattr(sharing, "PATIENCE", 0.2)
            await given_up(room.join(place(tmp_path, "n", shared=True), lambda _: None), how)
        first = await asyncio.to_thread(far.joins)
        assert birth.given_up(first.fileno())

        joining = asyncio.ensure_future(room.join(place(tmp_path, "n", shared=True), lambda _: None))
        second = await asyncio.to_thread(far.joins)
        assert not birth.given_up(second.fileno())
        far.theirs.sendall(b'{"joined": 1}\n{"exit": 1, "code": 70}\n{"joined": 2}\n')
        it = await asyncio.wait_for(joining, 20)
        assert not it.ended.done()
        far.theirs.sendall(b'{"exit": 2, "code": 0}\n')
        assert await asyncio.wait_for(it.ended, 20) == 0
        for left in (it, first, second, far.theirs):
            left.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("said", "patience", "killed"),
    [(False, 60.0, False), (False, 0.0, True), (True, 0.0, False)],
    ids=["it may still load", "it never said a word", "it has let somebody in"],
)
def test_a_shared_process_that_never_says_a_word_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bool, patience: float, killed: bool
) -> None:
    monkeypatch.setattr(sharing, "DEAF", patience)

    async def main() -> None:
        far = Far()
        room = Sharing(far.start)
        if said:
            joining = asyncio.ensure_future(room.join(place(tmp_path, "m", shared=True), lambda _: None))
            (await asyncio.to_thread(far.joins)).close()
            far.theirs.sendall(b'{"joined": 1}\n')
            (await joining).close()
        monkeypatch.setattr(sharing, "PATIENCE", 0.05)
        with pytest.raises(OSError, match="does not answer"):
            await room.join(place(tmp_path, "n", shared=True), lambda _: None)

        assert far.told == ([{"kill": 1, "signal": 9}] if killed else [])
        far.ours.close()
        far.theirs.close()

    asyncio.run(main())


def test_a_shared_process_does_not_let_in_who_was_given_up(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    mine, node_s = socket.socketpair()
    room = Room(theirs, tmp_path / "turn")
    send_fd(ours, {"join": 7}, node_s)
    mine.sendall(birth.hand_over(place(tmp_path, "n", shared=True)))
    mine.close()
    room._read()
    told = ours.recv(4096).splitlines()

    assert (told, room._guests) == ([b'{"joined": 7}', b'{"exit": 7, "code": 70}'], [])
    for it in (ours, theirs, node_s):
        it.close()
