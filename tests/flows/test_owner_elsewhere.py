"""A node's owner on another machine: only the broker tells of it, by a claim and by whether its supervisor is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from supervised import FLOW, Supervised

from wattwire.broker import private
from wattwire.broker.link import Link
from wattwire.flows.engine.meeting import HERE, Meeting
from wattwire.flows.engine.options import Options
from wattwire.flows.engine.ownership import Claim

PRESENCE = "wattwire/moods/$supervisor/there"
CLAIM = Claim("there", 5, host="there", pid=1, boot="of another machine", presence=PRESENCE)
OWNER = "wattwire/moods/first/$owner"


class Elsewhere:
    """What a supervisor on another machine leaves with the broker."""

    def __init__(self, url: str) -> None:
        self._link = Link(
            url, "there", on_up=lambda _: None, on_down=lambda _: None, on_message=lambda _: None, clean=True
        )
        self._link.connect()

    def say(self, topic: str, payload: bytes) -> None:
        """Retained; when this returns, the broker has it."""
        until, sent = monotonic() + 40, list[int]()
        while not self._link.up:
            assert monotonic() < until
            self._link.step(0.1)
        self._link.publish(topic, payload, True, lambda: sent.append(1))
        while not sent:
            assert monotonic() < until
            self._link.step(0.1)

    def close(self) -> None:
        self._link.close()


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.mosquitto), "embedded"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Elsewhere]]:
    with private.start(tmp_path / "broker", prefer=request.param, port=0) as broker:
        there = Elsewhere(broker.url)
        yield broker.url, there
        there.close()


@pytest.mark.broker
def test_one_that_lives_keeps_its_nodes_whoever_starts_beside_it(
    elsewhere: tuple[str, Elsewhere], tmp_path: Path
) -> None:
    url, there = elsewhere
    there.say(PRESENCE, HERE)
    there.say(OWNER, CLAIM.dumps())
    run = Supervised(tmp_path / "a", FLOW, "--broker", url)
    try:
        run.said(r"first: is run by there \(process 1\); standing by")
        run.ready().status("second", "ready")

        assert "first" not in run.family().values()
        there.say(PRESENCE, b"")
        run.status("first", "ready")
    finally:
        run.close()


@pytest.mark.parametrize(("own", "heard"), [(True, ["live"]), (False, ["kept", "live"])])
def test_what_a_broker_of_our_own_kept_tells_of_nobody_who_is_still_there(
    own: bool, heard: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = list[str]()

    async def greet() -> None:
        meeting = Meeting("mqtt://127.0.0.1", "moods", Options(root=tmp_path), own=own, say=lambda *_: None,
                          up=lambda: None, down=lambda _: None)  # fmt: skip

        async def subscribe(_: object, hear: Callable[[str, bytes, bool], None]) -> list[str]:
            hear("kept", HERE, True)
            hear("live", HERE, False)
            return []

        monkeypatch.setattr(meeting.bus, "subscribe", subscribe)
        await meeting.greet(lambda topic, *_: others.append(topic))

    asyncio.run(greet())

    assert others == heard
