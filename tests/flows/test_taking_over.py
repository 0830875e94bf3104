"""Who stands by goes on looking, whatever one look meets."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from wattwire.flows.engine.flowrun import FlowRun


class Standing(FlowRun):
    """One that stands by for a node; what comes of its looks is given."""

    def __init__(self, looks: list[OSError | list[str]]) -> None:
        self.minders: Any = {"n": SimpleNamespace(state="standby")}
        self.holding: Any = SimpleNamespace(owned=set(), freed=self.look)
        self.stopping, self.looks, self.lines, self.begun = False, looks, list[str](), list[str]()

    async def look(self, _: Sequence[str]) -> list[str]:
        if not self.looks:
            raise asyncio.CancelledError
        if isinstance(it := self.looks.pop(0), OSError):
            raise it
        return it

    async def acquire(self, names: Sequence[str]) -> list[str]:
        return list(names)

    async def launch(self, names: Sequence[str], patience: float = 0.0) -> None:
        self.begun += names

    def tell(self, node: str, level: str, text: str) -> None:
        self.lines.append(text)


def test_a_look_that_fails_is_said_once_and_the_next_one_takes_over() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "n.lock")
    flow = Standing([full, full, [], full, ["n"]])
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(flow.watch())

    assert (flow.begun, flow.lines) == (["n"], ["cannot take over: [Errno 28] No space left on device: 'n.lock'"])
