"""What power costs at one moment, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from . import replace
from .half_hours import begins, instant
from .ladder import BOOSTING, Rung, started
from .messages import Rate
from .outlook import Latch, Outlook, devices_of
from .reasons import why

Band = Literal["cheap", "standard", "unsure"]


def decide(known: Outlook, latch: Latch | None, now: datetime) -> tuple[Band, Rate]:
    latch = latch if latch is not None and latch.half == known.half else None
    until, rate = known.told.get(latch, (0.0, None))
    if rate is None or not rate.at <= now or now.timestamp() >= until:
        rate = _decide(known, latch, now)
        known.told[latch] = known.stays(now.timestamp()), rate
        return rate.band, rate
    return rate.band, replace(rate, at=now)


def _decide(known: Outlook, latch: Latch | None, now: datetime) -> Rate:
    t, tariff, rules = now.timestamp(), known.tariff, known.rules
    tier, concerned = tariff.tier(t), devices_of(known.here) or tuple(known.plans) or ("",)
    window = tier == "cheap"
    earning = not window and known.earns(now, now, latch)
    cheap = earning and rules.dispatch == "house"
    house = tariff.lowest(t) if cheap else tariff.plain(t, tier)
    band: Band = "cheap" if window or cheap else "standard"
    if not window and (house is None or not (cheap or known.fresh or rules.dispatch != "house")):
        band, house = "unsure", tariff.plain(t, tier)
    if window:
        car_cheap = not all(known.budget.beyond(d, t) for d in concerned)
    else:
        car_cheap = (band == "cheap" or (earning and rules.dispatch == "car")) and not _boosting(known, now)
    rung, rung_at = _rung(known, latch, now, window)
    car = tariff.car(car_cheap, house)
    return Rate(
        at=now,
        until=begins(known.half + 1),
        house=house,
        car=car,
        band=band,
        window=window,
        planned=bool(known.touching),
        rung=rung,
        rung_at=rung_at,
        allowance_left=known.budget.left(concerned, t),
        next=known.next(now, house, latch),
        why=why(known, latch, now, band, rung, car_cheap),
        tier=tier,
        export=tariff.export(t),
        credit=house - car if rules.car == "credit" and house is not None and car not in (None, house) else None,
        barred=band == "standard" and known.barred(t),
    )


def _rung(known: Outlook, latch: Latch | None, now: datetime, window: bool) -> tuple[Rung | None, datetime | None]:
    if window:
        since = known.tariff.opened(now.timestamp())
        return "window", None if since is None else instant(since)
    if latch is not None:
        return "confirmed", latch.at
    begun = [o.plan.at for o in known.here if started(o.plan, o.dispatch, now)]
    if begun:
        return "started", max(begun)
    return ("offered", max(o.plan.at for o in known.here)) if known.here else (None, None)


def _boosting(known: Outlook, now: datetime) -> bool:
    told = any(known.plans[device].state == BOOSTING for device in known.fresh)
    return told or any(d.start <= now < d.end for d in known.boosts)
