"""What a kilowatt hour costs: what the price lists say, else what the tariff or the settings say, else nobody knows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import time

from .half_hours import HALF_HOUR, inside, local_day, turned, turns_after
from .messages import Bands, Price, Prices
from .tariff_rules import Banded, Rules, Tier

MIDNIGHT = time()


@dataclass(frozen=True)
class Span:
    start: float
    end: float
    price: float

    def holds(self, t: float) -> bool:
        return self.start <= t < self.end


class Listed:
    """A price list. Where two prices hold, the one that began later does."""

    def __init__(self, prices: Iterable[Price]) -> None:
        spans = (Span(p.start.timestamp(), p.end.timestamp() if p.end else float("inf"), p.price) for p in prices)
        self._spans = sorted(spans, key=lambda s: s.start)
        self._starts = [s.start for s in self._spans]
        edges = sorted({int(m) for s in self._spans for m in (s.start, s.end) if m != float("inf")})
        before = [None, *map(self.at, edges)]
        self.marks = [m for m, price in zip(edges, before, strict=False) if self.at(m) != price]  # where it changes

    def __bool__(self) -> bool:
        return bool(self._spans)

    def at(self, t: float) -> float | None:
        i = bisect_right(self._starts, t) - 1
        if i >= 0 and self._spans[i].holds(t):
            return self._spans[i].price
        return next((s.price for s in reversed(self._spans[: max(i, 0)]) if s.holds(t)), None)

    def between(self, start: int, end: int) -> Iterator[float]:
        """The prices that hold in a span; not those that others took the place of."""
        for t in (start, *self.marks[bisect_right(self.marks, start) : bisect_left(self.marks, end)]):
            price = self.at(t)
            if price is not None:
                yield price


class Tariff:
    """Bands come before lists, as they say that the lists carry no window; rules come last. 0 is a price."""

    def __init__(self, rules: Rules, prices: Prices | None) -> None:
        self.rules, self.prices = rules, prices
        self._bands = (prices.bands if prices else None) or Bands()
        self._import, self._export = Listed(prices.import_ if prices else ()), Listed(prices.export if prices else ())
        self._windows = rules.windows + (rules.export.windows if rules.export else ())
        self._lowest: dict[int, float | None] = {}
        self._cheapest: dict[int, frozenset[int]] = {}

    def tier(self, t: float) -> Tier:
        """What the tariff's own hours say of a moment, whatever is planned."""
        window = self.window(t)
        if window is not None:
            return window.band
        return "cheap" if self.rules.cheapest and self._among_cheapest(t) else "standard"

    def window(self, t: float) -> Banded | None:
        return _open(self.rules.windows, self.rules.timezone, t)

    def plain(self, t: float, tier: Tier) -> float | None:
        """What the house pays without a dispatch."""
        bands, price = self._bands, self.rules.price
        if tier == "cheap":
            return _first(bands.house_cheap, self._import.at(t), price.cheap)
        if tier == "peak":
            return _first(self._import.at(t), price.peak)
        return _first(bands.house_standard, self._import.at(t), price.standard)

    def lowest(self, t: float) -> float | None:
        """What the house pays with a dispatch that counts: the lowest price of that local date."""
        return _first(self._bands.house_cheap, self._lowest_of_date(t), self.rules.price.cheap)

    def car(self, cheap: bool, house: float | None) -> float | None:
        rules, bands = self.rules, self._bands
        if rules.car == "house":
            return house
        if rules.car == "credit" and not cheap:
            return house
        if not cheap:
            return _first(bands.car_standard, rules.price.car_standard)
        own = _first(bands.car_cheap, rules.price.car_cheap)
        if own is None and rules.car == "credit" and house is not None and rules.credit is not None:
            return house - rules.credit
        return own

    def export(self, t: float) -> float | None:
        """What is paid for power that is sold."""
        listed, export = self._export.at(t), self.rules.export
        if listed is not None or export is None:
            return listed
        window = _open(export.windows, self.rules.timezone, t)
        tier = (window.band if window else "standard") if export.windows else self.tier(t)
        return {"cheap": export.price.cheap, "standard": export.price.standard, "peak": export.price.peak}[tier]

    def changes_after(self, t: float) -> Iterator[int]:
        """The instants at which a list changes the price, in order."""
        marks = self._import.marks
        return iter(marks[bisect_right(marks, t) :])

    def stays(self, t: float, end: float) -> float:
        """Until when no list and no window changes anything, but no longer than to the end."""
        marks = [listed.marks[i] for listed in (self._import, self._export)
                 if (i := bisect_right(listed.marks, t)) < len(listed.marks)]  # fmt: skip
        turns = (next(turns_after(w, self.rules.timezone, t), end) for w in self._windows)
        return min((end, *marks, *turns))

    def turns_after(self, t: float) -> Iterator[int]:
        for window in self.rules.windows:
            yield from turns_after(window, self.rules.timezone, t)

    def closes(self, t: float) -> int | None:
        """When the tier that a window makes now ends."""
        tier = self.tier(t)
        return next((turn for turn in sorted(self.turns_after(t)) if self.tier(turn) != tier), None)

    def opened(self, t: float) -> int | None:
        """Since when the tariff's own hours are what they are now."""
        window = self.window(t)
        if window is None:
            return int(t // HALF_HOUR) * HALF_HOUR if self.tier(t) == "cheap" else None
        return turned(window, self.rules.timezone, t)

    def _among_cheapest(self, t: float) -> bool:
        rule, price = self.rules.cheapest, self._import.at(t)
        if rule is None or price is None:
            return False
        if rule.below is not None and price < rule.below:
            return True
        return rule.hours is not None and int(t // HALF_HOUR) in self._cheapest_of_date(t, rule.hours)

    def _cheapest_of_date(self, t: float, hours: float) -> frozenset[int]:
        start, end = local_day(MIDNIGHT, self.rules.timezone, t)
        if start not in self._cheapest:
            halves = range(start // HALF_HOUR, end // HALF_HOUR)
            priced = [(p, h) for h in halves if (p := self._import.at(h * HALF_HOUR)) is not None]
            self._cheapest[start] = frozenset(h for _, h in sorted(priced)[: round(2 * hours)])
        return self._cheapest[start]

    def _lowest_of_date(self, t: float) -> float | None:
        if not self._import:
            return None
        start, end = local_day(MIDNIGHT, self.rules.timezone, t)
        if start not in self._lowest:
            self._lowest[start] = min(self._import.between(start, end), default=None)
        return self._lowest[start]


def _open(windows: tuple[Banded, ...], zone_name: str, t: float) -> Banded | None:
    return next((window for window in windows if inside(window, zone_name, t)), None)


def _first(*told: float | None) -> float | None:
    return next((price for price in told if price is not None), None)
