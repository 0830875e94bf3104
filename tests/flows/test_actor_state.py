"""One node without its process: what it keeps from call to call, and over a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from trial_node import AT, NOON, Config, Out, actor, give, told

from wattwire.nodes import (
    Emit,
    Secret,
    volatile,
)
from wattwire.nodes.messages import Car, Tick


@dataclass(frozen=True)
class State:
    count: int = 0
    last: datetime | None = None
    secret: Secret | None = None
    from_: str = ""
    cache: Mapping[str, int] = volatile(dict)


def step(cfg: Config, state: State, tick: Tick, *, car: Car | None) -> tuple[State, Emit | None]:
    grown = replace(state, count=state.count + 1, last=tick.at, secret=Secret("s"), from_="x", cache={"a": state.count})
    return grown, Out.told([grown.count, bool(car)])


def lazy(cfg: Config, state: State, tick: Tick) -> tuple[State, None]:
    return replace(state, cache={"a": 1}), None


def test_state_outlives_the_process_volatile_does_not_and_remembered_values_do() -> None:
    it = actor(step, state=State)
    give(it, "car", {"at": AT})
    give(it, "tick", {"at": AT})
    saved = it.snapshot()
    heir = actor(step, state=State, saved=saved)

    assert saved["state"] == {"count": 1, "last": AT, "secret": "s", "from": "x"}
    assert heir.state == State(1, NOON, Secret("s"), "x", {})
    assert told(give(heir, "tick", {"at": AT})) == [[2, True]]


def test_what_was_saved_by_an_older_version_still_loads() -> None:
    saved = {"state": {"count": 7, "gone": 1}, "held": {"no_such_port": {}, "car": {"at": AT, "gone": 1}}}

    assert told(give(actor(step, state=State, saved=saved), "tick", {"at": AT})) == [[8, True]]


@pytest.mark.parametrize(("run", "changed"), [(step, True), (lazy, False)])
def test_a_change_of_what_is_not_kept_writes_nothing(run: Any, changed: bool) -> None:
    assert give(actor(run, state=State), "tick", {"at": AT}).changed is changed


def test_the_same_state_in_new_clothes_is_no_change() -> None:
    def same(cfg: Config, state: State, tick: Tick) -> tuple[State, None]:
        return replace(state), None

    assert give(actor(same, state=State), "tick", {"at": AT}).changed is False


@dataclass(frozen=True)
class Deep:
    inner: State = field(default_factory=State)
    many: tuple[State, ...] = ()


def test_a_state_within_a_state_is_kept() -> None:
    def grow(cfg: Config, state: Deep, tick: Tick) -> tuple[Deep, None]:
        return Deep(State(1), (State(2, tick.at),)), None

    it = actor(grow, state=Deep)
    give(it, "tick", {"at": AT})

    assert actor(grow, state=Deep, saved=it.snapshot()).state == Deep(State(1), (State(2, NOON),))
