"""What the broker shows of a node when the supervisor's word and the node's own cross."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast

import pytest

from wattwire.flows.engine import shown
from wattwire.flows.engine.minder import Minder
from wattwire.flows.engine.shown import Shown


@dataclass
class Minded:
    """As much of a minder as counts here."""

    state: str
    pid: int | None
    text: str = ""
    name: str = "a"

    @property
    def process(self) -> object:
        return self.pid

    @property
    def own_word(self) -> bool:
        return self.state != "starting"

    def status(self) -> bytes:
        return json.dumps([self.state, self.pid, self.text]).encode()


STARTING, READY, BUSY = Minded("starting", None), Minded("ready", 7), Minded("ready", 7, "busy")


def lived(
    monkeypatch: pytest.MonkeyPatch, now: Minded, come: Callable[[Shown], None], over: bool = False,
    then: Callable[[], None] = lambda: None,
) -> list[str]:  # fmt: skip
    """What the supervisor says after what `come` lets it hear. Each word of its own comes back, and `then` happens."""
    monkeypatch.setattr(shown, "SOON", 0.001)
    said = list[str]()

    async def live() -> None:
        work = list[asyncio.Task[None]]()

        def publish(minder: Minder) -> None:
            it.heard(minder, it.says(minder))
            said.append(minder.text or minder.state)
            then()

        def later(job: Coroutine[Any, Any, None]) -> None:
            work.append(asyncio.create_task(job))

        it = Shown(lambda minder: cast(Minded, minder).status(), publish, later, lambda: over)
        come(it)
        await asyncio.wait_for(asyncio.gather(*work), 10)

    asyncio.run(live())
    return said


@pytest.mark.parametrize(
    ("now", "heard", "says"),
    [
        (READY, [STARTING, READY], []),
        (READY, [READY, STARTING], ["ready"]),
        (BUSY, [READY, STARTING], ["busy"]),
        (BUSY, [STARTING, READY], []),
        (READY, [STARTING, READY, Minded("lost", 7)], []),
        (STARTING, [STARTING], []),
        (Minded("ready", None), [READY, STARTING], []),
        (READY, [READY], []),
    ],
    ids=["in order", "crossed", "crossed, and on", "a word on its way", "a will", "starting", "ended", "nobody's"],
)
def test_what_a_node_said_is_said_again_if_the_supervisor_s_earlier_word_came_after_it(
    monkeypatch: pytest.MonkeyPatch, now: Minded, heard: list[Minded], says: list[str]
) -> None:
    def come(it: Shown) -> None:
        if STARTING in heard:
            it.says(cast(Minder, STARTING))
        for told in heard:
            it.heard(cast(Minder, now), told.status())

    assert lived(monkeypatch, now, come) == says
    assert lived(monkeypatch, now, come, over=True) == []


def test_a_node_that_a_deploy_put_in_the_place_of_another_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def come(it: Shown) -> None:
        stopped = cast(Minder, Minded("stopped", None))
        it.heard(stopped, it.says(stopped))
        starting = it.says(cast(Minder, STARTING))
        it.heard(cast(Minder, READY), READY.status())
        it.heard(cast(Minder, READY), starting)

    assert lived(monkeypatch, READY, come) == ["ready"]


def test_what_the_node_says_while_it_is_said_again_is_shown_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Minded("ready", 7, "first")

    def come(it: Shown) -> None:
        it.heard(cast(Minder, node), it.says(cast(Minder, STARTING)))

    assert lived(monkeypatch, node, come, then=lambda: setattr(node, "text", "second")) == ["first", "second"]
