"""rateResolver, lived through on a day in November: what it is told, and the rates it says."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from wattwire.nodes.messages import Car, Dispatch, House, Plan, Prices, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import Config, resolve
from wattwire.nodes.tariff_rules import Fallback

PENCE = Fallback(cheap=7.0, standard=28.0, car_cheap=6.0, car_standard=27.0)


def at(clock: str, day: int = 20) -> datetime:
    """A time of a day in November; `+` is the day after."""
    day, clock = (day + 1, clock[1:]) if clock.startswith("+") else (day, clock)
    hour, minute, second = (*map(int, clock.split(":")), 0)[:3]
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def dispatch(span: str, **more: Any) -> Dispatch:
    start, end = span.split("-")
    return Dispatch(start=at(start), end=at(end), **more)


def plan(now: str, *spans: str | Dispatch, **more: Any) -> Plan:
    found = tuple(dispatch(s) if isinstance(s, str) else s for s in spans)
    return Plan(at=at(now), dispatches=found, **more)


def charging(now: str, yes: bool = True, home: bool | None = None) -> Car:
    return Car(at=at(now), seen=at(now), charging=yes, home=home)


def config(trust: Any = "confirmed", **settings: Any) -> Config:
    return Config(**{"price": PENCE, "trust": trust, **settings})


def live(cfg: Config, *steps: str | datetime | Plan | Car | House | Prices) -> list[Rate]:
    """The rates of an afternoon: a time is a tick, a plan comes when it was made, all else is remembered."""
    state, rates = State(), []
    held: dict[str, Any] = {"prices": None, "car": None, "house": None}
    for step in steps:
        if isinstance(step, Car | House | Prices):
            held[type(step).__name__.lower()] = step
            continue
        now = step.at if isinstance(step, Plan) else at(step) if isinstance(step, str) else step
        tick, new = (None, step) if isinstance(step, Plan) else (Tick(now), None)
        state, emit = resolve(cfg, state, tick, new, now=now, **held)
        assert isinstance(emit.body, Rate)
        assert emit.port == emit.body.band
        rates.append(emit.body)
    return rates


def bands(rates: Sequence[Rate]) -> list[str]:
    return [rate.band for rate in rates]
