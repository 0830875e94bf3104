"""A command to the car: the call it becomes, why it would be ignored, and whether the car shows its effect.

Longer than a page: the three are one table by command, and go wrong when they are apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from . import Reply, Request, Secret
from .car_messages import CarCommand, Schedule
from .messages import Car
from .tesla_costs import Kind, budgets
from .tesla_readings import Reading, number

DAYS = {"all", "weekdays", "sun", "mon", "tues", "wed", "thurs", "fri", "sat"}
DAYS |= {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
LOOK = "look"

Effect = Literal["done", "full", "unplugged", "powerless", "ineffective", "unknown"]


class Account(Protocol):
    @property
    def vin(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def spend_per_month(self) -> float: ...
    @property
    def ca(self) -> str | None: ...


def slot(command: CarCommand) -> str:
    """What it is about: a newer wish about the same takes its place."""
    about = {"start": "charge", "stop": "charge", "unschedule": "schedule"}.get(command.do, command.do)
    return f"{about} {command.id or int(command.at.timestamp())}" if about == "schedule" else about


def wrong(command: CarCommand) -> str:
    """Why the car would not do this, or would say that it did and not do it; or nothing."""
    value, schedule = command.value, command.schedule
    match command.do:
        case "limit" if value is None or not 50 <= value <= 100 or value % 1:
            return f"a limit is a whole number between 50 and 100 %, not {value}"
        case "amps" if value is None or not 0 <= value <= 48 or value % 1:
            return f"a current is a whole number between 0 and 48 A, not {value}"
        case "unschedule" if command.id is None:
            return "which schedule to remove is not said: id"
        case "schedule":
            return _wrong_schedule(schedule) if schedule else "no schedule is given"
    return ""


def _wrong_schedule(schedule: Schedule) -> str:
    times = [t for t in (schedule.start, schedule.end) if t is not None]
    if not times or not all(CLOCK.fullmatch(t) for t in times):
        return "a schedule has a start, an end or both, as 00:30"
    days = {d.strip().lower() for d in schedule.days.split(",")}
    return "" if days <= DAYS else f"no day of a schedule: {', '.join(sorted(days - DAYS))}"


def call(cfg: Account, command: CarCommand, bearer: Secret, base: str | None) -> Request:
    name, body = _body(command)
    return request(cfg, "POST", f"/command/{name}", bearer, "command", slot(command), body, base=base)


def look(cfg: Account, bearer: Secret, base: str | None, schedules: bool) -> Request:
    """One detailed reading; it costs the same whatever it holds."""
    blocks = "charge_state;charge_schedule_data" if schedules else "charge_state"
    return request(cfg, "GET", "/vehicle_data", bearer, "data", LOOK, query={"endpoints": blocks}, base=base)


def request(
    cfg: Account, method: str, path: str, bearer: Secret, kind: Kind | None, tag: str,
    body: Mapping[str, object] | None = None, query: Mapping[str, str] | None = None, base: str | None = None,
) -> Request:  # fmt: skip
    url = f"{(base or cfg.url).rstrip('/')}/api/1/vehicles/{cfg.vin}{path}"
    costs = budgets(kind, cfg.spend_per_month) if kind else ()
    authorization = Secret(f"Bearer {bearer.reveal()}")
    return Request(
        method=method,
        url=url,
        json=body,
        query=query or {},
        authorization=authorization,
        tag=tag,
        ca=cfg.ca,
        budgets=costs,
    )


def _body(command: CarCommand) -> tuple[str, dict[str, object]]:
    value = None if command.value is None else int(command.value)
    match command.do:
        case "start" | "stop":
            return f"charge_{command.do}", {}
        case "limit":
            return "set_charge_limit", {"percent": value}
        case "amps":
            return "set_charging_amps", {"charging_amps": value}
        case "unschedule":
            return "remove_charge_schedule", {"id": command.id}
    plan = command.schedule or Schedule(lat=0, lon=0)
    return "add_charge_schedule", {
        "id": command.id or int(command.at.timestamp()),  # noted here: left out, the proxy makes up one of its own
        "days_of_week": plan.days,
        "enabled": True,
        "lat": plan.lat,
        "lon": plan.lon,
        "start_enabled": plan.start is not None,
        "start_time": _minutes(plan.start),
        "end_enabled": plan.end is not None,
        "end_time": _minutes(plan.end),
        "one_time": plan.one_time,
    }


def _minutes(clock: str | None) -> int:
    found = CLOCK.fullmatch(clock or "")
    return int(found[1]) * 60 + int(found[2]) if found else 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What shows whether a command had its effect. None is unknown."""

    at: datetime
    plugged: bool | None = None
    powerless: bool = False  # the cable brings none
    charging: bool | None = None
    full: bool | None = None
    limit: float | None = None
    amps: float | None = None
    schedules: frozenset[int] | None = None


def of_car(car: Car) -> Seen | None:
    if car.seen is None or car.state != "online":
        return None
    level = max((v for v in (car.soc, car.soc_usable) if v is not None), default=None)
    full = None if level is None or car.limit is None else level >= car.limit
    return Seen(at=car.seen, plugged=car.plugged, charging=car.charging, full=full, limit=car.limit)


def of_reading(told: Reading, reply: Reply) -> Seen:
    match reply.json:
        case {"response": {"charge_state": dict(charge), **rest}}:
            word, asked = charge.get("charging_state"), number(charge, "charge_current_request")
            return Seen(
                at=told.at,
                plugged=told.plugged,
                powerless=word == "NoPower",
                charging=told.charging,
                full=word == "Complete",
                limit=told.limit,
                amps=number(charge, "charge_amps") if asked is None else asked,
                schedules=_schedules(rest.get("charge_schedule_data")),
            )
    return Seen(at=told.at)


def _schedules(block: object) -> frozenset[int] | None:
    match block:
        case {"charge_schedules": list(known)}:
            return frozenset(
                int(found) for s in known if isinstance(s, dict) and (found := number(s, "id")) is not None
            )
    return None


def effect(command: CarCommand, seen: Seen) -> tuple[Effect, str]:
    """What a reading that is newer than the command says of it."""
    match command.do:
        case "start" if seen.charging is False:
            if seen.plugged is False:
                return "unplugged", "no cable is in the car"
            if seen.powerless:
                return "powerless", "the cable brings no power: the charger holds it back, or is switched off"
            return ("full", "the car is charged to its limit") if seen.full else ("ineffective", "it does not charge")
        case "start":
            return ("done", "it charges") if seen.charging else ("unknown", "")
        case "stop":
            return _known(
                None if seen.charging is None else not seen.charging, "it does not charge", "it still charges"
            )
        case "limit":
            reached = None if seen.limit is None else seen.limit == command.value
            return _known(reached, f"the limit is {seen.limit or 0:g} %", f"the limit is still {seen.limit or 0:g} %")
        case "amps":
            small = (command.value or 0) < 5  # many cars then take a value of their own
            reached = None if seen.amps is None else seen.amps == command.value or (small and seen.amps <= 5)
            return _known(reached, f"the current is {seen.amps or 0:g} A", f"the current is still {seen.amps or 0:g} A")
    if seen.schedules is None:
        return "unknown", ""
    there = int(slot(command).split()[1]) in seen.schedules
    return _known(there == (command.do == "schedule"), "the car's list shows it", "the car's list does not show it")


def _known(reached: bool | None, yes: str, no: str) -> tuple[Effect, str]:
    return ("unknown", "") if reached is None else ("done", yes) if reached else ("ineffective", no)
