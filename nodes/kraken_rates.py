"""The public price lists of an Octopus tariff: how they are asked for and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from .calls import Json, Reply, Request
from .kraken_replies import instant, number
from .messages import Bands, Price, Prices

STANDARD, STANDING = "standard-unit-rates", "standing-charges"
NIGHT, DAY = "night-unit-rates", "day-unit-rates"
CAR_CHEAP, CAR_STANDARD = "ev-device-off-peak-unit-rates", "ev-device-peak-unit-rates"
BANDS = (NIGHT, DAY, CAR_CHEAP, CAR_STANDARD)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BACK = timedelta(days=2)  # prices of today's date, wherever midnight is
METHODS = ("DIRECT_DEBIT", None)  # whose price counts where a period has one for each way of paying
MOST_PAGES = 40


@dataclass(frozen=True)
class Page:
    prices: tuple[Price, ...] = ()
    next: dict[str, str] | None = None  # the query of the page after this one


@dataclass(frozen=True)
class Reading:
    """What has come so far of the lists that make up a tariff."""

    left: tuple[str, ...] = (STANDARD, STANDING)  # to be asked for; the first is under way
    query: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[Price, ...]] = field(default_factory=dict)
    pages: int = 0


def request(url: str, product: str, tariff: str, reading: Reading) -> Request:
    """The next page of the next list."""
    where = f"{url.rstrip('/')}/products/{product}/electricity-tariffs/{tariff}/{reading.left[0]}/"
    return Request(method="GET", url=where, query=reading.query)


def advance(reading: Reading, reply: Reply) -> Reading | str:
    """One page further, or why this will come to nothing."""
    listed, got = reading.left[0], page(reply)
    if isinstance(got, str):
        absent = (reply.status == 404 and listed in BANDS) or reply.status == 400  # a tariff need not have them all
        if not absent and listed != STANDING:
            return f"{listed}: {got}"
        got = Page()
    lists = {**reading.lists, listed: merged(reading.lists.get(listed, ()) + got.prices)}
    if got.next is not None:
        query = {**reading.query, **got.next}
        if reading.pages >= MOST_PAGES or query == reading.query:
            return f"{listed}: the pages do not end"
        return replace(reading, lists=lists, query=query, pages=reading.pages + 1)
    left = reading.left[1:] if listed != STANDARD or lists[STANDARD] else (*BANDS, STANDING)
    return replace(reading, lists=lists, left=left, query={k: v for k, v in reading.query.items() if k != "page"})


def summed(reading: Reading, now: datetime) -> Prices | None:
    """What the lists say, or None where they say no price at all."""
    by_time, by_band = reading.lists.get(STANDARD, ()), bands(reading.lists, now)
    if not by_time and by_band is None:
        return None
    standing = _in_force(reading.lists.get(STANDING, ()), now)
    return Prices(at=now, import_=by_time, standing=standing, bands=None if by_time else by_band)


def first_query(now: datetime) -> dict[str, str]:
    """Octopus reads a time without a zone as London's, so it always bears a Z."""
    return {"page_size": "1500", "period_from": f"{now - BACK:%Y-%m-%dT%H:%MZ}"}


def page(reply: Reply) -> Page | str:
    """A page of a list, or what is wrong with it."""
    match reply.json:
        case {"results": list(results), **told} if reply.status == 200:
            pass
        case {"detail": str(why)}:
            return why
        case _:
            return reply.fault("not a price list" if reply.status == 200 else "").why
    best: dict[datetime, tuple[int, Price]] = {}
    for entry in results:
        try:
            rank, price = _price(entry)
        except ValueError as wrong:
            return f"not a price ({wrong}): {str(entry)[:200]}"
        if price.start not in best or rank < best[price.start][0]:
            best[price.start] = rank, price
    onward = told.get("next")
    # Only its query is followed: the list stays where the setting says, be it a proxy or a recording.
    after = dict(parse_qsl(urlsplit(onward).query)) if isinstance(onward, str) and onward else None
    return Page(tuple(price for _, price in sorted(best.values(), key=lambda b: b[1].start)), after)


def merged(pages: tuple[Price, ...]) -> tuple[Price, ...]:
    """The prices of all pages, oldest first, each period once."""
    return tuple(sorted({p.start: p for p in pages}.values(), key=lambda p: p.start))


def bands(lists: Mapping[str, tuple[Price, ...]], now: datetime) -> Bands | None:
    """The flat prices of lists that carry no window; None where there is not even one for the house."""
    flat = {name: _in_force(lists.get(name, ()), now) for name in BANDS}
    if flat[NIGHT] is None and flat[DAY] is None:
        return None
    return Bands(
        house_cheap=flat[NIGHT],
        house_standard=flat[DAY],
        car_cheap=flat[CAR_CHEAP],
        car_standard=flat[CAR_STANDARD],
    )


def _in_force(prices: tuple[Price, ...], now: datetime) -> float | None:
    """The price that began last: the lists are renewed at different times, and a gap keeps the one before it."""
    begun = [p for p in prices if p.start <= now]
    return begun[-1].price if begun else None


def _price(found: Json) -> tuple[int, Price]:
    if not isinstance(found, dict):
        raise ValueError("no fields")
    value, start, end = number(found.get("value_inc_vat")), found.get("valid_from"), found.get("valid_to")
    if value is None:
        raise ValueError("no value_inc_vat")
    price = Price(start=LONG_AGO, end=None, price=float(value))
    if isinstance(start, str):
        price = replace(price, start=instant(start))
    if isinstance(end, str):
        price = replace(price, end=instant(end))
    method = found.get("payment_method")
    return METHODS.index(method) if method in METHODS else len(METHODS), price
