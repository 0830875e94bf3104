"""What a household may ask of Octopus about its car: how full and by when, and whether it is steered at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .calls import Fault, Reply, Request
from .kraken_replies import Trouble, trouble
from .messages import Device, Token

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
HALF_HOURS = re.compile(r"([01]\d|2[0-3]):(00|30)")

PREFER = "mutation Prefer($wish: SmartFlexDevicePreferencesInput!) { setDevicePreferences(input: $wish) { id } }"
STEER = "mutation Steer($wish: SmartControlInput!) { updateDeviceSmartControl(input: $wish) { id } }"


@dataclass(frozen=True, kw_only=True)
class Target:
    """How full the car should be, and by when. What is not given is taken from the node's settings."""

    percent: int | None = None
    ready_by: str | None = None  # local time on the half hour, "07:30"


@dataclass(frozen=True, kw_only=True)
class Done:
    """Octopus took the wish. It shows in the device's state within seconds or minutes."""

    at: datetime
    device: str
    wish: str


def wrong_target(percent: int, ready_by: str) -> str:
    """Why Octopus would not take this, or nothing. One wrong part refuses the whole change."""
    if percent % 5 or not 5 <= percent <= 100:
        return f"{percent} % is not a step of 5 between 5 and 100"
    if not HALF_HOURS.fullmatch(ready_by):
        return f"{ready_by!r} is not a time on the half hour, such as 07:30"
    return ""


def prefer(url: str, token: Token, device: Device, percent: int, ready_by: str) -> Request:
    """All seven days: a list of fewer is not a change to those, it is the loss of the others."""
    days = [{"dayOfWeek": day, "time": ready_by, "max": str(percent)} for day in DAYS]
    return _request(
        url, token, PREFER, {"deviceId": device.id, "mode": "CHARGE", "unit": "PERCENTAGE", "schedules": days}
    )


def steer(url: str, token: Token, device: Device, action: Literal["SUSPEND", "UNSUSPEND"]) -> Request:
    return _request(url, token, STEER, {"deviceId": device.id, "action": action})


def missing(token: Token | None, device: Device | None) -> Trouble:
    """What is not there yet to ask with."""
    if token is None:
        return Trouble("unauthorised", Fault("no token yet"))
    return Trouble("failed", Fault("no device yet" if device is None else "nothing to ask"))


def answered(reply: Reply, wish: str) -> Done | Trouble:
    if wrong := trouble(reply):
        return wrong
    match reply.json:
        case {"data": {"setDevicePreferences": {"id": str(id_)}} | {"updateDeviceSmartControl": {"id": str(id_)}}}:
            return Done(at=reply.at, device=id_, wish=wish)
        case _:
            return Trouble("failed", reply.fault("Octopus did not say that it was done"))


def _request(url: str, token: Token, query: str, wish: dict[str, object]) -> Request:
    asked = {"query": query, "variables": {"wish": wish}}
    return Request(method="POST", url=url, json=asked, authorization=token.token)
