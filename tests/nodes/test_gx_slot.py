from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wattwire.nodes.gx_slot import another, before_twice, covers, mark, ours, plan, twice, zone
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
    values = plan(lease(until), now, LONDON, {}, mark=37)

    assert isinstance(values, dict)
    assert ours(values, 37)
    assert covers(values, now.replace(tzinfo=None))
    assert covers(values, until.replace(tzinfo=None) - timedelta(seconds=1))
    assert not covers(values, until.replace(tzinfo=None))


def test_summer_time_is_the_gx_s_own() -> None:
    now = datetime(2026, 7, 1, 22, 45, tzinfo=UTC)

    assert plan(lease(now + timedelta(minutes=30)), now, LONDON, {}, mark=37) == {
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
    values = plan(lease(now + timedelta(minutes=30), mode, soc), now, LONDON, {"Soc": held}, mark=37)

    assert isinstance(values, dict)
    assert values["Soc"] == written


def test_a_slot_that_runs_keeps_its_start_and_its_soc() -> None:
    now = datetime(2026, 11, 20, 23, 50, tzinfo=UTC)
    first = plan(lease(now + timedelta(minutes=20)), now, LONDON, {}, mark=37)
    assert isinstance(first, dict)
    later = now + timedelta(minutes=15)

    assert plan(lease(later + timedelta(minutes=30)), later, LONDON, first, mark=37) == first | {
        "Duration": first["Duration"] + 1500
    }


@pytest.mark.parametrize("since", [1, 14, 59, 61, 600])
@pytest.mark.parametrize("seconds", [0, 5, 44, 59])
def test_a_running_slot_gets_an_end_on_the_dot_too(since: int, seconds: int) -> None:
    """An end up to a minute early would leave the battery to the car."""
    begun = datetime(2026, 11, 20, 19, 20, 5, tzinfo=UTC)
    held = plan(lease(begun + timedelta(hours=1), "hold"), begun, LONDON, {}, mark=25)
    now, until = begun + timedelta(seconds=since), datetime(2026, 11, 20, 19, 40, seconds, tzinfo=UTC)
    assert isinstance(held, dict)
    values = plan(lease(until), now, LONDON, held, mark=25)

    assert isinstance(values, dict)
    assert abs(values["Start"] - held["Start"]) < 60
    assert ours(values, 25)
    assert covers(values, now.replace(tzinfo=None))
    assert covers(values, until.replace(tzinfo=None) - timedelta(seconds=1))
    assert not covers(values, until.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("name", "known"), [("Europe/London", True), ("/UTC", True), ("Moon/Sea", False), ("", False), (None, False)]
)
def test_a_zone_that_nobody_knows_is_none(name: str | None, known: bool) -> None:
    assert (zone(name) is not None) is known


@pytest.mark.parametrize(
    ("target", "stored", "most", "written"),
    [
        (80, (None, None), 100, 80),
        (80, (80, None), 100, 81),
        (80, (100, 80), 100, 81),  # the lease before it ran to 80; then its user's 100 was put back
        (80, (81, 80), 100, 79),
        (90, (90, 89), 90, 88),
        (1, (1, 2), 100, 3),
    ],
)
def test_a_soc_is_written_that_the_gx_does_not_know(
    target: float, stored: tuple[float | None, ...], most: float, written: float
) -> None:
    assert another(target, stored, most) == written


def test_a_lease_that_begins_just_after_midnight_belongs_to_the_day_before() -> None:
    now = datetime(2026, 11, 21, 0, 0, 10, tzinfo=UTC)  # a Saturday
    values = plan(lease(now + timedelta(minutes=30)), now, LONDON, {}, mark=37)

    assert isinstance(values, dict)
    assert (values["Day"], values["Start"]) == (5, 86_373)
    assert covers(values, now.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ("2026-10-24T23:59:59", False),  # 00:59:59 BST
        ("2026-10-25T00:00:00", True),  # 01:00 BST, and again at 01:00 GMT
        ("2026-10-25T00:59:59", True),
        ("2026-10-25T01:00:00", False),
        ("2026-10-26T00:30:00", False),
        ("2027-03-28T00:30:00", False),
    ],
)
def test_the_hour_that_comes_twice_is_known_by_its_first_pass(now: str, again: bool) -> None:
    assert twice(datetime.fromisoformat(now).replace(tzinfo=UTC), LONDON) is again


@pytest.mark.parametrize(
    ("now", "until", "end"),
    [
        ("2026-10-24T23:20:30", "2026-10-25T00:20:30", "2026-10-25T00:00:00"),
        ("2026-10-24T22:20:30", "2026-10-24T23:20:30", "2026-10-24T23:20:30"),
        ("2026-10-25T01:00:30", "2026-10-25T02:00:00", "2026-10-25T02:00:00"),
        ("2026-11-25T01:00:30", "2026-11-25T02:00:00", "2026-11-25T02:00:00"),
    ],
)
def test_a_lease_ends_where_the_hour_that_comes_twice_begins(now: str, until: str, end: str) -> None:
    at = [datetime.fromisoformat(t).replace(tzinfo=UTC) for t in (now, until, end)]

    assert before_twice(at[0], at[1], LONDON) == at[2]


def test_two_installations_mark_their_leases_differently_and_never_as_the_gx_s_display_does() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    marks = {mark(name, now) for name in ("house", "trial")} | {mark("", now + timedelta(seconds=3.014))}

    assert len(marks) == 3
    assert all(1 <= m <= 59 for m in marks)
    assert mark("house", now) == mark("house", now + timedelta(days=99))
