"""Budgets: what they allow, from when on there is more, and what no wrong clock may change."""

import math
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spending import HOUR, MINUTE, NOON, anew, asks, at, hasty, made, per

from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.ledger import Account
from wattwire.flows.engine.tally import Tally
from wattwire.nodes import Budget, Reply


@pytest.mark.parametrize("seed", range(8))
def test_a_count_in_memory_says_what_the_file_says_whatever_the_clock_does(tmp_path: Path, seed: int) -> None:
    random, ledger, tally, now = Random(seed), hasty(tmp_path / "b.db"), Tally(), NOON
    refused = 0
    for _ in range(300):
        steps = (0, 1, 20, 600, 9000, -90, -3600, -86400 * random.random(), 172800 * random.random())
        now += timedelta(seconds=random.choice(steps) if random.random() < 0.3 else 30 * random.random())
        span = random.choice((MINUTE, HOUR, "day", "month"))
        asked = [per(span, random.choice((2, 5, 20)), random.choice("ab"), random.choice((1, 0.5)))]
        asked += [per(MINUTE, 9, "a")] if random.random() < 0.5 else []
        one, other = ledger.spend(asked, now), tally.spend(asked, now)
        refused += one is not None

        assert (one and (one[0], round(one[1], 3))) == (other and (other[0], round(other[1], 3)))
    assert refused


@pytest.mark.parametrize(
    ("budget", "times", "waits"),
    [
        (per(MINUTE), ["12:00:00", "12:00:00", "12:00:00"], [None, None, 60]),
        (per(MINUTE), ["12:00:10", "12:00:30", "12:00:50", "12:01:09"], [None, None, 20, 1]),
        (per(MINUTE), ["12:00:10", "12:00:30", "12:01:10", "12:01:11"], [None, None, None, 19]),
        (per(MINUTE), ["12:00:00", "12:00:00.4", "12:00:59.5"], [None, None, 1]),
        (per(HOUR), ["12:59:00", "12:59:30", "13:00:00"], [None, None, 3540]),
        (per("day"), ["23:59:58", "23:59:59", "23:59:59", "2026-11-21T00:00:00"], [None, None, 1, None]),
        (
            per("month"),
            ["2026-11-01T00:00", "2026-11-20T12:00", "2026-11-30T23:00", "2026-12-01T00:00"],
            [None, None, 3600, None],
        ),
        (per("month", 0), ["2026-12-31T23:59:50"], [10]),
        (per(MINUTE, 1, cost=0.4), ["12:00:00", "12:00:10", "12:00:20"], [None, None, 40]),  # two cost 0.8
        (per(MINUTE, 0.3, cost=0.1), ["12:00:00", "12:00:01", "12:00:02"], [None, None, None]),  # as decimals add up
        (per(MINUTE, 1, cost=3), ["12:00:00"], [60]),  # never
        (per("day", 1, cost=0), ["12:00:00", "12:00:00"], [None, None]),
    ],
)
def test_what_a_span_allows_and_when_there_is_more(budget: Budget, times: list[str], waits: list[int | None]) -> None:
    assert made(budget, *times) == waits


def test_a_refusal_says_which_budget_in_words_and_when_to_come_again() -> None:
    budgets = Budgets("f")
    request = asks(per(MINUTE, 1, "octopus plan"), per("month", 8.5, "tesla", 0.002), tag="plan")

    assert budgets.refusal(request, NOON) is None
    assert budgets.refusal(request, NOON) == Reply(
        0, headers={"retry-after": "60"}, at=NOON, tag="plan", spent="octopus plan",
        why="the budget of 1 in a minute on octopus plan is spent",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (per(HOUR, 0, "a"), "the budget of 0 in an hour on a is spent"),
        (per("day", 0, "a"), "the budget of 0 in a day on a is spent"),
        (per("month", 8.5, "a", 9), "the budget of 8.5 in a month on a is spent"),
        (per(timedelta(minutes=90), 1000000, "a", 2e6), "the budget of 1000000 in 1h30m on a is spent"),
    ],
)
def test_a_budget_in_words(budget: Budget, words: str) -> None:
    reply = Budgets("f").refusal(asks(budget), NOON)

    assert reply is not None
    assert reply.fault().why == words


def test_of_several_the_one_is_told_that_is_spent_for_longest() -> None:
    reply = Budgets("f").refusal(asks(per(MINUTE, 0, "a"), per(HOUR, 0, "b"), per("day", 9, "c")), NOON)

    assert reply is not None
    assert (reply.spent, reply.headers) == ("b", {"retry-after": "3600"})


def test_with_one_spent_none_is_counted(tmp_path: Path) -> None:
    ledger = hasty(tmp_path / "b.db")
    for _ in range(5):
        ledger.spend([per(HOUR, 1, "a"), per(HOUR, 9, "b")], NOON)

    assert ledger.accounts(NOON) == [Account("", "a", "1h", 1, 1), Account("", "b", "1h", 1, 9)]


def test_a_name_is_one_count_whoever_asks_and_in_however_many_spans(tmp_path: Path) -> None:
    ledger = hasty(tmp_path / "b.db")
    both = [per(MINUTE, 4, "octopus"), per("day", 60, "octopus")]

    assert ledger.spend(both, NOON) is None
    assert ledger.spend([per(MINUTE, 2, "octopus")], NOON) is None
    assert ledger.spend([per(MINUTE, 2, "octopus")], NOON) is not None  # leaves some to the other
    assert ledger.spend(both, NOON) is None
    assert ledger.accounts(NOON) == [Account("", "octopus", "1m", 3, 4), Account("", "octopus", "day", 3, 60)]


def test_a_trial_with_simulators_spends_nothing_of_the_real_ones() -> None:
    budgets = Budgets("f")
    simulated = asks(per(HOUR, 1), url="http://simOctopus.flow/v1/")

    assert [budgets.refusal(simulated, NOON) is None for _ in range(2)] == [True, False]
    assert budgets.refusal(asks(per(HOUR, 1)), NOON) is None


def test_the_months_cost_is_told_whatever_the_budgets_are_per(tmp_path: Path) -> None:
    ledger = hasty(tmp_path / "b.db")
    for time in ("2026-10-31T23:59", "2026-11-01T00:00", "2026-11-20T12:00"):
        ledger.spend([per(MINUTE, 1, "tesla", 0.25)], at(time))

    assert ledger.month(NOON) == [("", "tesla", 0.5)]


def test_what_a_changed_flow_asks_with_takes_the_place_of_what_nobody_asks_with_any_more(tmp_path: Path) -> None:
    ledger = hasty(tmp_path / "b.db")
    for time, most in (("12:00:00", 10), ("12:01:00", 4), ("2026-11-21T12:01:00", 4)):
        ledger.spend([per(HOUR, most)], at(time))

    assert ledger.accounts(at("2026-11-21T12:01:00")) == [Account("", "plan", "1h", 1, 4)]


def test_what_nobody_asks_with_for_longer_than_a_month_is_shown_no_more(tmp_path: Path) -> None:
    ledger = hasty(tmp_path / "b.db")
    ledger.spend([per("month")], NOON)

    assert ledger.accounts(at("2026-12-19T12:00")) == [Account("", "plan", "month", 0, 2)]
    assert ledger.accounts(at("2027-01-10T12:00")) == []


@given(gaps=st.lists(st.floats(0, 40), max_size=60), most=st.integers(0, 5), costs=st.sampled_from([1, 0.3]))
def test_no_span_ever_holds_more_than_its_budget_and_who_waits_as_told_gets_through(
    gaps: list[float], most: int, costs: float
) -> None:
    now, made = NOON, list[datetime]()
    with anew() as ledger:
        for gap in gaps:
            now += timedelta(seconds=round(gap, 3))
            spent = ledger.spend([per(MINUTE, most, cost=costs)], now)
            if spent is None:
                made.append(now)
            elif most:
                assert 0 < spent[1] <= 60
                now += timedelta(seconds=math.ceil(spent[1]))
                assert ledger.spend([per(MINUTE, most, cost=costs)], now) is None
                made.append(now)

    assert all(costs * len([m for m in made if end - MINUTE < m <= end]) <= most + 1e-9 for end in made)


# Clocks that are wrong


@pytest.mark.parametrize(
    ("budget", "times", "waits"),
    [
        # an hour back: it is spent for its span from then on, and no longer
        (per(MINUTE), ["13:00:00", "13:00:00", "12:00:00", "12:00:59", "12:01:00"], [None, None, 60, 1, None]),
        # a year ahead, and back
        (per(MINUTE), ["2027-11-20T12:00", "2027-11-20T12:00", "12:00:00", "12:01:00"], [None, None, 60, None]),
        # back and forth: what was counted at first counts again at its own time
        (
            per(HOUR),
            ["12:00:00", "12:00:00", "1970-01-01T00:00", "12:30:00", "13:00:00"],
            [None, None, 3600, 1800, None],
        ),
        # back, and further back
        (per(MINUTE), ["12:00:00", "12:00:00", "11:00:00", "10:00:00", "10:01:00"], [None, None, 60, 60, None]),
        # a day that has not come yet
        (
            per("day"),
            ["2027-01-01T12:00", "2027-01-01T12:00", "12:00:00", "2026-11-21T00:00:00"],
            [None, None, 43200, None],
        ),
        (
            per("month"),
            ["2027-01-01T12:00", "2027-01-01T12:00", "2026-11-30T12:00", "2026-12-01T00:00"],
            [None, None, 43200, None],
        ),
    ],
)
def test_a_clock_set_back_neither_opens_a_budget_nor_closes_it_for_longer_than_its_span(
    budget: Budget, times: list[str], waits: list[int | None]
) -> None:
    assert made(budget, *times) == waits
