"""The public price lists of an Octopus tariff: how they are asked for, one after the other, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from . import replace
from .calls import Budget, Reply, Request
from .kraken_price_lists import Entry, chosen, in_force, links, page
from .messages import Bands, Price, Prices

if TYPE_CHECKING:
    from .rate_fetcher import Config

STANDARD, STANDING = "standard-unit-rates", "standing-charges"
NIGHT, DAY = "night-unit-rates", "day-unit-rates"
CAR_CHEAP, CAR_STANDARD = "ev-device-off-peak-unit-rates", "ev-device-peak-unit-rates"
BANDS = (NIGHT, DAY, CAR_CHEAP, CAR_STANDARD)
DETAIL, EXPORT = "the product", "what is sold"  # no lists, but asked for like them
OPTIONAL = (STANDING, DETAIL, EXPORT)

BACK = timedelta(days=2)  # prices of today's date, wherever midnight is
MOST_PAGES = 40
CALLS = Budget(name="octopus prices", most=240, per=timedelta(hours=1))  # public: no account's quota
PUBLISHED = time(16, 5)  # local; tomorrow's half hours appear from four o'clock on
MARKET = time(23)  # local; the last of them ends here, midnight on the continent
HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Reading:
    """What has come so far of the lists that make up a tariff."""

    left: tuple[str, ...] = (STANDARD, STANDING)  # to be asked for; the first is under way
    query: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    pages: int = 0
    where: Mapping[str, str] = field(default_factory=dict)  # paths that the product's detail names, once it was read


def begin(cfg: Config, now: datetime) -> Reading:
    """The first question; Octopus reads a time without a zone as London's, so it always bears a Z."""
    left = (STANDARD, STANDING, EXPORT) if cfg.export_product and cfg.export_tariff else (STANDARD, STANDING)
    return Reading(left=left, query={"page_size": "1500", "period_from": f"{now - BACK:%Y-%m-%dT%H:%MZ}"})


def request(cfg: Config, reading: Reading) -> Request:
    """The next page of the next list."""
    listed, product, tariff = reading.left[0], cfg.product, cfg.tariff
    if listed == EXPORT:
        listed, product, tariff = STANDARD, cfg.export_product or "", cfg.export_tariff or ""
    path = (
        f"/products/{product}/" if listed == DETAIL else f"/products/{product}/electricity-tariffs/{tariff}/{listed}/"
    )
    query = {} if listed == DETAIL else reading.query
    url = cfg.url.rstrip("/") + reading.where.get(reading.left[0], path)
    return Request(method="GET", url=url, query=query, budgets=(CALLS,))


def advance(cfg: Config, reading: Reading, reply: Reply) -> Reading | str:
    """One page further, or why this will come to nothing."""
    listed, rest = reading.left[0], reading.left[1:]
    if reply.spent:
        return reply.why or "no calls are left"
    if listed == DETAIL:
        where = links(reply.json, cfg.tariff, cfg.payment) if reply.status == 200 else {}
        named = tuple(name for name in BANDS if name in where and not reading.lists.get(name))
        return replace(reading, left=named + rest, where=where)
    got = page(reply)
    if isinstance(got, str):
        absent = (reply.status == 404 and listed in BANDS) or reply.status == 400  # a tariff need not have them all
        if not absent and listed not in OPTIONAL:
            return f"{listed}: {got}"
        got = ((), None)
    entries, onward = got
    lists = {**reading.lists, listed: reading.lists.get(listed, ()) + entries}
    if onward is not None:
        query = {**reading.query, **onward}
        if reading.pages >= MOST_PAGES or query == reading.query:
            return f"{listed}: the pages do not end"
        return replace(reading, lists=lists, query=query, pages=reading.pages + 1)
    if listed == STANDARD and not lists[STANDARD]:
        rest = (*BANDS, *rest)
    if listed == BANDS[-1] and not reading.where and _wanting(cfg, lists):
        rest = (DETAIL, *rest)
    return replace(reading, lists=lists, left=rest, query={k: v for k, v in reading.query.items() if k != "page"})


def summed(cfg: Config, reading: Reading, before: Bands | None, now: datetime) -> Prices | None:
    """What the lists say, or None where they say no price at all. A band that is missing keeps its last price."""
    lists = {name: chosen(entries, cfg.payment) for name, entries in reading.lists.items()}
    by_time, by_band = lists.get(STANDARD, ()), bands(lists, before, now)
    if not by_time and by_band is None:
        return None
    return Prices(
        at=now,
        import_=by_time,
        export=lists.get(EXPORT, ()),
        standing=in_force(lists.get(STANDING, ()), now),
        bands=None if by_time else by_band,
    )


def bands(lists: Mapping[str, tuple[Price, ...]], before: Bands | None, now: datetime) -> Bands | None:
    """The flat prices of lists that carry no window; None where there is not even one for the house."""
    night, day, car_cheap, car_standard = (in_force(lists.get(name, ()), now) for name in BANDS)
    if night is None and day is None:
        return None
    old = before or Bands()
    return Bands(
        house_cheap=old.house_cheap if night is None else night,
        house_standard=old.house_standard if day is None else day,
        car_cheap=old.car_cheap if car_cheap is None else car_cheap,
        car_standard=old.car_standard if car_standard is None else car_standard,
    )


def missing(prices: tuple[Price, ...], timezone: str, now: datetime) -> int:
    """How many half hours a half-hourly list ought to have by now, and has not."""
    ahead = [p for p in prices if p.end is None or p.end > now]
    recent = ahead or prices[-2:]
    if not recent or any(p.end is None or p.end - p.start != HALF_HOUR for p in recent):
        return 0
    local, starts = now.astimezone(ZoneInfo(timezone)), {p.start for p in ahead}
    date = local.date() + timedelta(days=1) if local.time() >= PUBLISHED else local.date()
    end = datetime.combine(date, MARKET, ZoneInfo(timezone))
    first = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    halves = range(max(0, -(-(end - first) // HALF_HOUR)))
    return sum(first + n * HALF_HOUR not in starts for n in halves)


def _wanting(cfg: Config, lists: Mapping[str, tuple[Entry, ...]]) -> bool:
    """Whether the lists of a four-rate tariff are to be looked for where its product's detail says."""
    house, car = any(lists.get(n) for n in (NIGHT, DAY)), any(lists.get(n) for n in (CAR_CHEAP, CAR_STANDARD))
    return not house or (not car and cfg.product.startswith("IOG-SMB-"))
