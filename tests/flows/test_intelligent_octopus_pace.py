"""How often the shipped flow asks Octopus, and when."""

import itertools
from bisect import bisect_left
from datetime import timedelta

import pytest
from octopus_calls import BURSTS, FAULTS, KRAKEN, busiest, day, octopus_alone
from octopus_house import START, USUAL, asked, bad, plan, run

from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Fault


@pytest.mark.parametrize("fault", FAULTS)
def test_octopus_never_reads_more_than_four_plans_a_minute_nor_is_asked_more_than_60_times_an_hour(fault: str) -> None:
    """Whatever fails, for ever or every other time."""
    always = run(180, dispatchFetcher=bad(FAULTS[fault]))
    turns = itertools.cycle([FAULTS[fault], None])
    now_and_then = run(180, dispatchFetcher=lambda request, now: next(turns) or plan()(request, now))

    for flow in (always, now_and_then):
        assert busiest(flow, timedelta(minutes=1), "dispatchFetcher") <= 4
        assert busiest(flow, timedelta(hours=1), *KRAKEN) <= 60


@pytest.mark.parametrize(
    ("spans", "hourly", "daily"),
    [
        ([], 24, 430),
        (["13:10-15:20", "18:00-18:30", "02:00-04:30"], 26, 440),
        (BURSTS, 30, 540),  # a short burst every quarter of an hour, all day
    ],
)
def test_a_day_stays_far_below_50_calls_an_hour(spans: list[str], hourly: int, daily: int) -> None:
    flow = day(dispatchFetcher=plan(*spans))

    assert busiest(flow, timedelta(hours=1), *KRAKEN) <= hourly
    assert busiest(flow, timedelta(minutes=1), "dispatchFetcher") <= 3
    assert len([s for node in KRAKEN for s in flow.requests(node)]) <= daily


def test_nobody_asks_octopus_on_the_half_hour_and_at_night_it_is_asked_seldom() -> None:
    flow = day(dispatchFetcher=plan("13:10-15:20", "02:00-04:30"))

    looks = [s.at for s in flow.seen if s.source == "pollPlanner.look"]
    night = [at for at in looks if at.hour < 5]
    assert [at for at in looks if at.minute % 30 == 0 and at.second < 20] == []
    assert [at for at in looks if at.minute % 30 == 29 and at.second >= 50] == []
    assert len(night) <= 15
    asked = [s.at for s in flow.requests("dispatchFetcher")]
    assert max(b - a for a, b in itertools.pairwise(asked)) <= timedelta(minutes=21)


def test_a_known_start_is_looked_at_shortly_before_and_shortly_after() -> None:
    flow = run(80, dispatchFetcher=plan("13:10-13:20"))

    assert [at for at in asked(flow, "dispatchFetcher") if at.startswith(("13:09", "13:10"))] == [
        "13:09:09",
        "13:10:40",
    ]


def hammered(every: timedelta, until: timedelta) -> Bench:
    """Something asks for the plan all the time."""
    flow = Bench(octopus_alone(), START, world=lambda node, request, now: USUAL[node](request, now))
    for n in range(1, until // every):
        flow.put(START + n * every, "dispatchFetcher.poll", None)
    return flow.run(START + until)


def test_more_than_four_plans_a_minute_are_not_asked_for_whoever_wants_them() -> None:
    flow = hammered(timedelta(seconds=5), timedelta(seconds=59))

    assert len(flow.times("dispatchFetcher.plan")) == 4
    assert flow.bodies("dispatchFetcher.spent")[0] == Fault(
        "the budget of 4 in a minute on octopus plan bc4e7b is spent", retry_after=40
    )


def test_polls_leave_ten_calls_an_hour_to_tokens_and_to_a_person() -> None:
    flow = hammered(timedelta(seconds=20), timedelta(hours=2))

    made = sorted(s.at for s in flow.seen if s.source in PLANNED)
    assert max(bisect_left(made, at + timedelta(hours=1)) - i for i, at in enumerate(made)) <= 60
    assert flow.times("krakenToken.token") == ["12:00:10", "12:50:10", "13:40:10"]


PLANNED = {"krakenToken.token", "krakenDevice.device", "dispatchFetcher.plan", "completedFetcher.completed"}
