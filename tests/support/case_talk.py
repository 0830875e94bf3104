"""Other people's cases of Intelligent Octopus, in the words of rateResolver."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wattwire.nodes.messages import Dispatch, Plan, Price, Prices, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import Config, resolve
from wattwire.nodes.tariff_rules import Fallback

Json = Any
FILE = Path(__file__).resolve().parent.parent / "world" / "cases" / "kraken.json"
CASES: dict[str, Json] = {case["id"]: case for case in json.loads(FILE.read_text())["cases"]}

KINDS = {"": "smart", "smart-charge": "smart", "smart": "smart", "bump-charge": "boost", "boost": "boost"}
PLACES = {"AT_HOME": "home", "AWAY": "away"}
IN_PROGRESS, CAPABLE = "SMART_CONTROL_IN_PROGRESS", "SMART_CONTROL_CAPABLE"
HALF_HOUR = timedelta(minutes=30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def dispatch(found: Json, **more: Any) -> Dispatch:
    told: dict[str, Any] = {
        "start": at(found["start"]),
        "end": at(found["end"]),
        "kind": KINDS.get((found.get("source") or "").lower(), "unknown"),
        "location": PLACES.get(found.get("location") or "", "unknown"),
        "kwh": found.get("charge_kwh"),
    }
    return Dispatch(**{**told, **more})


def config(**settings: Any) -> Config:
    given: dict[str, Any] = {"window": False, "trust": "offered", "allowance": None}
    prices = Fallback(cheap=4.0, standard=10.0, car_cheap=4.0, car_standard=10.0)
    return Config(**{**given, "price": prices, **settings})


def rate(cfg: Config, now: datetime, *plans: Plan, prices: Prices | None = None) -> Rate:
    """The rate at an instant at which these plans have just come."""
    state, _ = resolve(cfg, State(), Tick(now), None, prices=prices, car=None, house=None, now=now)
    for plan in plans:
        state, _ = resolve(cfg, state, None, plan, prices=prices, car=None, house=None, now=now)
    _, emit = resolve(cfg, state, Tick(now), None, prices=prices, car=None, house=None, now=now)
    assert isinstance(emit.body, Rate)
    return emit.body


def plan(now: datetime, found: list[Json] | None, device: str = "", state: str = CAPABLE, **more: Any) -> Plan:
    return Plan(at=now, device=device, state=state, dispatches=tuple(dispatch(d, **more) for d in found or ()))


def two_plans(given: Json, now: datetime) -> list[Plan]:
    return [
        plan(now, given["planned"], "planned"),
        plan(now, given["started"], "started", IN_PROGRESS),
    ]


def trust(given: Json) -> str:
    return {"planned_and_started": "offered", "started_only": "started"}[given["mode"]]


def middles(start: datetime, end: datetime) -> Iterator[datetime]:
    """An instant in each half hour of a span."""
    middle = datetime.fromtimestamp(start.timestamp() // 1800 * 1800, UTC) + HALF_HOUR / 2
    while middle - HALF_HOUR / 2 < end:
        yield middle
        middle += HALF_HOUR


def listed(found: list[Json], start: str, end: str) -> Prices:
    spans = tuple(Price(start=at(r[start]), end=at(r[end]), price=r["value_inc_vat"]) for r in found)
    return Prices(at=spans[0].start, import_=spans)
