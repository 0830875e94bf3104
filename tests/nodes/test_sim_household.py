"""A simulated household is the same for a seed whenever it is asked, and no two seeds are alike."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from wattwire.nodes.sim_household import LIMIT, Stay, life, next_change, planned, stay

LONDON = "Europe/London"
FIRST = datetime(2026, 10, 19, tzinfo=UTC)
SEEDS = pytest.mark.parametrize("seed", range(12))


def stays(seed: int) -> list[Stay]:
    days = range(FIRST.toordinal(), FIRST.toordinal() + 14)
    return [s for day in days for evening in (False, True) if (s := stay(seed, LONDON, day, evening))]


@SEEDS
def test_the_car_comes_and_goes_and_is_never_at_home_twice(seed: int) -> None:
    found = stays(seed)

    assert 8 <= len(found) <= 20
    assert all(a.end < b.start for a, b in pairwise(found))
    assert all(5 <= s.soc <= s.soc_at(s.end) <= LIMIT for s in found)


@SEEDS
def test_it_draws_only_while_it_is_plugged_in_one_thing_at_a_time(seed: int) -> None:
    for s in stays(seed):
        assert all(s.start <= d.start < d.end <= s.end for d in s.draws)
        assert all(a.end <= b.start for a, b in pairwise(s.draws))


@SEEDS
def test_what_it_draws_by_plan_was_planned_then(seed: int) -> None:
    draws = [d for s in stays(seed) for d in s.draws if d.kind == "smart"]
    assert draws
    for d in draws:
        told = planned(seed, LONDON, d.start, timedelta(hours=24))

        assert any(t.kind == "smart" and t.start <= d.start and d.start < t.end for t in told)


@SEEDS
def test_it_uses_what_it_comes_back_without(seed: int) -> None:
    assert all(b.soc < a.soc_at(a.end) or b.soc == 5 for a, b in pairwise(stays(seed)))


@SEEDS
def test_nothing_changes_between_what_is_told_to_be_changes(seed: int) -> None:
    now = FIRST
    while now < FIRST + timedelta(days=5):
        then = next_change(seed, LONDON, now)
        before, last = life(seed, LONDON, now), life(seed, LONDON, then - timedelta(milliseconds=1))

        assert then > now
        assert (before.plugged, before.smart, before.drawn) == (last.plugged, last.smart, last.drawn)
        now = then


def test_over_many_weeks_everything_happens() -> None:
    slots = [s for seed in range(12) for at in stays(seed) for s in at.slots]

    assert {s.kind for s in slots} == {"smart", "boost"}
    assert any(not s.taken for s in slots)
    assert any(s.until <= s.start for s in slots)
    assert any(s.start < s.until < s.end for s in slots)
    assert any(s.start - s.since < timedelta(minutes=5) for s in slots if s.kind == "smart")
