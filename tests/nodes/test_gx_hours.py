"""Midnight, changed clocks and time zones: a lease is never longer than it was meant to be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from gx_pair import Pair, charging

from wattwire.nodes.gx_topics import ZONE
from wattwire.nodes.messages import Lease


@pytest.mark.parametrize(
    ("now", "minutes", "fault"),
    [
        ("2026-10-24T23:40:00+00:00", 20, None),  # 00:40 BST, over before the hour that comes twice
        ("2026-10-25T00:10:00+00:00", 20, "the clocks go back, and the GX would run the slot a second time"),
        ("2026-10-25T01:10:00+00:00", 20, None),
        ("2027-03-28T00:40:00+00:00", 40, None),
    ],
)
def test_a_clock_change_never_lengthens_a_lease(now: str, minutes: int, fault: str | None) -> None:
    pair = Pair(now=datetime.fromisoformat(now))
    pair.run(seconds=20)
    pair.lease("charge", minutes, soc=100)
    pair.run(seconds=30)
    began = pair.plant.slot
    pair.gx.will = None
    pair.kill(pair.gx)
    active = []
    for _ in range(180):
        pair.run(minutes=1)
        active.append(pair.plant.slot is not None)

    assert pair.faults() == ([fault] if fault else [])
    assert began == (None if fault else 4)
    assert sum(active) <= minutes


def test_a_lease_before_the_hour_that_comes_twice_ends_where_it_begins_and_none_is_taken_inside() -> None:
    pair = Pair(now=datetime.fromisoformat("2026-10-24T23:40:00+00:00"))
    pair.run(seconds=30)
    pair.lease("hold", 60)
    pair.run(seconds=20)
    (lease,) = [e.body for _, e in pair.out if isinstance(e.body, Lease)]
    pair.run(minutes=25)
    inside = (pair.plant.slot, pair.house.controllable, pair.house.why_not)
    pair.run(minutes=60)
    pair.lease("hold", 60)
    pair.run(seconds=20)

    assert lease.until == datetime.fromisoformat("2026-10-25T00:00:00+00:00")
    assert inside == (None, False, "the clocks go back, and the GX would run the slot a second time")
    assert pair.plant.slot == 4


def test_a_lease_over_midnight_stays_one_lease() -> None:
    pair = Pair(now=datetime(2026, 11, 20, 23, 50, tzinfo=UTC))
    pair.run(seconds=20)
    pair.lease("charge", 30, soc=100)
    pair.run(minutes=20)
    inside = pair.plant.slot
    pair.lease("charge", 30, soc=100)
    pair.run(seconds=20)

    assert (inside, pair.plant.slot, pair.ports()) == (4, 4, ["confirmed", "confirmed"])


def test_a_lease_just_after_midnight_begins_on_the_day_before() -> None:
    pair = Pair(now=datetime(2026, 11, 20, 23, 59, 40, tzinfo=UTC))
    pair.run(seconds=30)
    pair.lease("charge", 30, soc=100)
    pair.run(seconds=20)

    assert (pair.slot()["Day"], pair.plant.slot, pair.ports()) == (5, 4, ["confirmed"])  # a Friday's
    pair.run(minutes=30)
    assert pair.plant.slot is None


def test_a_time_zone_set_anew_moves_the_slot_with_it(pair: Pair) -> None:
    charging(pair).tell_gx(ZONE, "Europe/Paris")
    pair.run(seconds=30)

    assert (pair.plant.slot, pair.slot()["Start"] // 3600, pair.faults()) == (4, 13, [])
    pair.run(minutes=46)
    assert pair.plant.slot is None
