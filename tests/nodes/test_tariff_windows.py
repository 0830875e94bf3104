"""The window that a price list shows."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from wattwire.nodes.half_hours import Window
from wattwire.nodes.messages import Price
from wattwire.nodes.tariff_windows import levels, low_price, low_spans, window

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def listed(*marks: str, low: float = 7.0, high: float = 28.0) -> list[Price]:
    """Runs between the marks, low and high in turn."""
    times = [datetime.fromisoformat(f"2026-{mark}:00Z") for mark in marks]
    return [Price(start=a, end=b, price=high if n % 2 else low) for n, (a, b) in enumerate(pairwise(times))]


@pytest.mark.parametrize(
    ("prices", "low"),
    [
        ([7.0, 28.0], 7.0),
        ([7.0, 7.04, 28.0, 28.03], 7.0),  # two lists of one band
        ([7.0, 7.5, 28.0], 7.0),
        ([7.0, 7.5, 28.0, 29.0], None),  # changed at midnight
        ([28.0], None),
        ([], None),
        ([0.0, -3.0], -3.0),
    ],
)
def test_the_low_price_of_a_day_of_two_or_three(prices: list[float], low: float | None) -> None:
    assert low_price(prices) == low


def test_prices_a_hair_apart_are_one() -> None:
    assert levels([7.0, 7.05, 7.2, 28.0]) == [7.0, 7.2, 28.0]


def test_low_runs_that_meet_are_one() -> None:
    start = datetime(2026, 1, 20, tzinfo=UTC)
    halves = [
        Price(start=start + n * timedelta(minutes=30), end=start + (n + 1) * timedelta(minutes=30), price=p)
        for n, p in enumerate([28.0, 7.0, 7.0, 28.0, 7.0, 28.0])
    ]
    spans = [(f"{a:%H:%M}", f"{b:%H:%M}") for a, b in low_spans(reversed(halves), LONG_AGO)]

    assert spans == [("00:30", "01:30"), ("02:00", "02:30")]


@pytest.mark.parametrize(
    ("prices", "found"),
    [
        (listed("07-01T22:30", "07-02T04:30", "07-02T22:30", "07-03T04:30", "07-03T22:30"), Window()),
        (  # over a change of the clocks
            listed("10-23T22:30", "10-24T04:30", "10-24T22:30", "10-25T05:30", "10-25T23:30", "10-26T05:30"),
            Window(),
        ),
        (
            listed("10-24T00:30", "10-24T07:30", "10-25T00:30", "10-25T07:30", "10-26T00:30", "10-26T07:30"),
            Window(from_=time(0, 30), until=time(7, 30), clock="utc"),
        ),
        (listed("07-01T22:30", "07-02T04:30", "07-02T22:30"), None),  # one night tells of no other
        (listed("07-01T22:30", "07-02T04:30", "07-02T20:30", "07-03T04:30", "07-03T22:30"), None),
        (listed("07-01T22:30", "07-02T04:30", "07-04T22:30", "07-05T04:30"), None),  # a night is missing
        ([], None),
    ],
)
def test_the_window_is_what_every_night_has(prices: list[Price], found: Window | None) -> None:
    assert window(prices, "Europe/London") == found
