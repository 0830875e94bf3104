"""Octopus's plan for one device: how it is asked for and read, in the new shape and the old one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from .calls import Json, Reply, Request
from .kraken_budgets import calls, plans
from .kraken_devices import STATUS, device
from .kraken_replies import Wrong, instant, number
from .messages import Device, Dispatch, Token

WANTED = "flexPlannedDispatches(deviceId: $device) { start end type energyAddedKwh }"
LEAN = f"query Plan($device: String!) {{ {WANTED} }}"
FULL = f"""query Plan($device: String!, $account: String!) {{ {WANTED}
  devices(accountNumber: $account, deviceId: $device) {{ __typename id {STATUS} }} }}"""

KINDS: dict[str, Literal["smart", "boost", "test"]] = {
    "": "smart",  # an entry that names no source is a smart one
    "smart": "smart",
    "smart-charge": "smart",
    "boost": "boost",
    "bump-charge": "boost",
    "test": "test",
    "test-charge": "test",
}
LOCATIONS: dict[str, Literal["home", "away"]] = {"AT_HOME": "home", "AWAY": "away"}


def plan_request(url: str, account: str, token: Token, device_id: str, *, lean: bool) -> Request:
    """`lean` asks for the plan alone; else the device's state comes along, in the same call."""
    variables = {"device": device_id} if lean else {"device": device_id, "account": account}
    asked = {"query": LEAN if lean else FULL, "variables": variables}
    cost = (plans(account), calls(account))
    return Request(method="POST", url=url, json=asked, authorization=token.token, budgets=cost)


def beside_the_plan(wrong: Wrong) -> bool:
    """The device's state is an extra, and so is one field of one entry: their failure leaves the plan usable."""
    return wrong.path[:1] == ("devices",) or len(wrong.path) > 2


def dispatches(data: Json) -> tuple[Dispatch, ...] | str:
    """The plan in a reply's data, or why there is none. An empty list is a plan; null is not."""
    found = data.get("flexPlannedDispatches", data.get("plannedDispatches")) if isinstance(data, dict) else None
    if not isinstance(found, list):
        return "the reply has no plan"
    read: list[Dispatch] = []
    for entry in found:
        try:
            read.append(dispatch(entry))
        except ValueError as wrong:
            return f"not a dispatch ({wrong}): {str(entry)[:200]}"
    return tuple(sorted(read, key=lambda d: d.start))


def told_device(reply: Reply, device_id: str | None) -> Device | None:
    """The asked device's state, or whether it is suspended, where the reply tells it."""
    match reply.json:
        case {"data": {"devices": list(found)}}:
            told = [d for d in (device(f, reply.at) for f in found) if d is not None and d.id == (device_id or d.id)]
            return told[0] if told and (told[0].state is not None or told[0].suspended is not None) else None
        case _:
            return None


def dispatch(found: Json) -> Dispatch:
    if not isinstance(found, dict):
        raise ValueError("no fields")
    start, end = _time(found, "start"), _time(found, "end")
    if end < start:
        raise ValueError("it ends before it starts")
    meta = found.get("meta")
    about = meta if isinstance(meta, dict) else {}
    word = str(found.get("type") or about.get("source") or "").lower()
    # Import is negative in the old shape, and now and then in the new one.
    told = (number(found.get(name)) for name in ("energyAddedKwh", "delta", "deltaKwh"))
    kwh = next((n for n in told if n is not None), None)
    return Dispatch(
        start=start,
        end=end,
        kind=KINDS.get(word, "unknown"),
        location=LOCATIONS.get(str(about.get("location")).upper(), "unknown"),
        kwh=None if kwh is None else float(abs(kwh)),
    )


def _time(found: dict[str, Json], name: str) -> datetime:
    text = found.get(name) or found.get(f"{name}Dt")
    if not isinstance(text, str):
        raise ValueError(f"no {name}")
    return instant(text)
