"""The devices of an Octopus account: how they are asked for, read, and chosen from."""

from __future__ import annotations

from datetime import datetime, timedelta

from .calls import Json, Request
from .kraken_budgets import calls
from .kraken_replies import Wrong, instant, number
from .messages import Device, Token

READINGS = "stateOfCharge { value timestamp } activePower { value timestamp }"
STATUS = f"""status {{ current currentState isSuspended
    ... on SmartFlexVehicleStatus {{ {READINGS} }} ... on SmartFlexChargePointStatus {{ {READINGS} }} }}"""
DEVICES = f"""query Devices($account: String!) {{
  devices(accountNumber: $account) {{ __typename id name deviceType {STATUS} }} }}"""
EV = "ELECTRIC_VEHICLES"
STALE = timedelta(minutes=15)
"""A power reading older than this says nothing about now."""


def devices_request(url: str, account: str, token: Token) -> Request:
    asked = {"query": DEVICES, "variables": {"account": account}}
    return Request(method="POST", url=url, json=asked, authorization=token.token, budgets=(calls(account),))


def one_field_of_one_device(wrong: Wrong) -> bool:
    """Such an error leaves the rest of the reply usable: `["devices", 0, "status"]`."""
    return len(wrong.path) > 2 and wrong.path[0] == "devices"


def candidates(found: list[Json], at: datetime) -> list[Device]:
    """The cars and chargers that are live, in a steady order: cars first, then by id."""
    able = [f for f in found if isinstance(f, dict) and f.get("deviceType", EV) in (EV, None) and _live(f)]
    able.sort(key=lambda f: (f.get("__typename") != "SmartFlexVehicle", str(f.get("id"))))
    return [d for d in (device(f, at) for f in able) if d is not None]


def device(found: Json, at: datetime) -> Device | None:
    """One entry of `devices`; None if it has no id. What the reply does not tell stays unknown."""
    id_ = found.get("id") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(id_, str) or not id_:
        return None
    status = found.get("status")
    told = status if isinstance(status, dict) else {}
    state, suspended, name = told.get("currentState"), told.get("isSuspended"), found.get("name")
    power, power_at = _power(told.get("activePower"), at)
    return Device(
        at=at,
        id=id_,
        state=state if isinstance(state, str) else None,
        suspended=suspended if isinstance(suspended, bool) else None,
        soc=_level(told.get("stateOfCharge")),
        power=power,
        power_at=power_at,
        name=name if isinstance(name, str) else None,
    )


def _live(found: dict[str, Json]) -> bool:
    match found.get("status"):
        case {"current": str(current)}:
            return current == "LIVE"
        case _:  # the status alone may fail; the device is there all the same
            return True


def _level(found: Json) -> float | None:
    value = number(found.get("value")) if isinstance(found, dict) else None
    return float(value) if value is not None and 0 <= value <= 100 else None


def _power(found: Json, at: datetime) -> tuple[float | None, datetime | None]:
    """What it draws, in W, and when that was read; it comes in kW, and an old reading does not count."""
    if not isinstance(found, dict):
        return None, None
    value, seen = number(found.get("value")), found.get("timestamp")
    try:
        read = instant(seen) if isinstance(seen, str) else None
    except ValueError:
        return None, None
    if value is None or (read is not None and at - read > STALE):
        return None, None
    return float(value * 1000), read
