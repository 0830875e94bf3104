"""What Tesla tells of a Powerwall's site, and what to make of a reply that tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from . import Emit, Reply
from .field import figure
from .messages import House

MONEY = "tesla spend"  # the budget shared by all who ask Tesla


def house(told: Mapping[str, object], now: datetime) -> House:
    """Tesla's signs: battery + is discharging."""
    battery = figure(told.get("battery_power"))
    status = told.get("grid_status")
    up, down = status in ("Active", "SystemGridConnected"), status in ("Inactive", "SystemIslandedActive")
    return House(
        at=now,
        soc=figure(told.get("percentage_charged")),
        grid=figure(told.get("grid_power")),
        battery=None if battery is None else -battery,
        load=figure(told.get("load_power")),
        pv=figure(told.get("solar_power")),
        controllable=up,
        why_not=None if up else "the grid is gone, or not reported",
        islanded=down if up or down else None,
    )


def trouble(reply: Reply) -> Emit:
    match reply.status:
        case 401:
            return Emit("unauthorised", reply.fault("Tesla does not accept the token"))
        case 429:
            return Emit("throttled", reply.fault("too many requests to Tesla"))
        case 0 if reply.spent == MONEY:
            return Emit("spent", reply.fault())
        case 0 if reply.spent:
            return Emit("throttled", reply.fault())
        case 403 | 404:
            return Emit("refused", reply.fault("the token lacks the energy scopes, or there is no such site"))
    return Emit("failed", reply.fault())
