"""When the day of the allowance begins, and what a dispatch across its beginning earns."""

from datetime import datetime, time, timedelta

import pytest
from allowance_talk import at, config, left, live, plan

from wattwire.nodes.allowance import Allowance
from wattwire.nodes.messages import Dispatch, Plan, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import resolve


@pytest.mark.parametrize("noon", ["2026-01-20T12:00:00Z", "2026-07-20T11:00:00Z"])
def test_a_new_day_begins_at_local_noon(noon: str) -> None:
    now, half = datetime.fromisoformat(noon), timedelta(minutes=30)
    found, state, hours = Plan(at=now, dispatches=(Dispatch(start=now - 3 * half, end=now - half),)), State(), []
    for t in (now - half, now):
        state, emit = resolve(config(), state, None, found, prices=None, car=None, house=None, now=t)
        assert isinstance(emit.body, Rate)
        hours.append(emit.body.allowance_left)

    assert hours == [5.0, 6.0]


@pytest.mark.parametrize(
    ("begins", "hours"),
    [
        ("2026-03-28T12:00:00Z", [6.0, 3.5, 5.5]),  # 23 hours to the next local noon, at 11:00Z
        ("2026-10-24T11:00:00Z", [6.0, 3.5, 3.0]),  # 25 hours, to 12:00Z
    ],
)
def test_the_day_of_a_changed_clock_is_an_hour_shorter_or_longer(begins: str, hours: list[float]) -> None:
    noon, half, state, rates = datetime.fromisoformat(begins), timedelta(minutes=30), State(), []
    spans = tuple(Dispatch(start=noon + n * half, end=noon + (n + 1) * half) for n in (1, 2, 3, 4, 5, 47))
    found = Plan(at=noon, dispatches=spans)
    for n in (0, 46, 48):
        now = noon + n * half - (timedelta(minutes=1) if n == 46 else timedelta())
        given = (None, found) if n == 0 else (Tick(now), None)
        state, emit = resolve(config(), state, *given, prices=None, car=None, house=None, now=now)
        assert isinstance(emit.body, Rate)
        rates.append(emit.body.allowance_left)

    assert rates == hours


@pytest.mark.parametrize("noon", ["2026-01-20T12:00:00Z", "2026-07-20T11:00:00Z"])
def test_a_dispatch_that_crosses_noon_gets_no_second_allowance_for_its_rest(noon: str) -> None:
    now, half, cfg, state, prices = (
        datetime.fromisoformat(noon),
        timedelta(minutes=30),
        config(window=False),
        State(),
        [],
    )
    found = Plan(at=now - 20 * half, dispatches=(Dispatch(start=now - 14 * half, end=now + 3 * half),))
    state, _ = resolve(cfg, state, None, found, prices=None, car=None, house=None, now=found.at)
    for n in (-14, -3, -2, 0, 2):
        tick = Tick(now + n * half)
        state, emit = resolve(cfg, state, tick, None, prices=None, car=None, house=None, now=tick.at)
        assert isinstance(emit.body, Rate)
        prices.append((emit.body.house, emit.body.car))

    assert prices == [(7.0, 6.0), (7.0, 6.0), (28.0, 27.0), (28.0, 27.0), (28.0, 27.0)]


def test_a_dispatch_across_noon_counts_on_both_sides() -> None:
    assert left(config(), plan("08:00", ("08:30", "13:30")), "11:59", "12:00", "13:29") == [6.0, 2.5, 5.5, 4.5]


def test_a_dispatch_that_ran_out_before_noon_earns_nothing_after_it() -> None:
    rates = live(config(window=False), plan("-20:00", ("-21:00", "15:00")), "02:59", "03:00", "11:59", "12:00", "14:59")

    assert [r.band for r in rates] == ["standard", "cheap", "standard", "standard", "standard", "standard"]
    assert rates[4].why == "a dispatch touches this half hour, but its allowance ran out before the new day began"
    assert rates[1].next is not None
    assert rates[1].next.at == at("03:00")


def test_it_earns_nothing_either_when_its_start_is_reported_anew() -> None:
    rates = live(
        config(window=False),
        plan("-20:00", ("-21:00", "15:00")),
        plan("11:50", ("11:50", "15:00")),
        plan("12:10", ("12:10", "15:00")),
    )

    assert [r.band for r in rates] == ["standard", "standard", "standard"]


def test_a_dispatch_that_begins_at_noon_earns_again() -> None:
    rates = live(config(window=False), plan("-20:00", ("-21:00", "12:00"), ("12:00", "15:00")), "11:59", "12:00")

    assert [r.band for r in rates[1:]] == ["standard", "cheap"]


def test_a_dispatch_that_ends_its_allowance_exactly_at_noon_goes_on() -> None:
    rates = live(config(), plan("05:50", ("06:00", "13:00")), "11:59", "12:00")

    assert [r.band for r in rates] == ["standard", "cheap", "cheap"]


def test_a_half_hour_across_an_odd_beginning_of_the_day_is_in_both() -> None:
    cfg = config(allowance=Allowance(from_=time(12, 15)))

    assert left(cfg, plan("11:50", ("12:00", "12:30")), "12:10", "12:20", "12:40") == [6.0, 5.5, 5.5, 5.5]
