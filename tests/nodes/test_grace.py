from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Emit, Started
from wattwire.nodes.grace import Config, State, step

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "passes"),
    [(0, False), (14.9, False), (15, True), (600, True), (-1, True)],  # the last: a clock that was set back
)
def test_nothing_passes_in_the_first_quarter_of_an_hour(minutes: float, passes: bool) -> None:
    state, told = step(Config(), State(), Started(), None, NOON)
    _, done = step(Config(), state, None, {"why": "no plan"}, NOON + timedelta(minutes=minutes))

    assert told is None
    assert done == (Emit("passed", {"why": "no plan"}) if passes else None)


def test_each_start_begins_anew() -> None:
    state, _ = step(Config(), State(NOON - timedelta(days=1)), Started(), None, NOON)

    assert step(Config(), state, None, "no plan", NOON + timedelta(minutes=1))[1] is None
