"""The window that a price list shows. For setting a house up: what is cheap now is told by the tariff's own hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

from .half_hours import HALF_HOUR, Window, local_day
from .messages import Price

SAME = 0.05  # p; lists of one band differ by less


def levels(prices: Iterable[float]) -> list[float]:
    """The prices that differ, lowest first."""
    found: list[float] = []
    for price in sorted(prices):
        if not found or price - found[-1] > SAME:
            found.append(price)
    return found


def low_price(prices: Iterable[float]) -> float | None:
    """The low price of a day that has two or three; a day of more has no bands, or is the day they were changed."""
    found = levels(prices)
    return found[0] if len(found) in (2, 3) else None


def low_spans(listed: Iterable[Price], now: datetime) -> list[tuple[datetime, datetime]]:
    """When the list is at its low price, from now on: what has begun is there whole."""
    spans = sorted(listed, key=lambda p: p.start)
    low, found = low_price(p.price for p in spans), list[tuple[datetime, datetime]]()
    for p in spans:
        if low is None or p.price > low + SAME or p.end is None:
            continue
        if found and found[-1][1] == p.start:
            found[-1] = found[-1][0], p.end
        else:
            found.append((p.start, p.end))
    return [span for span in found if span[1] > now]


def window(listed: Iterable[Price], timezone: str) -> Window | None:
    """The hours of every night, if the list has the same each night; by the local clock, or by UTC's."""
    spans = [(start, end) for start, end in low_spans(listed, datetime.min.replace(tzinfo=ZoneInfo("UTC")))]
    for zone, clock in ((timezone, "local"), ("UTC", "utc")):
        found = {tuple(t.astimezone(ZoneInfo(zone)).time() for t in span) for span in spans}
        if len(found) == 1 and len(spans) > 1 and all(_daily(zone, a[0], b[0]) for a, b in pairwise(spans)):
            start, end = found.pop()
            return Window(from_=start, until=end, clock="utc" if clock == "utc" else "local") if start != end else None
    return None


def _daily(zone: str, one: datetime, other: datetime) -> bool:
    day = local_day(time(), zone, one.timestamp())
    return day[1] <= other.timestamp() < day[1] + 25 * 2 * HALF_HOUR
