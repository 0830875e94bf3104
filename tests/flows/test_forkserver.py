"""The fork server: real processes, and a stand-in for the host that tells what it finds."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from supervised import gone, watch

from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.launcher import Launcher
from wattwire.flows.engine.palette import palette
from wattwire.flows.engine.process import Process
from wattwire.flows.engine.setup import Setup

HOST = """
import gc, json, os, random, resource, signal, socket, sys, threading
def run(setup, channel):
    lines = channel.makefile("rwb")
    def say(told):
        lines.write(json.dumps(told).encode() + b"\\n")
        lines.flush()
    say({"node": setup.node, "pid": os.getpid(), "group": os.getpgid(0), "random": random.random(),
         "comm": open("/proc/self/comm").read().strip(), "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
         "int": signal.getsignal(signal.SIGINT) is signal.SIG_IGN, "threads": threading.active_count(),
         "gc": gc.isenabled(), "frozen": gc.get_freeze_count() > 1000, "fds": len(os.listdir("/proc/self/fd")),
         "preloaded": "colorsys" in sys.modules})
    for line in lines:
        match json.loads(line):
            case {"stop": code}:
                return code
            case {"fail": words}:
                raise RuntimeError(words)
            case {"allocate": size}:
                try:
                    bytearray(size)
                    say({"allocated": True})
                except MemoryError:
                    say({"allocated": False})
    return 0
"""


class Nursery:
    def __init__(self, launcher: Launcher, folder: Path) -> None:
        self.launcher, self.folder = launcher, folder
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.printed: asyncio.Queue[str] = asyncio.Queue()
        launcher.say = self.printed.put_nowait

    async def born(self, name: str, **more: Any) -> tuple[Process, dict[str, Any]]:
        setup = Setup(flow=Flow("f", {}, ()), node=name, broker="", state=self.folder)
        process = await self.launcher.launch(setup, lambda told: self.heard.put_nowait(dict(told)), **more)
        return process, await asyncio.wait_for(self.heard.get(), 10)


@pytest.fixture
def nursery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    (tmp_path / "stand_in.py").write_text(HOST)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    @asynccontextmanager
    async def opened() -> AsyncIterator[Nursery]:
        launcher = Launcher(host="stand_in")
        launcher.open()
        made = Nursery(launcher, tmp_path)
        await launcher.preload(["colorsys", "no.such.module"])
        await launcher.warm("")
        try:
            yield made
        finally:
            await launcher.close()

    def run(what: Callable[[Nursery], Awaitable[None]]) -> None:
        async def main() -> None:
            async with opened() as made:
                await what(made)

        asyncio.run(main())

    return run


Run = Callable[[Callable[[Nursery], Awaitable[None]]], None]


def test_a_child_has_its_name_its_group_and_nothing_of_its_siblings(nursery: Run) -> None:
    async def what(made: Nursery) -> None:
        found = [(await made.born(name))[1] for name in ("rateResolver", "aNodeWithALongName", "third")]

        assert [it["comm"] for it in found] == ["rateResolver", "aNodeWithALongN", "third"]
        assert [it["group"] for it in found] == [it["pid"] for it in found]
        assert [(it["core"], it["int"], it["threads"], it["gc"], it["frozen"], it["preloaded"]) for it in found] == [
            (0, True, 1, True, True, True)
        ] * 3
        assert len({it["random"] for it in found}) == 3
        assert len({it["fds"] for it in found}) == 1

    nursery(what)


OWN = """
from dataclasses import dataclass
from wattwire.nodes import Node, Ports

@dataclass(frozen=True, kw_only=True)
class Config:
    pass

class Out(Ports):
    pass

def run(cfg: Config, body: object) -> None:
    pass

NODE = Node("own", Config, Out, run)
"""


def test_one_that_is_started_again_finds_the_nodes_of_a_folder_of_one_s_own(nursery: Run) -> None:
    async def what(made: Nursery) -> None:
        (folder := made.folder / "own").mkdir()
        (folder / "own.py").write_text(OWN)
        assert "no.such.module" in made.printed.get_nowait()
        await made.launcher.preload([palette([folder])["own"].module.__name__], [str(folder)])

        assert made.printed.empty()

    nursery(what)


@pytest.mark.parametrize("spawn", [False, True])
def test_exit_codes_and_signals_are_told(nursery: Run, spawn: bool) -> None:
    async def what(made: Nursery) -> None:
        ended = []
        for message in ({"stop": 0}, {"stop": 7}, {"fail": "as told"}):
            process, _ = await made.born("a", spawn=spawn)
            process.send(message)
            ended.append(await asyncio.wait_for(process.ended, 5))
        process, _ = await made.born("a", spawn=spawn)
        process.kill(signal.SIGALRM)
        ended.append(await asyncio.wait_for(process.ended, 5))

        assert ended[:2] == [0, 7]
        assert ended[2] in (1, 70)
        assert ended[3] == -signal.SIGALRM

    nursery(what)


def test_what_a_child_prints_reaches_the_supervisor(nursery: Run) -> None:
    async def what(made: Nursery) -> None:
        process, _ = await made.born("a")
        process.send({"fail": "as told"})
        await process.ended
        lines = [await asyncio.wait_for(made.printed.get(), 5) for _ in range(4)]

        assert lines[0] == "no.such.module cannot be imported: ModuleNotFoundError: No module named 'no'"
        assert lines[1] == "Traceback (most recent call last):"

    nursery(what)


@pytest.mark.parametrize("spawn", [False, True])
def test_memory_is_counted_beyond_what_every_process_has(nursery: Run, spawn: bool) -> None:
    async def what(made: Nursery) -> None:
        process, _ = await made.born("a", memory=50_000_000, spawn=spawn)
        answers = []
        for size in (30_000_000, 90_000_000):
            process.send({"allocate": size})
            answers.append((await asyncio.wait_for(made.heard.get(), 5))["allocated"])

        assert answers == [True, False]

    nursery(what)


@pytest.mark.parametrize("spawn", [False, True])
def test_children_end_with_the_fork_server_and_another_one_goes_on(nursery: Run, spawn: bool) -> None:
    async def what(made: Nursery) -> None:
        process, found = await made.born("a", spawn=spawn)
        handles = watch({found["pid"]: "a"})
        assert made.launcher.pid
        os.kill(made.launcher.pid, signal.SIGKILL)

        assert await asyncio.wait_for(process.ended, 5) == -signal.SIGKILL
        assert gone(handles, 20) == []
        again, found = await made.born("b", spawn=spawn)
        assert found["preloaded"] is not spawn
        again.send({"stop": 0})
        assert await asyncio.wait_for(again.ended, 5) == 0

    nursery(what)


def test_what_is_wanted_early_may_be_more_than_it_can_hear() -> None:
    said: list[str] = []

    async def main() -> None:
        launcher = Launcher(said.append)
        launcher.open()
        assert launcher.pid
        os.kill(launcher.pid, signal.SIGSTOP)  # as one that is busy with the first
        for _ in range(2000):
            launcher.want(["colorsys"])
        os.kill(launcher.pid, signal.SIGCONT)
        await launcher.preload(["no.such.module"])
        await launcher.close()

    asyncio.run(main())

    assert said == ["no.such.module cannot be imported: ModuleNotFoundError: No module named 'no'"]


def test_the_end_of_the_launcher_is_the_end_of_all(nursery: Run) -> None:
    async def what(made: Nursery) -> None:
        found = [(await made.born(name))[1] for name in ("a", "b")]
        handles = watch({it["pid"]: it["node"] for it in found})
        await made.launcher.close()

        assert gone(handles, 20) == []

    nursery(what)


def test_many_children_at_once(nursery: Run) -> None:
    async def what(made: Nursery) -> None:
        born = await asyncio.gather(*(made.born(f"n{i}") for i in range(100)))

        assert len({process.pid for process, _ in born}) == 100

    nursery(what)
