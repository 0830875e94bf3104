"""The simulated Octopus's public price lists: by time for the older tariffs, four flat lists for the newer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from .calls import Json, Reply
from .kraken_rates import CAR_CHEAP, CAR_STANDARD, DAY, NIGHT, STANDARD, STANDING
from .linked import Asked
from .sim_octopus_account import account
from .sim_octopus_lists import detail, half_hourly

if TYPE_CHECKING:
    from .sim_octopus import Config

LIST = re.compile(r"/v1/products/(?P<product>[^/]+)/electricity-tariffs/(?P<tariff>[^/]+)/(?P<listed>[a-z-]+)/?")
SINCE = datetime(2024, 10, 29, tzinfo=UTC)
BACK, AHEAD = timedelta(days=3), timedelta(days=2)
NOT_FOUND = Reply(404, {"detail": "Not found."})
TWO_RATES = Reply(400, {"detail": "This tariff has day and night rates, not standard."})
Run = tuple[datetime, datetime | None, float]


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """Pence a kWh, VAT included; the car's own where the product is an IOG-SMB."""

    cheap: float = 7.0
    standard: float = 28.0
    car_cheap: float = 7.0
    car_standard: float = 28.0
    standing: float = 54.0  # pence a day
    export: float = 15.0  # for what is sold at one price
    code: str = "E-1R-INTELLI-VAR-24-10-29-A"  # of the tariff that the account is on


def listed(path: str) -> str:
    """Which list a path names, if any."""
    found = LIST.fullmatch(path)
    return found["listed"] if found else ""


def rest(cfg: Config, asked: Asked, fault: str, now: datetime) -> Reply:
    if (owned := account(cfg, asked, now)) is not None:
        return owned
    found = LIST.fullmatch(asked.path)
    if told := detail(asked.path, asked.headers.get("host", "simOctopus.flow")):
        return Reply(200, told)
    if asked.method != "GET" or found is None or found["product"] not in found["tariff"]:
        return NOT_FOUND
    product, name = found["product"], found["listed"]
    if found["tariff"].startswith("E-2R-") and name == STANDARD:
        return TWO_RATES
    runs = _runs(cfg, product, found["tariff"], name, now)
    if runs is None:
        return NOT_FOUND
    if fault == "emptyRates" and name != STANDING:
        runs = []
    try:
        first, last = (_time(cfg, asked.query.get(key)) for key in ("period_from", "period_to"))
        size, page = int(asked.query.get("page_size", "100")), int(asked.query.get("page", "1"))
    except ValueError:
        return Reply(400, {"detail": "Invalid parameter."})
    shown = [r for r in runs if (first is None or r[1] is None or r[1] > first) and (last is None or r[0] < last)]
    shown.sort(key=lambda r: r[0], reverse=True)  # newest first, as the real one
    part = shown[(page - 1) * size : page * size]
    onward = f"{asked.path}?{urlencode({**asked.query, 'page': page + 1})}" if page * size < len(shown) else None
    host = asked.headers.get("host", "simOctopus.flow")
    results: list[Json] = [_result(run) for run in part]
    return Reply(200, {
        "count": len(shown), "next": onward and f"http://{host}{onward}", "previous": None, "results": results,
    })  # fmt: skip


def _runs(cfg: Config, product: str, tariff: str, name: str, now: datetime) -> list[Run] | None:
    if name == STANDING:
        return [(SINCE, None, cfg.prices.standing)]
    if product.startswith("AGILE-"):
        return list(half_hourly(cfg, now, "-OUTGOING-" in product)) if name == STANDARD else None
    if product.startswith("OUTGOING-"):
        return [(SINCE, None, cfg.prices.export)] if name == STANDARD else None
    if tariff.startswith("E-2R-"):
        two = {NIGHT: cfg.prices.cheap, DAY: cfg.prices.standard}
        return [(SINCE, None, two[name])] if name in two else None
    if product.startswith("INTELLI-"):
        return list(_nights(cfg, now)) if name == STANDARD else None
    flat = {
        NIGHT: cfg.prices.cheap,
        DAY: cfg.prices.standard,
        CAR_CHEAP: cfg.prices.car_cheap,
        CAR_STANDARD: cfg.prices.car_standard,
    }
    if not product.startswith("IOG-SMB-") or name not in {STANDARD, *flat}:
        return None
    return [] if name == STANDARD else [(SINCE, None, flat[name])]


def _nights(cfg: Config, now: datetime) -> Iterator[Run]:
    """Two runs a day, cut by the local clock."""
    zone, day = ZoneInfo(cfg.timezone), (now - BACK).date()
    while day <= (now + AHEAD).date():
        dusk, dawn, next_dusk = (
            datetime.combine(day + timedelta(days=n), at, zone).astimezone(UTC)
            for n, at in ((0, time(23, 30)), (1, time(5, 30)), (1, time(23, 30)))
        )
        yield dusk, dawn, cfg.prices.cheap
        yield dawn, next_dusk, cfg.prices.standard
        day += timedelta(days=1)


def _time(cfg: Config, text: str | None) -> datetime | None:
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(cfg.timezone))


def _result(run: Run) -> dict[str, Json]:
    start, end, price = run
    return {
        "value_exc_vat": round(price / 1.05, 4),
        "value_inc_vat": price,
        "valid_from": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "valid_to": f"{end:%Y-%m-%dT%H:%M:%SZ}" if end else None,
        "payment_method": None,
    }
