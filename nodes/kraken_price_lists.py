"""One page of an Octopus price list: newest first, prices as numbers or text, and one for each way of paying."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import parse_qsl

from . import replace
from .calls import Json, Reply
from .kraken_replies import ending, instant, number
from .messages import Price

Payment = Literal["DIRECT_DEBIT", "NON_DIRECT_DEBIT"]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    price: Price
    method: str | None  # of paying; none: all pay it

    @property
    def holds(self) -> bool:
        """Not if it ends as it begins: that is the price of no instant."""
        return self.price.end is None or self.price.end > self.price.start


def page(reply: Reply) -> tuple[tuple[Entry, ...], dict[str, str] | None] | str:
    """The prices of a page and the query of the one after it, or what is wrong with it."""
    match reply.json:
        case {"results": list(results), **told} if reply.status == 200:
            pass
        case {"detail": str(why)}:
            return why
        case _:
            return reply.fault("not a price list" if reply.status == 200 else "").why
    entries = []
    for found in results:
        try:
            entries.append(_entry(found))
        except ValueError as wrong:
            return f"not a price ({wrong}): {str(found)[:200]}"
    onward = told.get("next")
    # Only its query is followed: the list stays where the setting says, be it a proxy or a recording.
    after = dict(parse_qsl(onward.partition("?")[2])) if isinstance(onward, str) and onward else None
    return tuple(e for e in entries if e.holds), after


def chosen(entries: tuple[Entry, ...], payment: Payment) -> tuple[Price, ...]:
    """The prices of one way of paying, oldest first, each period once. A price of another way holds for nobody here."""
    ours = [e for e in entries if e.method in (payment, None)] or entries
    by_start: dict[datetime, Price] = {}
    for entry in sorted(ours, key=lambda e: e.method is None):
        by_start.setdefault(entry.price.start, entry.price)
    return tuple(price for _, price in sorted(by_start.items()))


def in_force(prices: tuple[Price, ...], now: datetime) -> float | None:
    """The price that began last: the lists are renewed at different times, and a gap keeps the one before it."""
    begun = [p for p in prices if p.start <= now]
    return begun[-1].price if begun else None


def links(detail: Json, tariff: str, payment: Payment) -> dict[str, str]:
    """Where a product's detail says that a tariff's lists are: the path after the version, by the name of the list.

    By the tariff's own code, else by its region's letter and the way of paying.
    """
    ways = list(_ways(detail))
    monthly = "direct_debit" if payment == "DIRECT_DEBIT" else "varying"
    region = f"_{tariff[-1:]}"
    own = [told for _, _, told in ways if told.get("code") == tariff]
    near = [told for place, way, told in ways if place == region and way.startswith(monthly)]
    for told in (*own, *near, *(told for place, _, told in ways if place == region)):
        found = told.get("links")
        hrefs = [h for link in (found if isinstance(found, list) else []) if (h := _href(link))]
        if hrefs:
            return {path.rstrip("/").rpartition("/")[2]: path for path in hrefs}
    return {}


def _ways(detail: Json) -> Iterator[tuple[str, str, dict[str, Json]]]:
    """Every tariff of a product: its region, its way of paying, and what is told of it."""
    for section in detail.values() if isinstance(detail, dict) else ():
        for region, ways in section.items() if isinstance(section, dict) else ():
            for way, told in ways.items() if isinstance(ways, dict) else ():
                if isinstance(told, dict):
                    yield region, way, told


def _href(link: Json) -> str | None:
    href = link.get("href") if isinstance(link, dict) else None
    path = href.partition("?")[0] if isinstance(href, str) else ""
    _, found, after = path.partition("/products/")
    return f"/products/{after}" if found else None


def _entry(found: Json) -> Entry:
    if not isinstance(found, dict):
        raise ValueError("no fields")
    value, start, end = number(found.get("value_inc_vat")), found.get("valid_from"), found.get("valid_to")
    if value is None:
        raise ValueError("no value_inc_vat")
    price = Price(start=LONG_AGO, end=None, price=float(value))
    if isinstance(start, str):
        price = replace(price, start=instant(start))
    if isinstance(end, str):
        price = replace(price, end=ending(end))
    method = found.get("payment_method")
    return Entry(price, method if isinstance(method, str) and method else None)
