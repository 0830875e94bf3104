"""A command to the car: the call it becomes, and why the car would not do it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from . import Request, Secret
from .car_messages import CarCommand, Schedule
from .tesla_costs import Kind, budgets

DAYS = {"all", "weekdays", "sun", "mon", "tues", "wed", "thurs", "fri", "sat"}
DAYS |= {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
LOOK = "look"


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
            return "say which schedule to remove: its id"
        case "schedule":
            return _wrong_schedule(schedule) if schedule else "no schedule is given"
    return ""


def _wrong_schedule(schedule: Schedule) -> str:
    times = [t for t in (schedule.start, schedule.end) if t is not None]
    if not times or not all(CLOCK.fullmatch(t) for t in times):
        return "a schedule has a start, an end or both, written like 00:30"
    days = {d.strip().lower() for d in schedule.days.split(",")}
    return "" if days <= DAYS else f"not a day of a schedule: {', '.join(sorted(days - DAYS))}"


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
