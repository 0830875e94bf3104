"""Every node, and what the world says to it: whatever it is, it leads to messages that can be sent, or nowhere."""

from __future__ import annotations

import json
from datetime import timedelta
from random import SystemRandom
from typing import Any

import pytest
from node_targets import NOW, STATUS, lived, nodes

from wattwire.flows.engine.actor import Actor
from wattwire.nodes import Reply, gx_readings, gx_topics
from wattwire.nodes.sim_billing import metered

LIVES = [15, pytest.param(3000, marks=[pytest.mark.long, pytest.mark.timeout(3000)])]


@pytest.mark.parametrize("lives", LIVES)
@pytest.mark.parametrize("name", nodes())
def test_whatever_is_said_to_a_node(name: str, lives: int) -> None:
    """Of many short lives the seed is told; `lived(name, seed)` is that one again."""
    first = 0 if lives < 1000 else SystemRandom().randrange(10**9)
    for seed in range(first, first + lives):
        try:
            lived(name, seed)
        except BaseException as wrong:
            raise AssertionError(f"lived({name!r}, {seed})") from wrong


def test_a_node_that_trips_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def trips(self: Any, port: str, message: Any, now: Any) -> Any:
        return {"n": 3}[str(sorted(message.body)[0])]

    monkeypatch.setattr(Actor, "take", trips)

    with pytest.raises((KeyError, TypeError, IndexError)):
        lives()


def lives() -> None:
    for seed in range(15):
        lived("switch", seed)


def test_nodes_of_every_kind_are_there() -> None:
    assert {200, 429, 0} <= set(STATUS)
    assert {"victronGx", "rateResolver", "teslaState", "dispatchFetcher", "solarForecast"} <= nodes().keys()


# Found so, each once more


@pytest.mark.parametrize(
    ("header", "seconds"), [("30", 30.0), ("9" * 400, None), ("²", None), ("-5", None), ("", None)]
)
def test_a_wait_that_no_number_holds_is_none(header: str, seconds: float | None) -> None:
    fault = Reply(429, headers={"retry-after": header}, at=NOW).fault()

    assert fault.retry_after == seconds


def test_powers_without_end_have_no_sum() -> None:
    seen: dict[str, Any] = {path: 1.7e308 for path in (*gx_readings.GRID, *gx_readings.LOAD)}
    house = gx_readings.house({**seen, gx_topics.LIMIT: 1e308, gx_readings.SOC: 50}, [], NOW)

    assert (house.grid, house.load, house.input_limit, house.soc) == (None, None, None, 50)


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"start": 1}', b"[" * 5000, b"\xff", b'{"start":"2026-11-20"}',
                                     b'{"start":"2026-11-20T12:00:00Z","pv":"x"}'])  # fmt: skip
def test_what_no_meter_told_is_not_billed(payload: bytes) -> None:
    assert metered(payload) is None


def test_what_a_meter_told_is_billed() -> None:
    told = json.dumps({"start": (NOW - timedelta(minutes=30)).isoformat(), "pv": 1.5, "touched": True})

    assert getattr(metered(told.encode()), "pv", None) == 1.5
