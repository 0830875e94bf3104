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


def test_after_a_message_that_cannot_be_sent_the_others_are(broker: PrivateBroker) -> None:
    told, heard = list[str](), list[bytes]()

    async def talk() -> None:
        bus, came = Bus(broker.nearest, "bus", wrong=told.append), asyncio.Event()
        bus.start()
        await asyncio.wait_for(bus.up.wait(), 20)
        await bus.subscribe(["f/health"], lambda _, payload, __: (heard.append(payload), came.set())[1])
        bus.publish("f/health", bytes(9_000_000))
        taken = await bus.published([("f/health", bytes(9_000_000), False), ("f/health", b"{}", False)], 0.1)
        await asyncio.wait_for(came.wait(), 20)
        await bus.close()
        assert not taken

    asyncio.run(talk())

    assert heard == [b"{}"]
    assert told == ["f/health: a message of 9000000 bytes is too large"] * 2
