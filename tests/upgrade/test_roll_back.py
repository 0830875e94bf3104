"""Whoever goes back to the release before this one, in the middle of a lease, loses nothing that is the owner's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CalledProcessError

import pytest
from fast_clock import COMPILER, FastClock, living_by
from kept_state import released, snapshot
from upgraded import FLOW, LATER, PERSON, House

BEFORE = "b0860aa"
pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,
    pytest.mark.long,
    pytest.mark.skipif(not COMPILER, reason="there is no C compiler, by which the clock runs fast"),
]


def test_the_release_before_ends_our_lease_and_puts_the_owner_s_schedule_back(tmp_path: Path) -> None:
    try:
        path = released(BEFORE, tmp_path / "before")
    except CalledProcessError:
        pytest.skip(f"NOT TRIED: git does not hold {BEFORE}, the release before this one")
    ours = House(tmp_path / "house", FLOW)
    try:
        ours.into_a_lease()
        ours.kill_all()
    finally:
        ours.close()
    left = snapshot(ours.state / "kept" / "victronGx.db")
    assert left["originals"] == {**PERSON, "AllowDischarge": 0}
    assert left["written"] != left["originals"]

    clock = FastClock(20, tmp_path, at=datetime.now(UTC) + timedelta(seconds=30))
    with living_by(clock.environment(path)):
        theirs = House(tmp_path / "house", LATER)
    try:
        theirs.ready()
        theirs.until(lambda: clock.lived > 11 * 60, 80)
        theirs.look()

        assert theirs.schedule() == PERSON
        assert [line for line in theirs.lines if "cannot be read" in line or "damaged" in line] == []
        assert [m for m in theirs.messages if m.topic == "wattwire/kept/later/in/body"] != []
    finally:
        theirs.close()
