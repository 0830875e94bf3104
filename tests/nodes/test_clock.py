"""A clock, run by hand: `lived` plays the host, which calls it at the times it asks for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Due, Emit, Started, Timer
from wattwire.nodes.clock import Config, State, step
from wattwire.nodes.messages import Tick

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
EVERY_MINUTE = Config(every=MINUTE)
FRESH = State()


def at(clock: str, day: str = "2026-01-15") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def lived(cfg: Config, start: datetime, until: datetime, state: State = FRESH) -> tuple[State, list[datetime]]:
    """From the start of a process to its end: the state it leaves behind, and its ticks."""
    state, ticks, due = called(cfg, state, Started(), start)
    while due < until:
        state, more, due = called(cfg, state, Due("tick"), due)
        ticks += more
    return state, ticks


def called(cfg: Config, state: State, event: Started | Due, now: datetime) -> tuple[State, list[datetime], datetime]:
    state, results = step(cfg, state, event, now)
    ticks = [r.body.at for r in results if isinstance(r, Emit) and isinstance(r.body, Tick)]
    (due,) = [r.at for r in results if isinstance(r, Timer) and r.at]
    return state, ticks, due


def told(ticks: list[datetime]) -> str:
    return " ".join(f"{t:%H:%M:%S}" for t in ticks)


@pytest.mark.parametrize(
    ("cfg", "start", "ticks"),
    [
        (Config(every=MINUTE), "12:00:00", "12:00:00 12:01:00 12:02:00"),  # the start is an aligned instant: at once
        (Config(every=MINUTE), "12:00:01", "12:01:00 12:02:00"),
        (Config(every=MINUTE, offset=17 * SECOND), "12:00:01", "12:00:17 12:01:17 12:02:17"),
        (Config(every=MINUTE, align=False), "12:00:01", "12:00:01 12:01:01 12:02:01"),
        (Config(every=MINUTE, align=False, offset=9 * SECOND), "12:00:01", "12:00:10 12:01:10 12:02:10"),
        (Config(every=45 * SECOND), "12:00:01", "12:00:45 12:01:30 12:02:15"),
        (Config(every=HOUR), "12:00:01", ""),
    ],
)
def test_ticks_on_the_wall_clock_or_from_the_start(cfg: Config, start: str, ticks: str) -> None:
    assert told(lived(cfg, at(start), at("12:03:00"))[1]) == ticks


def test_a_day_begins_at_midnight_utc_whatever_summer_time_does() -> None:
    cfg = Config(every=24 * HOUR, offset=4 * HOUR)

    _, ticks = lived(cfg, at("12:00:00", "2026-03-28"), at("12:00:00", "2026-03-30"))

    assert ticks == [at("04:00:00", "2026-03-29"), at("04:00:00", "2026-03-30")]


def test_a_restart_repeats_no_tick() -> None:
    state, before = lived(EVERY_MINUTE, at("12:00:00"), at("12:01:00"))

    _, after = lived(EVERY_MINUTE, at("12:00:00"), at("12:03:00"), state)

    assert (told(before), told(after)) == ("12:00:00", "12:01:00 12:02:00")


def test_what_was_missed_while_stopped_is_not_made_up_for() -> None:
    state, _ = lived(EVERY_MINUTE, at("08:00:00"), at("09:00:00"))

    assert told(lived(EVERY_MINUTE, at("12:00:30"), at("12:02:30"), state)[1]) == "12:01:00 12:02:00"


def test_unaligned_a_crash_keeps_the_beat_and_a_long_stop_begins_anew() -> None:
    cfg = Config(every=MINUTE, align=False)
    state, _ = lived(cfg, at("12:00:01"), at("12:02:00"))

    assert told(lived(cfg, at("12:01:31"), at("12:03:30"), state)[1]) == "12:02:01 12:03:01"
    assert told(lived(cfg, at("15:00:31"), at("15:02:00"), state)[1]) == "15:00:31 15:01:31"


def test_a_late_call_gives_the_latest_tick_only() -> None:
    state, _, due = called(EVERY_MINUTE, FRESH, Started(), at("12:00:30"))
    state, ticks, following = called(EVERY_MINUTE, state, Due("tick"), at("15:10:20"))

    assert (due, told(ticks), following) == (at("12:01:00"), "15:10:00", at("15:11:00"))


def test_an_early_call_neither_ticks_early_nor_twice() -> None:
    state, _ = lived(EVERY_MINUTE, at("12:00:00"), at("12:01:00"))

    _, ticks, following = called(EVERY_MINUTE, state, Due("tick"), at("12:00:59.998"))

    assert (ticks, following) == ([], at("12:01:00"))


@pytest.mark.parametrize(
    ("back_to", "ticks", "following"),
    [
        ("12:09:59", "", "12:11:00"),  # a correction: 12:10:00 comes a second time, its tick does not
        ("12:09:01", "", "12:11:00"),
        ("09:00:30", "09:00:00", "09:01:00"),  # three hours back, which nobody wants to wait for
    ],
)
def test_a_wall_clock_set_back_repeats_nothing_and_stops_it_for_two_periods_at_most(
    back_to: str, ticks: str, following: str
) -> None:
    state, _ = lived(EVERY_MINUTE, at("12:08:00"), at("12:11:00"))

    _, ticked, due = called(EVERY_MINUTE, state, Due("tick"), at(back_to))

    assert (told(ticked), due) == (ticks, at(following))


def test_jitter_is_below_its_limit_drawn_anew_each_time_and_the_same_in_every_run() -> None:
    cfg = Config(every=MINUTE, jitter=20 * SECOND)

    _, ticks = lived(cfg, at("12:00:00"), at("22:00:00"))
    late = [t - t.replace(second=0, microsecond=0) for t in ticks]

    assert len(ticks) == 600
    assert max(late) < 20 * SECOND
    assert min(late) < SECOND
    assert max(late) > 19 * SECOND
    assert lived(cfg, at("12:00:00"), at("22:00:00"))[1] == ticks


def test_two_houses_and_two_seeds_do_not_call_at_the_same_moment() -> None:
    cfg = Config(every=MINUTE, jitter=20 * SECOND)

    here, there, seeded = (
        lived(c, at(start), at("13:00:00"))[1]
        for c, start in ((cfg, "12:00:00"), (cfg, "12:00:00.001"), (replace(cfg, seed=1), "12:00:00"))
    )

    assert len(set(here) & set(there)) < 3
    assert len(set(here) & set(seeded)) < 3


def test_jitter_as_long_as_the_period_never_lets_ticks_change_places() -> None:
    _, ticks = lived(Config(every=MINUTE, jitter=MINUTE), at("00:00:00"), at("20:00:00"))

    assert len(ticks) >= 1199
    assert ticks == sorted(set(ticks))


def test_a_restart_draws_the_same_jitter() -> None:
    cfg = Config(every=MINUTE, jitter=30 * SECOND)
    _, whole = lived(cfg, at("12:00:00"), at("13:00:00"))
    state, first = lived(cfg, at("12:00:00"), at("12:30:31"))

    assert first + lived(cfg, at("12:30:31"), at("13:00:00"), state)[1] == whole


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"every": timedelta(0)}, "every must be longer"),
        ({"every": MINUTE, "offset": MINUTE}, "offset must be shorter"),
        ({"every": MINUTE, "offset": -SECOND}, "offset must be shorter"),
        ({"every": MINUTE, "jitter": 61 * SECOND}, "jitter must not be longer"),
    ],
)
def test_settings_that_make_no_clock_are_refused(settings: dict[str, timedelta], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Config(**settings)  # type: ignore[arg-type]
