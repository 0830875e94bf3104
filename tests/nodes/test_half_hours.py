"""Half hours and the local wall clock over them, on ordinary days and on those the clocks are changed."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wattwire.nodes.half_hours import (
    Window,
    begins,
    clock_time,
    half_hour,
    inside,
    local_day,
    turned,
    turns_after,
    zone,
)

NIGHT = Window()
ZONES = st.sampled_from(["Europe/London", "UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45, 59]))
WINDOWS = st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1])
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))
SPRING, AUTUMN = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC)


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def stamp(t: float) -> str:
    return f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M}"


@given(INSTANTS)
def test_a_half_hour_holds_its_instants_and_begins_on_the_hour_or_half_past(now: datetime) -> None:
    start = begins(half_hour(now))

    assert start <= now < start + timedelta(minutes=30)
    assert (start.minute % 30, start.second, start.microsecond) == (0, 0, 0)


@given(INSTANTS, ZONES, WINDOWS)
@example(SPRING, "Europe/London", (time(1, 30), time(5)))
@example(AUTUMN, "Europe/London", (time(1, 30), time(5)))
@example(AUTUMN, "Europe/London", (time(23, 30), time(1, 30)))
@example(AUTUMN, "Europe/London", (time(1, 15), time(1, 45)))
def test_the_window_is_what_the_wall_clock_says(now: datetime, name: str, span: tuple[time, time]) -> None:
    window = Window(from_=span[0], until=span[1])
    local = now.astimezone(ZoneInfo(name))

    assert inside(window, name, now.timestamp()) == window.holds(local)


@given(INSTANTS, ZONES, WINDOWS)
@example(SPRING, "Europe/London", (time(23, 30), time(5, 30)))
@example(AUTUMN, "Europe/London", (time(1), time(2)))
def test_between_its_turns_the_window_never_changes(now: datetime, name: str, span: tuple[time, time]) -> None:
    window, t = Window(from_=span[0], until=span[1]), now.timestamp()
    before, after = turned(window, name, t), next(turns_after(window, name, t), None)

    assert before is not None
    assert after is not None
    assert before <= t < after <= before + 26 * 3600
    assert {inside(window, name, s) for s in (before, t, after - 1)} == {inside(window, name, t)}
    assert {inside(window, name, s) for s in (before - 1, after)} == {not inside(window, name, t)}


@given(INSTANTS, ZONES, CLOCKS)
@example(SPRING, "Europe/London", time(1, 30))
@example(AUTUMN, "Europe/London", time(1, 30))
def test_local_days_hold_their_instants_and_follow_each_other(now: datetime, name: str, starts: time) -> None:
    t = now.timestamp()
    start, end = local_day(starts, name, t)

    assert start <= t < end
    assert local_day(starts, name, end)[0] == end
    assert local_day(starts, name, start - 1)[1] == start
    assert 22.5 <= (end - start) / 3600 <= 25.5


@pytest.mark.parametrize(
    ("evening", "opens", "closes"),
    [
        ("2026-01-20T12:00:00Z", "2026-01-20 23:30", "2026-01-21 05:30"),
        ("2026-07-20T12:00:00Z", "2026-07-20 22:30", "2026-07-21 04:30"),
        ("2026-03-28T12:00:00Z", "2026-03-28 23:30", "2026-03-29 04:30"),
        ("2026-10-24T12:00:00Z", "2026-10-24 22:30", "2026-10-25 05:30"),
    ],
)
def test_the_night_is_five_six_or_seven_hours_long(evening: str, opens: str, closes: str) -> None:
    turns = turns_after(NIGHT, "Europe/London", at(evening))

    assert [stamp(next(turns)), stamp(next(turns))] == [opens, closes]


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-06-01", 24), ("2026-10-25", 25)])
def test_a_local_date_has_as_many_hours_as_the_clocks_give_it(date: str, hours: int) -> None:
    start, end = local_day(time(), "Europe/London", at(f"{date}T12:00:00Z"))

    assert (end - start) / 3600 == hours


def test_people_are_told_local_times() -> None:
    assert clock_time("Europe/London", int(at("2026-07-20T22:30:00Z"))) == "23:30"


WEEKEND = Window(from_=time(19), until=time(8), days=("sat", "sun"), clock="utc")
WHOLE = Window(from_=time(), until=time(), days=("wed",))


@pytest.mark.parametrize(
    ("window", "evening", "turns"),
    [
        (
            WEEKEND,
            "2026-11-16T12:00:00Z",
            ["2026-11-21 19:00", "2026-11-22 08:00", "2026-11-22 19:00", "2026-11-23 08:00"],
        ),
        (
            WEEKEND,
            "2026-07-05T00:00:00Z",
            ["2026-07-05 08:00", "2026-07-05 19:00", "2026-07-06 08:00", "2026-07-11 19:00"],
        ),
        (WHOLE, "2026-10-21T12:00:00Z", ["2026-10-21 23:00", "2026-10-28 00:00"]),
        (WHOLE, "2026-07-01T12:00:00Z", ["2026-07-01 23:00", "2026-07-07 23:00"]),
    ],
)
def test_a_window_of_some_days_opens_on_them_and_closes_in_the_morning_after(
    window: Window, evening: str, turns: list[str]
) -> None:
    found = turns_after(window, "Europe/London", at(evening))

    assert [stamp(turn) for _, turn in zip(turns, found, strict=False)] == turns


@given(INSTANTS, ZONES)
def test_a_window_by_utc_is_the_same_in_every_zone(now: datetime, name: str) -> None:
    t = now.timestamp()

    assert inside(WEEKEND, name, t) == WEEKEND.holds(now)
    assert next(turns_after(WEEKEND, name, t)) == next(turns_after(WEEKEND, "UTC", t))


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_time_zone_that_is_none_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValueError, match="write it like Europe/London"):
        zone(name)
