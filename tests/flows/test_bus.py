"""The supervisor's link to the broker: what one message does wrong is no end of all others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from wattwire.broker import private
from wattwire.broker.private import PrivateBroker
from wattwire.flows.engine.bus import Bus

pytestmark = pytest.mark.broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateBroker]:
    with private.start(tmp_path, port=0) as started:
        yield started


def test_what_was_asked_while_there_was_no_broker_is_not_subscribed_to_ever_after() -> None:
    async def ask() -> tuple[bool, list[str]]:
        bus = Bus("unix:///no/such/socket", "bus")
        bus.start()
        settled = await bus.settled("f/$echo", patience=0.01)
        await bus.close()
        return settled, list(bus._filters)

    assert asyncio.run(ask()) == (False, [])


def test_after_a_message_that_cannot_be_sent_the_others_are(broker: PrivateBroker) -> None:
    told, heard = list[str](), list[bytes]()

    async def talk() -> None:
        bus, came = Bus(broker.nearest, "bus", wrong=told.append), asyncio.Event()

        def hear(_: str, payload: bytes, __: bool) -> None:
            heard.append(payload)
            came.set()

        bus.start()
        await asyncio.wait_for(bus.up.wait(), 20)
        await bus.subscribe(["f/health"], hear)
        bus.publish("f/health", bytes(9_000_000))
        taken = await bus.published([("f/health", bytes(9_000_000), False), ("f/health", b"{}", False)], 0.1)
        await asyncio.wait_for(came.wait(), 20)
        await bus.close()
        assert not taken

    asyncio.run(talk())

    assert heard == [b"{}"]
    assert told == ["f/health: a message of 9000000 bytes is too large"] * 2
