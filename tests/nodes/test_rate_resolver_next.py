"""What a rate promises is what comes: lived through minute by minute, on ordinary days and when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wattwire.nodes.allowance import Allowance
from wattwire.nodes.half_hours import Window
from wattwire.nodes.messages import Dispatch, Plan, Price, Prices, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import Config, resolve
from wattwire.nodes.tariff_rules import Banded, Cheapest, Fallback, Rules

PENCE = Fallback(cheap=7.0, standard=28.0)
MINUTE = timedelta(minutes=1)
STARTS = st.sampled_from(
    ["2026-01-20T10:00:00Z", "2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z", "2026-07-01T09:00:00Z"]
)
SPANS = st.lists(st.tuples(st.integers(-300, 1500), st.integers(1, 900)), max_size=4)
WINDOWS = st.sampled_from([Window(), Window(from_=time(0, 45), until=time(1, 50)), False])
ALLOWANCES = st.sampled_from([None, Allowance(), Allowance(hours=1.5)])


def lived(cfg: Config, start: datetime, minutes: int, plan: Plan, prices: Prices | None = None) -> list[Rate]:
    """The rate of every fifth minute."""
    state, rates = State(), []
    for now in (start + n * MINUTE for n in range(minutes)):
        if now.minute % 5 == 0:
            held: dict[str, Any] = {"prices": prices, "car": None, "house": None, "now": now}
            given = (None, plan) if now == start else (Tick(now), None)
            state, emit = resolve(cfg, state, *given, **held)
            assert isinstance(emit.body, Rate)
            rates.append(emit.body)
    return rates


@settings(max_examples=60, deadline=None)
@given(STARTS, SPANS, WINDOWS, ALLOWANCES, st.sampled_from(["offered", "confirmed", "window"]))
@example("2026-03-28T20:00:00Z", [], Window(), None, "offered")
@example("2026-10-24T20:00:00Z", [(500, 200)], Window(from_=time(0, 45), until=time(1, 50)), Allowance(), "offered")
def test_the_next_price_comes_when_it_was_promised_and_no_other_before_it(
    begin: str, spans: list[tuple[int, int]], window: Any, allowance: Allowance | None, trust: Any
) -> None:
    start = datetime.fromisoformat(begin)
    found = tuple(Dispatch(start=start + s * MINUTE, end=start + (s + n) * MINUTE) for s, n in spans)
    cfg = Config(price=PENCE, window=window, allowance=allowance, trust=trust, plan_max_age=timedelta(days=9))
    rates = lived(cfg, start, 1440, Plan(at=start, dispatches=found))

    for now, then in pairwise(rates):
        assert now.next is None or now.at < now.next.at
        if now.next is None or then.at < now.next.at:
            assert then.house == now.house
            assert then.next == now.next
        else:
            assert then.house == now.next.house


EVENING, DAY = Banded(from_=time(16), until=time(19), band="peak"), Banded(from_=time(13), until=time(16))
WEEKEND = Banded(from_=time(19), until=time(8), days=("sat",), clock="utc")
TARIFFS = st.sampled_from(
    [
        Rules(windows=(EVENING, DAY), price=Fallback(cheap=7.0, standard=28.0, peak=40.0)),
        Rules(windows=(WEEKEND,), price=Fallback(cheap=7.0, standard=28.0), dispatch="car", car="credit", credit=9.0),
        Rules(windows=(DAY,), price=Fallback(cheap=7.0, standard=28.0), dispatch="house"),
        Rules(cheapest=Cheapest(hours=3, below=2.0)),
    ]
)


@settings(max_examples=30, deadline=None)
@given(STARTS, SPANS, TARIFFS, st.lists(st.integers(-3, 30), max_size=50))
def test_the_hours_of_any_tariff_are_promised_too(
    begin: str, spans: list[tuple[int, int]], tariff: Rules, listed: list[int]
) -> None:
    start, half = datetime.fromisoformat(begin), timedelta(minutes=30)
    found = tuple(Dispatch(start=start + s * MINUTE, end=start + (s + n) * MINUTE) for s, n in spans)
    cfg = Config(tariff=tariff, trust="offered", plan_max_age=timedelta(days=9))
    prices = Prices(
        at=start,
        import_=tuple(Price(start=start + n * half, end=start + (n + 1) * half, price=p) for n, p in enumerate(listed)),
    )
    rates = lived(cfg, start, 1440, Plan(at=start, dispatches=found), prices)

    for now, then in pairwise(rates):
        assert now.next is None or now.at < now.next.at
        if now.next is not None and then.at >= now.next.at:
            assert then.house == now.next.house
        elif then.house is not None:  # the end of a list is not promised: what comes after it is not known
            assert then.house == now.house


def test_prices_of_a_list_are_promised_too() -> None:
    start = datetime(2026, 1, 20, 10, tzinfo=UTC)
    listed = tuple(
        Price(start=start + n * MINUTE * 30, end=start + (n + 1) * MINUTE * 30, price=float(n // 2)) for n in range(8)
    )
    cfg = Config(window=False, plan_max_age=timedelta(days=1))
    rates = lived(cfg, start, 240, Plan(at=start), Prices(at=start, import_=listed))

    assert [r.house for r in rates[::12]] == [0.0, 1.0, 2.0, 3.0]
    assert [r.next and (r.next.house, r.next.at.hour) for r in rates[::12]] == [(1.0, 11), (2.0, 12), (3.0, 13), None]


@pytest.mark.parametrize(
    ("begin", "turns"),
    [
        ("2026-03-28T12:00:00Z", ["28 23:30 7.0", "29 04:30 28.0", "29 22:30 7.0"]),
        ("2026-10-24T12:00:00Z", ["24 22:30 7.0", "25 05:30 28.0", "25 23:30 7.0"]),
    ],
)
def test_the_nights_of_a_changed_clock_are_promised_by_the_wall_clock(begin: str, turns: list[str]) -> None:
    start = datetime.fromisoformat(begin)
    rates = lived(Config(price=PENCE), start, 1440, Plan(at=start))
    promised = dict.fromkeys(f"{r.next.at:%d %H:%M} {r.next.house}" for r in rates if r.next)

    assert list(promised) == turns
