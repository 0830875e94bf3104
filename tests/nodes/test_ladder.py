"""What counts, how far it is trusted, and which half hours it touches."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwire.nodes.ladder import continued, counts, may_count, moved_energy, readings, started, touched
from wattwire.nodes.messages import Car, Dispatch, House, Plan

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
IN_PROGRESS = "SMART_CONTROL_IN_PROGRESS"
SECONDS = st.integers(-200_000, 200_000)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def dispatch(start: float = 0, end: float = 60, **more: Any) -> Dispatch:
    return Dispatch(start=after(start), end=after(end), **more)


@given(SECONDS, SECONDS)
def test_a_half_hour_is_touched_by_any_overlap_and_by_nothing_less(a: int, b: int) -> None:
    start, end = NOON + timedelta(seconds=min(a, b)), NOON + timedelta(seconds=max(a, b))
    found = touched(Dispatch(start=start, end=end))
    first = int(NOON.timestamp()) // 1800 - 120
    overlapped = [
        h for h in range(first, first + 240) if h * 1800 < end.timestamp() and (h + 1) * 1800 > start.timestamp()
    ]

    assert list(found) == (overlapped if start < end else [])


@pytest.mark.parametrize(
    ("kind", "location", "status", "may"),
    [
        ("smart", "home", "planned", True),
        ("smart", "unknown", "planned", True),
        ("smart", "away", "planned", False),
        ("smart", "away", "completed", True),
        ("unknown", "unknown", "planned", True),
        ("boost", "home", "completed", False),
        ("test", "home", "planned", False),
    ],
)
def test_what_may_count_at_all(kind: str, location: str, status: str, may: bool) -> None:
    assert may_count(dispatch(kind=kind, location=location, status=status)) == may


@pytest.mark.parametrize(
    ("kind", "kwh", "now", "yes"),
    [("smart", 3.0, 5, True), ("smart", None, 5, True), ("smart", 0.0, 0, False), ("smart", 0.0, -1, True),
     ("unknown", 3.0, 5, False)],
)  # fmt: skip
def test_what_counts_unconfirmed(kind: str, kwh: float | None, now: float, yes: bool) -> None:
    assert counts(dispatch(kind=kind, kwh=kwh), after(now)) == yes


@pytest.mark.parametrize(
    ("status", "kwh", "moved"),
    [("completed", 3.0, True), ("completed", -3.0, True), ("completed", None, True), ("completed", 0.0, False),
     ("planned", 3.0, False)],
)  # fmt: skip
def test_a_record_of_energy_is_a_confirmation(status: str, kwh: float | None, moved: bool) -> None:
    assert moved_energy(dispatch(status=status, kwh=kwh)) == moved


@pytest.mark.parametrize(
    ("state", "read", "now", "yes"),
    [
        (IN_PROGRESS, 1, 2, True),
        (IN_PROGRESS, 0, 0, True),
        (IN_PROGRESS, -1, 2, False),  # read before: it may only be scheduled
        (IN_PROGRESS, 59, 60, False),
        ("BOOSTING", 1, 2, False),
        ("SMART_CONTROL_CAPABLE", 1, 2, False),
        (None, 1, 2, False),
    ],
)
def test_a_dispatch_has_started_when_its_device_says_so_inside_it(
    state: str | None, read: float, now: float, yes: bool
) -> None:
    assert started(Plan(at=after(read), state=state), dispatch(), after(now)) == yes


@pytest.mark.parametrize(
    ("car", "house", "power", "seen"),
    [
        (Car(at=NOON, seen=NOON, charging=True), None, None, [True]),
        (Car(at=NOON, seen=NOON, charging=False, home=False), None, None, [False]),
        (Car(at=NOON, seen=NOON, charging=True, home=False), None, None, []),
        (Car(at=NOON, seen=NOON, charging=True, fast=True), None, None, []),  # a Supercharger is in nobody's home
        (Car(at=NOON, seen=NOON, charging=False, fast=True), None, None, [False]),
        (Car(at=NOON, seen=NOON, charging=True, home=True, fast=True), None, None, [True]),  # some homes have one
        (Car(at=NOON, seen=NOON, charging=True, fast=False), None, None, [True]),
        (Car(at=NOON, seen=NOON), None, None, []),
        (Car(at=NOON, charging=True), None, None, []),
        (None, House(at=NOON, ev=0.0), 7000.0, [False, True]),
        (None, House(at=NOON), None, []),
    ],
)
def test_what_can_be_read_off_car_house_and_device(
    car: Car | None, house: House | None, power: float | None, seen: list[bool]
) -> None:
    assert [r.charging for r in readings(car, house, {"": Plan(at=NOON, power=power)})] == seen


@pytest.mark.parametrize(
    ("old", "new", "start"),
    [
        ((-30, 60), (0, 60), -30),  # running, reported anew as from now
        ((-30, 60), (0, 90), -30),
        ((-30, 60), (5, 60), 5),  # put off
        ((-60, -30), (0, 60), 0),  # another one
        ((30, 60), (0, 60), 0),  # brought forward
    ],
)
def test_a_running_dispatch_keeps_the_start_it_was_known_by(
    old: tuple[float, float], new: tuple[float, float], start: float
) -> None:
    before, now = Plan(at=after(-5), dispatches=(dispatch(*old),)), Plan(at=NOON, dispatches=(dispatch(*new),))

    assert [d.start for d in continued(before, now).dispatches] == [after(start)]


def test_a_dispatch_that_lies_over_another_is_not_its_continuation() -> None:
    before = Plan(at=after(-5), dispatches=(dispatch(-30, 60), dispatch(-10, 90)))
    both = Plan(at=NOON, dispatches=(dispatch(-30, 60), dispatch(-10, 90)))
    new = Plan(at=NOON, dispatches=(dispatch(-30, 60), dispatch(0, 90)))

    assert continued(before, both) == both
    assert [d.start for d in continued(before, new).dispatches] == [after(-30), after(-10)]
