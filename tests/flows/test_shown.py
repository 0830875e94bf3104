"""What the broker shows of a node when the supervisor's word and the node's own cross."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import cast

import pytest

from wattwire.flows.engine import shown
from wattwire.flows.engine.minder import Minder
from wattwire.flows.engine.shown import Shown


@dataclass
class Minded:
    """As much of a minder as counts here, and what the broker shows of it."""

    name: str = "a"
    state: str = "ready"
    text: str = ""
    fill: str = "green"
    own_word: bool = True
    process: object = "it runs"
    published: list[str] = field(default_factory=list)


def status(state: str, pid: int | None, text: str = "", fill: str = "green") -> bytes:
    return json.dumps({"state": state, "text": text, "fill": fill, "pid": pid}).encode()


OURS, THEIRS = status("starting", None, "started again", "yellow"), status("ready", 7)


@pytest.mark.parametrize(
    ("node", "heard", "times"),
    [
        (Minded(), [OURS, THEIRS], 0),
        (Minded(), [THEIRS, OURS], 1),
        (Minded(text="it goes on"), [THEIRS, OURS, status("ready", 7, "it goes on")], 0),
        (Minded(), [OURS, b"rubbish"], 1),
        (Minded(), [OURS, b"[]"], 1),
        (Minded(own_word=False), [OURS], 0),
        (Minded(process=None), [THEIRS, OURS], 0),
        (Minded(), [b"rubbish"], 0),
    ],
    ids=["in order", "crossed", "crossed, and another", "rubbish", "a list", "starting", "ended", "nobody's"],
)
def test_what_a_node_said_is_said_again_if_the_supervisor_s_earlier_word_came_after_it(
    monkeypatch: pytest.MonkeyPatch, node: Minded, heard: list[bytes], times: int
) -> None:
    monkeypatch.setattr(shown, "SOON", 0.001)

    async def live() -> None:
        work = list[asyncio.Task[None]]()

        def publish(minder: Minder) -> None:
            node.published.append(minder.state)
            it.heard(minder, status(minder.state, 7, minder.text, minder.fill))

        it = Shown(publish, lambda job: work.append(asyncio.ensure_future(job)))
        for payload in heard:
            it.heard(cast(Minder, node), payload)
        await asyncio.gather(*work)

    asyncio.run(live())

    assert node.published == [node.state] * times


def test_it_is_said_until_it_is_shown_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "SOON", 0.001)
    node, said = Minded(), list[str]()

    async def live() -> None:
        work = list[asyncio.Task[None]]()
        it = Shown(lambda minder: said.append(minder.state), lambda job: work.append(asyncio.ensure_future(job)))
        it.heard(cast(Minder, node), OURS)
        await asyncio.gather(*work)
        it.heard(cast(Minder, node), OURS)
        assert len(work) == 2
        await asyncio.gather(*work)

    asyncio.run(live())

    assert said == ["ready"] * 2 * shown.LOOKS
