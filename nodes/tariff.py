"""What a kilowatt hour costs: what the price lists say, else what the settings say, else nothing is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from .half_hours import local_day
from .messages import Bands, Prices

MIDNIGHT = time()


@dataclass(frozen=True, kw_only=True)
class Fallback:
    """Pence per kWh where no prices say otherwise; what is left out is unknown."""

    cheap: float | None = None
    standard: float | None = None
    car_cheap: float | None = None
    car_standard: float | None = None


@dataclass(frozen=True)
class Span:
    start: float
    end: float
    price: float

    def holds(self, t: float) -> bool:
        return self.start <= t < self.end


class Tariff:
    """Bands come before lists, as they say that the lists carry no window; settings come last. 0 is a price."""

    def __init__(self, fallback: Fallback, prices: Prices | None, zone: str) -> None:
        self.prices, self._fallback, self._zone = prices, fallback, zone
        self._bands = (prices.bands if prices else None) or Bands()
        self._spans = sorted(_spans(prices), key=lambda s: s.start) if prices else []
        self._starts = [s.start for s in self._spans]
        self._lowest: dict[int, float | None] = {}

    def plain(self, t: float, window: bool) -> float | None:
        """What the house pays without a dispatch."""
        if window:
            return _first(self._bands.house_cheap, self._listed(t), self._fallback.cheap)
        return _first(self._bands.house_standard, self._listed(t), self._fallback.standard)

    def lowest(self, t: float) -> float | None:
        """What the house pays with a dispatch that counts: the lowest price of that local date."""
        return _first(self._bands.house_cheap, self._lowest_of_date(t), self._fallback.cheap)

    def car(self, cheap: bool) -> float | None:
        if cheap:
            return _first(self._bands.car_cheap, self._fallback.car_cheap)
        return _first(self._bands.car_standard, self._fallback.car_standard)

    def changes_after(self, t: float) -> set[int]:
        """The instants at which the lists begin or end a price."""
        marks = {m for s in self._spans for m in (s.start, s.end) if m != float("inf")}
        return {int(m) for m in marks if m > t}

    def _listed(self, t: float) -> float | None:
        i = bisect_right(self._starts, t) - 1
        if i >= 0 and self._spans[i].holds(t):
            return self._spans[i].price
        return next((s.price for s in reversed(self._spans[: max(i, 0)]) if s.holds(t)), None)

    def _lowest_of_date(self, t: float) -> float | None:
        if not self._spans:
            return None
        start, end = local_day(MIDNIGHT, self._zone, t)
        if start not in self._lowest:
            marks = {start, *(m for s in self._spans for m in (s.start, s.end) if start < m < end)}
            of_date = (self._listed(m) for m in marks)  # not of a price that another took the place of
            self._lowest[start] = min((p for p in of_date if p is not None), default=None)
        return self._lowest[start]


def _spans(prices: Prices) -> Iterator[Span]:
    for p in prices.import_:
        yield Span(p.start.timestamp(), p.end.timestamp() if p.end else float("inf"), p.price)


def _first(*told: float | None) -> float | None:
    return next((price for price in told if price is not None), None)
