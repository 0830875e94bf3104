from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wattwire.nodes.gx_slot import covers, ours, plan, zone
from wattwire.nodes.messages import Lease

LONDON = ZoneInfo("Europe/London")


def lease(until: datetime, mode: Any = "charge", soc: float | None = 80) -> Lease:
    return Lease(mode=mode, until=until, soc=soc)


@pytest.mark.parametrize(
    ("day", "wall", "inside"),
    [
        (5, "2026-11-20T23:30", True),  # a Friday
        (5, "2026-11-20T23:29:59", False),
        (5, "2026-11-21T00:59:59", True),  # over midnight it is still Friday's
        (5, "2026-11-21T01:00", False),
        (6, "2026-11-20T23:30", False),
        (0, "2026-11-22T23:30", True),
        (7, "2026-11-22T23:30", True),
        (8, "2026-11-20T23:30", True),
        (8, "2026-11-21T23:30", False),
        (9, "2026-11-21T23:30", True),
        (11, "2026-12-01T23:30", True),
        (11, "2026-12-02T23:30", False),
        (-5, "2026-11-20T23:30", False),
        (-10, "2026-11-22T23:30", False),
    ],
)
def test_a_slot_covers_its_hours_on_its_days(day: int, wall: str, inside: bool) -> None:
    assert covers({"Day": day, "Start": 84_600, "Duration": 5400}, datetime.fromisoformat(wall)) is inside


@pytest.mark.parametrize("seconds", [0, 1, 22, 23, 24, 37, 59])
@pytest.mark.parametrize("minutes", [2, 30, 61])
def test_a_slot_has_begun_ends_on_the_dot_and_is_marked_as_ours(seconds: int, minutes: int) -> None:
    now = datetime(2026, 11, 20, 23, 58, seconds, tzinfo=UTC)
    until = datetime(2026, 11, 20, 23, 58, tzinfo=UTC) + timedelta(minutes=minutes)
    values = plan(lease(until), now, LONDON, {})

    assert isinstance(values, dict)
    assert ours(values)
    assert covers(values, now.replace(tzinfo=None))
    assert covers(values, until.replace(tzinfo=None) - timedelta(seconds=1))
    assert not covers(values, until.replace(tzinfo=None))


def test_summer_time_is_the_gx_s_own() -> None:
    now = datetime(2026, 7, 1, 22, 45, tzinfo=UTC)

    assert plan(lease(now + timedelta(minutes=30)), now, LONDON, {}) == {
        "Day": 3,
        "Start": 85_463,
        "Duration": 1837,
        "AllowDischarge": 0,
        "Soc": 80,
    }


@pytest.mark.parametrize(
    ("mode", "soc", "held", "written"),
    [
        ("charge", 80, 50, 80),
        ("charge", 80, 80, 81),  # equal would not charge within 5 points
        ("charge", 80, 81, 80),
        ("charge", None, 80, 100),
        ("charge", 100, 100, 99),
        ("hold", None, 80, 0),
    ],
)
def test_a_new_charge_writes_another_soc_than_the_stored_one(
    mode: Any, soc: float | None, held: float, written: float
) -> None:
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    values = plan(lease(now + timedelta(minutes=30), mode, soc), now, LONDON, {"Soc": held})

    assert isinstance(values, dict)
    assert values["Soc"] == written


def test_a_slot_that_runs_keeps_its_start_and_its_soc() -> None:
    now = datetime(2026, 11, 20, 23, 50, tzinfo=UTC)
    first = plan(lease(now + timedelta(minutes=20)), now, LONDON, {})
    assert isinstance(first, dict)
    later = now + timedelta(minutes=15)

    assert plan(lease(later + timedelta(minutes=30)), later, LONDON, first) == first | {
        "Duration": first["Duration"] + 1500
    }


@pytest.mark.parametrize(
    ("name", "known"), [("Europe/London", True), ("/UTC", True), ("Moon/Sea", False), ("", False), (None, False)]
)
def test_a_zone_that_nobody_knows_is_none(name: str | None, known: bool) -> None:
    assert (zone(name) is not None) is known
