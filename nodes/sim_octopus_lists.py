"""The simulated Octopus's other price lists: half-hourly ones, two registers, flat export, and a product's detail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .calls import Json
from .kraken_rates import BANDS, STANDARD

if TYPE_CHECKING:
    from .sim_octopus import Config

PRODUCT = re.compile(r"/v1/products/(?P<product>[^/]+)/?")
HALF_HOUR = timedelta(minutes=30)
PUBLISHED, MARKET = time(16, 20), time(23)  # local; tomorrow's prices appear, and the market's day ends
BACK = 3  # days
SHAPE = (14, 13, 12, 11, 11, 12, 16, 20, 22, 20, 18, 17, 15, 14, 16, 22, 38, 42, 39, 28, 24, 21, 18, 15)
"""Pence at each hour of a local day; on Sundays the sun takes it below nothing."""

Run = tuple[datetime, datetime | None, float]


def half_hourly(cfg: Config, now: datetime, sold: bool) -> Iterator[Run]:
    """Each half hour a price of its own, up to eleven tonight; or tomorrow, once that is published."""
    zone = ZoneInfo(cfg.timezone)
    local = now.astimezone(zone)
    last = local.date() + timedelta(days=local.time() >= PUBLISHED)
    start = datetime.combine(local.date() - timedelta(days=BACK), MARKET, zone).astimezone(UTC)
    while start < datetime.combine(last, MARKET, zone):
        at = start.astimezone(zone)
        price = price_at(at.date(), at.hour) + (0.5 if at.minute else 0.0)
        yield start, start + HALF_HOUR, round(price * 0.6, 2) if sold else price
        start += HALF_HOUR


def price_at(day: date, hour: int) -> float:
    dear = day.toordinal() * 7 % 5  # no two days are alike
    return float(SHAPE[hour] + dear) - (25.0 if day.weekday() == 6 and 11 <= hour < 15 else 0.0)


def detail(path: str, host: str) -> Json:
    """What a four-rate product says of its lists; none of another path or product."""
    found = PRODUCT.fullmatch(path)
    if found is None or not found["product"].startswith("IOG-SMB-"):
        return None
    product, ways = found["product"], dict[str, Json]()
    for region in "ABCDEFGHJKLMNP":
        code = f"E-1R-{product}-{region}"
        base = f"http://{host}/v1/products/{product}/electricity-tariffs/{code}"
        links: list[Json] = [
            {"href": f"{base}/{name}/", "method": "GET", "rel": name.replace("-", "_")} for name in (STANDARD, *BANDS)
        ]
        ways[f"_{region}"] = {"direct_debit_monthly": {"code": code, "links": links}}
    return {"code": product, "four_rate_ev_electricity_tariffs": ways}
