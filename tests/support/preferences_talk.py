"""chargePreferences' talk with Octopus: a car and its week, and what is written for a person's wish."""

from datetime import UTC, datetime
from typing import Any

from wattwire.nodes import Emit, Json, Reply, Request, Secret
from wattwire.nodes.charge_preferences import Config, read, run
from wattwire.nodes.kraken_errands import State
from wattwire.nodes.kraken_schedules import Preferences
from wattwire.nodes.messages import Token

NOW = datetime(2026, 10, 1, 22, 0, tzinfo=UTC)
CFG, TOKEN = Config(account="A-1"), Token(Secret("t"), NOW)
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def schedule(aim: str) -> dict[str, Json]:
    """`80 07:30` as Octopus tells it."""
    percent, time = aim.split()
    return {"time": f"{time}:00", "min": None, "max": float(percent)}


def week(*aims: str) -> Json:
    """Monday to Sunday; the last one goes on."""
    each = (*aims, *[aims[-1]] * (7 - len(aims)))
    return [{"dayOfWeek": day, **schedule(aim)} for day, aim in zip(DAYS, each, strict=True)]


def car(*aims: str, setting: Json = None, **more: Json) -> dict[str, Json]:
    told: dict[str, Json] = {"id": "car-1", "name": "Our car", "status": {"current": "LIVE"}}
    if aims:
        told["preferences"] = {"mode": "CHARGE", "unit": "PERCENTAGE", "schedules": week(*aims)}
    return {**told, "preferenceSetting": {"scheduleSettings": [setting]} if setting else None, **more}


def devices(*found: dict[str, Json]) -> Reply:
    return Reply(200, {"data": {"devices": list(found)}}, at=NOW, tag="read")


def said(wish: Preferences, *found: dict[str, Json], state: State | None = None) -> tuple[State, list[Emit | Request]]:
    """What comes of a wish once the devices are read."""
    state, results = run(CFG, state or State(), wish, None, None, token=TOKEN, now=NOW)
    return read(CFG, state, devices(*found)) if isinstance(results[-1], Request) else (state, results)


def sent(wish: Preferences, *found: dict[str, Json], state: State | None = None) -> list[str]:
    """The week that is written, `80 07:30` a day, or why none is."""
    result = said(wish, *found, state=state)[1][-1]
    if isinstance(result, Emit):
        return [f"{result.port}: {getattr(result.body, 'why', '')}"]
    return written(result)


def written(request: Request) -> list[str]:
    asked: Any = request.json
    return [f"{d['max']} {d['time']}" for d in asked["variables"]["wish"]["schedules"]]
