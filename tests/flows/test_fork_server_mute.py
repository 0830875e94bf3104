"""A fork server that says nothing any more is ended: else no process would be started again, and none killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wattwire.flows.engine import launcher
from wattwire.flows.engine.channel import Message
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.launcher import Launcher
from wattwire.flows.engine.setup import Setup

HOST = """
import os
def run(setup, channel):
    channel.sendall(b'{"pid": %d}\\n' % os.getpid())
    channel.setblocking(True)
    channel.recv(10)
    return 0
"""


@pytest.fixture
def nursery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    (tmp_path / "stand_in.py").write_text(HOST)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def run(what: Callable[[Launcher, Setup], Awaitable[None]], said: list[str]) -> None:
        async def main() -> None:
            it = Launcher(said.append, host="stand_in")
            it.open()
            await it.preload([])
            try:
                await what(it, Setup(flow=Flow("f", {}, ()), node="n", broker="", state=tmp_path))
            finally:
                await it.close()

        asyncio.run(main())

    return run


Run = Callable[[Callable[[Launcher, Setup], Awaitable[None]], list[str]], None]
MUTE = "the fork server does not answer; it is killed, and with it every process"
GONE = "the fork server is gone; starting another"


def nothing(_: Message) -> None:
    pass


@contextmanager
def stopped(it: Launcher) -> Iterator[None]:
    """And little patience with it."""
    assert it.pid
    os.kill(it.pid, signal.SIGSTOP)
    with pytest.MonkeyPatch.context() as hasty:
        hasty.setattr(launcher, "DEAF", 0.1)
        yield


def test_asked_to_kill_it_has_to_answer(nursery: Run) -> None:
    async def what(it: Launcher, setup: Setup) -> None:
        one, other = await it.launch(setup, nothing), await it.launch(setup, nothing)
        with stopped(it):
            one.kill()
            ended = list(await asyncio.wait_for(asyncio.gather(one.ended, other.ended), 20))
        again = await it.launch(setup, nothing)

        assert (ended, again.ended.done()) == ([-signal.SIGKILL] * 2, False)

    said: list[str] = []
    nursery(what, said)

    assert said == [MUTE, GONE]


def test_asked_for_a_process_it_has_to_answer(nursery: Run) -> None:
    async def what(it: Launcher, setup: Setup) -> None:
        with stopped(it), pytest.raises(OSError, match="the fork server is gone"):
            await it.launch(setup, nothing)
        assert await it.launch(setup, nothing)

    said: list[str] = []
    nursery(what, said)

    assert said == [MUTE, GONE]


def test_one_that_answers_is_left_alone_whatever_it_is_asked(nursery: Run) -> None:
    async def what(it: Launcher, setup: Setup) -> None:
        one = await it.launch(setup, nothing)
        assert it._deaf is None

        one.send({"stop": True})
        assert await asyncio.wait_for(one.ended, 20) == 0
        one.tell({"kill": one.pid, "signal": 9})  # as who does not know yet that it has ended
        assert it._deaf is not None

        async with asyncio.timeout(20):
            while it._deaf is not None:
                await asyncio.sleep(0.01)

    nursery(what, [])
