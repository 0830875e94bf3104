"""What Tessie answers: Tesla's own blocks, as they were when the car was last awake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import replace
from .car_known import Known, left
from .messages import Car
from .tesla_levels import levels
from .tesla_place import Place
from .tesla_readings import number, reading

NO = {
    401: ("unauthorised", "Tessie does not accept the token"),
    403: ("unauthorised", "this token may not see the car"),
    402: ("unpaid", "the subscription at Tessie is over"),
    404: ("unauthorised", "Tessie knows no such car on this account; compare the VIN"),
    429: ("throttled", "too many requests to Tessie"),
}


def seen(
    known: Known, car: Car, told: Mapping[str, Any], now: datetime, home: Place | None
) -> tuple[Known, Car | None]:
    """The car with what Tessie keeps of it, under the time the car itself gave it; None where there is nothing."""
    charge, state = told.get("charge_state"), told.get("state")
    if not isinstance(charge, dict):
        return known, _away(car, state) if known.sent and state in ("asleep", "offline") else None
    stamped = number(charge, "timestamp") is not None
    read = reading(told, now)
    if stamped and car.seen is not None and read.at < car.seen:
        return known, _away(car, state)  # older than what is known already
    level = levels(read.soc, read.soc_usable, car, known.offset)
    car = replace(
        car,
        seen=read.at if stamped else car.seen,
        plugged=car.plugged if read.plugged is None else read.plugged,
        charging=read.charging,
        soc=level.gross,
        soc_usable=level.usable,
        limit=car.limit if read.limit is None else read.limit,
        power=read.power,
        home=home.holds(read.where) if home and read.where else car.home,
        reckoned=level.reckoned,
        fast=read.fast,
    )
    return replace(known, offset=level.offset), _away(car, state)


def _away(car: Car, state: object) -> Car:
    match state:
        case "asleep" | "offline":
            return left(car, state)
        case "online" | "awake" | "waiting_for_sleep":
            return replace(car, state="online")
    return replace(car, state="unknown")
