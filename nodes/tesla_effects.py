"""Whether the car shows the effect of a command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from . import Reply
from .car_messages import CarCommand
from .messages import Car
from .tesla_orders import slot
from .tesla_readings import Reading, number

Effect = Literal["done", "full", "unplugged", "powerless", "ineffective", "unknown"]


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
                return "unplugged", "no cable is plugged into the car"
            if seen.powerless:
                return "powerless", "the cable brings no power: the charger holds it back, or is switched off"
            return ("full", "the car is charged to its limit") if seen.full else ("ineffective", "it is not charging")
        case "start":
            return ("done", "it is charging") if seen.charging else ("unknown", "")
        case "stop":
            return _known(
                None if seen.charging is None else not seen.charging, "it is not charging", "it is still charging"
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
