"""One node's process, minded: what it says is answered, however quick it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from wattwire.flows.engine.launcher import Launcher
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.minder import Minder
from wattwire.flows.engine.setup import Setup

FLOW = load_text("flow: one\nnodes: {shown: {type: debug}}\n")


class Quick:
    """Takes the place of a launcher and of the process: it is seated before the launcher says so."""

    def __init__(self) -> None:
        self.pid, self.told, self.ended = 7, list[dict[str, Any]](), asyncio.get_running_loop().create_future()

    async def launch(self, setup: Setup, heard: Callable[[dict[str, Any]], None], **_: object) -> Quick:
        heard({"seated": {"session": True}})
        return self

    def send(self, message: dict[str, Any]) -> None:
        self.told.append(message)
        if "go" in message:
            self.ended.set_result(0)

    def close(self) -> None:
        pass


class Company:
    def launched(self, minder: Minder) -> None: ...
    def changed(self, minder: Minder) -> None: ...
    def addressed(self, minder: Minder) -> None: ...
    def say(self, minder: Minder, level: str, text: str) -> None: ...
    def told(self, minder: Minder, said: Mapping[str, Any]) -> None: ...

    def seated(self, minder: Minder) -> None:
        minder.send({"go": True})


def test_a_node_that_takes_its_seat_before_its_launch_is_known_is_let_go_all_the_same(tmp_path: Path) -> None:
    async def mind() -> list[dict[str, Any]]:
        quick = Quick()
        setup = Setup(flow=FLOW, node="shown", broker="", state=tmp_path)
        minder = Minder(setup, FLOW.nodes["shown"], cast(Launcher, quick), Company(), 10.0)
        minder.start()
        await asyncio.wait([quick.ended], timeout=30)
        await minder.stop(1)
        return quick.told

    assert {"go": True} in asyncio.run(mind())
