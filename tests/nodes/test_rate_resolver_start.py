"""rateResolver after a pause: what it knew is old, and nobody has looked yet, which is no news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Emit, Started
from wattwire.nodes.messages import Plan, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import Config, step
from wattwire.nodes.tariff_rules import Fallback

NOON = datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC)
OLD = Plan(at=NOON - timedelta(days=2), dispatches=(), device="car")
KNOWN = State(plans={"car": OLD})
FRESH = replace(OLD, at=NOON + timedelta(seconds=2))


def told(state: State, *given: tuple[float, Plan | None]) -> list[str]:
    """By which port, at so many seconds after the start: at a tick, or when a plan comes."""
    cfg = Config(price=Fallback(cheap=7.0, standard=28.0))
    held: dict[str, Any] = {"prices": None, "car": None, "house": None}
    state, nothing = step(cfg, state, Started(), None, None, now=NOON, **held)
    assert nothing is None
    ports = []
    for seconds, plan in given:
        now = NOON + timedelta(seconds=seconds)
        tick = None if plan else Tick(now)
        state, emit = step(cfg, state, None, tick, plan, now=now, **held)
        ports.append(emit.port if isinstance(emit, Emit) else "")
    return ports


@pytest.mark.parametrize("before", [KNOWN, State()], ids=["of two days ago", "nothing"])
def test_in_its_first_half_minute_it_does_not_say_that_the_plan_is_old(before: State) -> None:
    assert told(before, (0.5, None), (29.5, None)) == ["", ""]


@pytest.mark.parametrize("before", [KNOWN, State()], ids=["of two days ago", "nothing"])
def test_after_that_it_does_where_none_has_come(before: State) -> None:
    assert told(before, (0.5, None), (30, None), (90, None)) == ["", "unsure", "unsure"]


def test_a_plan_is_told_of_as_soon_as_it_comes() -> None:
    assert told(KNOWN, (0.5, None), (2, FRESH), (20, None)) == ["", "standard", "standard"]
