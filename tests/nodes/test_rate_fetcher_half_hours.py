"""rateFetcher: how many half hours are due, and not in the list."""

from datetime import timedelta

import pytest
from rates_talk import CFG, TWO_RUNS, at, lived, priced

from wattwire.nodes.kraken_rates import missing
from wattwire.nodes.messages import Price


def halves(start: str, n: int) -> tuple[Price, ...]:
    first, half = at(start), timedelta(minutes=30)
    return tuple(Price(start=first + i * half, end=first + (i + 1) * half, price=float(i)) for i in range(n))


@pytest.mark.parametrize(
    ("now", "start", "n", "wanting"),
    [
        ("2026-11-20T15:00", "2026-11-19T23:00", 48, 0),  # up to eleven tonight, and tomorrow is not due yet
        ("2026-11-20T16:04", "2026-11-19T23:00", 48, 0),
        ("2026-11-20T16:05", "2026-11-19T23:00", 48, 48),
        ("2026-11-20T16:05", "2026-11-19T23:00", 96, 0),
        ("2026-11-20T18:00", "2026-11-19T23:00", 90, 6),
        ("2026-11-21T02:00", "2026-11-19T23:00", 48, 42),  # they never came
        ("2026-07-01T15:04", "2026-06-30T22:00", 48, 0),  # 16:04 on a summer's clock
        ("2026-07-01T15:05", "2026-06-30T22:00", 48, 48),
        ("2026-03-28T17:00", "2026-03-27T23:00", 48, 46),  # the day the clocks go forward
        ("2026-10-24T17:00", "2026-10-23T22:00", 48, 50),  # and the one they go back
    ],
)
def test_how_many_half_hours_are_due_and_not_there(now: str, start: str, n: int, wanting: int) -> None:
    assert missing(halves(start, n), "Europe/London", at(now)) == wanting


@pytest.mark.parametrize("prices", [(), TWO_RUNS, (Price(start=at("2026-01-01"), end=None, price=24.0),)])
def test_other_lists_are_never_incomplete(prices: tuple[Price, ...]) -> None:
    assert missing(prices, "Europe/London", at("2026-07-02T18:00")) == 0


def test_an_incomplete_list_leaves_by_a_port_of_its_own() -> None:
    told = priced(
        *(
            (f"{p.start:%Y-%m-%dT%H:%M}", f"{p.end:%Y-%m-%dT%H:%M}", p.price, None)
            for p in halves("2026-07-01T22:00", 47)
        )
    )
    (sent,) = lived(CFG, {"standard-unit-rates": told})

    assert sent.port == "incomplete"
