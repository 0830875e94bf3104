"""A day of plans, readings and ticks, and what rateResolver makes of its allowance."""

from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.nodes.messages import Car, Dispatch, House, Plan, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import Config, resolve
from wattwire.nodes.tariff_rules import Fallback

PENCE = Fallback(cheap=7.0, standard=28.0, car_cheap=6.0, car_standard=27.0)


def at(clock: str) -> datetime:
    """A time of 20 January; `+` is the day after, `-` the day before."""
    day = 20 + clock.startswith("+") - clock.startswith("-")
    hour, minute = map(int, clock.lstrip("+-").split(":"))
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def dispatch(start: str, end: str, **more: Any) -> Dispatch:
    return Dispatch(start=at(start), end=at(end), **more)


def plan(now: str, *found: tuple[str, str] | Dispatch, device: str = "car", power: float | None = None) -> Plan:
    dispatches = tuple(d if isinstance(d, Dispatch) else dispatch(*d) for d in found)
    return Plan(at=at(now), device=device, power=power, dispatches=dispatches)


def config(**settings: Any) -> Config:
    given = {"price": PENCE, "trust": "offered", "plan_max_age": timedelta(days=1), **settings}
    return Config(**given)


def live(cfg: Config, *steps: str | Plan | Car | House) -> list[Rate]:
    state, rates, car, house = State(), [], None, None
    for step in steps:
        if isinstance(step, Car):
            car = step
        elif isinstance(step, House):
            house = step
        else:
            tick, new = (Tick(at(step)), None) if isinstance(step, str) else (None, step)
            now = at(step) if isinstance(step, str) else step.at
            state, emit = resolve(cfg, state, tick, new, prices=None, car=car, house=house, now=now)
            assert isinstance(emit.body, Rate)
            rates.append(emit.body)
    return rates


def left(cfg: Config, *steps: str | Plan | Car | House) -> list[float | None]:
    return [rate.allowance_left for rate in live(cfg, *steps)]


def seen(clock: str, charging: bool) -> Car:
    return Car(at=at(clock), seen=at(clock), charging=charging)
