"""Cases of a tariff: what its file makes of a moment, beside what its supplier says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .ladder import Rung
from .messages import Dispatch, Plan, Price, Prices, Rate, Tick
from .rate_memory import State
from .rate_resolver import Config, resolve
from .tariff_rules import Fallback, Rules

HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Series:
    """Prices of one half hour after the other."""

    start: datetime
    prices: tuple[float, ...]

    def spans(self) -> tuple[Price, ...]:
        starts = (self.start + n * HALF_HOUR for n in range(len(self.prices)))
        return tuple(Price(start=s, end=s + HALF_HOUR, price=p) for s, p in zip(starts, self.prices, strict=True))


@dataclass(frozen=True, kw_only=True)
class Case:
    says: str
    at: datetime
    expect: Mapping[str, object]  # fields of the rate
    dispatches: tuple[Dispatch, ...] | None = None  # of a plan that has just come; none: no plan has ever come
    state: str | None = None  # of the car, in that plan
    power: float | None = None  # W, that the car draws now
    listed: Series | None = None
    sold: Series | None = None
    prices: Prices | None = None  # other lists than those of half hours
    price: Fallback = field(default_factory=Fallback)  # what the flow's settings say
    trust: Rung = "confirmed"


def rate(rules: Rules, case: Case) -> Rate:
    """What rateResolver says with this tariff, a minute after what is known became known."""
    cfg, prices, now = Config(tariff=rules, price=case.price, trust=case.trust), case.prices, case.at
    if case.listed or case.sold:
        bought, sold = (series.spans() if series else () for series in (case.listed, case.sold))
        prices = Prices(at=now, import_=bought, export=sold)
    state = State()
    if case.dispatches is not None:
        plan = Plan(at=now, state=case.state, dispatches=case.dispatches, power=case.power)
        state, _ = resolve(cfg, state, None, plan, prices=prices, car=None, house=None, now=now)
    _, emit = resolve(cfg, state, Tick(now), None, prices=prices, car=None, house=None, now=now)
    assert isinstance(emit.body, Rate)
    return emit.body
