"""The GX's MQTT grammar: N is what it tells, R asks, W writes, and a write is never acknowledged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Literal, TypeAlias

from . import Say
from .field import figure

Value: TypeAlias = float | str | None

SERIAL = "system/0/Serial"
HEARTBEAT = "heartbeat"
COMPLETED = "full_publish_completed"
BORN = "keepalive"  # told once, as it starts
ECHO = "full-publish-completed-echo"
QUIET = {"keepalive-options": ["suppress-republish"]}

SETTINGS = "settings/0/Settings"
ESS = f"{SETTINGS}/CGwacs"
ZONE = f"{SETTINGS}/System/TimeZone"
DYNAMIC = f"{SETTINGS}/DynamicEss/Mode"
LIMIT = f"{ESS}/AcInputLimit"
USER_SETPOINT = f"{ESS}/AcPowerSetPoint"
SETPOINT = "hub4/0/Overrides/Setpoint"
FORCE = "hub4/0/Overrides/ForceCharge"
SOURCE = "system/0/Ac/ActiveIn/Source"
FIRMWARE = "platform/0/Firmware/Installed/Version"
CONTROL = "system/0/Control"
SCHEDULED = f"{CONTROL}/ScheduledCharge"
SCHEDULED_SOC = f"{CONTROL}/ScheduledSoc"
SCHEDULED_STATUS = f"{CONTROL}/ScheduledChargeStatus"
FIELDS = ("Day", "Start", "Duration", "Soc", "AllowDischarge")

# Narrow: a GX tells up to hundreds of values a second.
LISTENED = (
    HEARTBEAT,
    COMPLETED,
    BORN,
    "system/0/#",
    "hub4/0/#",
    f"{ESS}/#",
    DYNAMIC,
    ZONE,
    FIRMWARE,
    "evcharger/+/Ac/Power",
    "vebus/+/Ac/ActiveIn/L1/V",
)


@dataclass(frozen=True)
class Note:
    """One N message. `gone`: zero bytes, the whole device left."""

    portal: str
    path: str
    value: Value
    gone: bool = False
    echo: str | None = None


@lru_cache(1024)  # most of what a GX tells it has told before
def note(topic: str, payload: bytes) -> Note | None:
    """Read an N message; None where it is none, or holds no plain value."""
    kind, _, rest = topic.partition("/")
    portal, _, path = rest.partition("/")
    if kind != "N" or not path:
        return None
    if not payload:
        return Note(portal, path, None, gone=True)
    if path == BORN:
        return Note(portal, path, None)
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or "value" not in body:
        return None
    value, echo = body["value"], body.get(ECHO)
    plain = value if isinstance(value, str | bool) or figure(value) is not None else None
    return Note(portal, path, plain, echo=None if echo is None else str(echo))


def written(topic: str, payload: bytes) -> tuple[Literal["R", "W"], str, str, bytes] | None:
    """Read a client's R or W: its kind, portal id, path and payload. For a simulator."""
    kind, _, rest = topic.partition("/")
    portal, _, path = rest.partition("/")
    if kind == "R":
        return "R", portal, path, payload
    return ("W", portal, path, payload) if kind == "W" else None


@cache
def slot_path(slot: int, field: str = "") -> str:
    """A value of a slot; without a field all of it, to be read at once."""
    return f"{ESS}/BatteryLife/Schedule/Charge/{slot}{field and f'/{field}'}"


def ask(portal: str, path: str) -> Say:
    return Say(f"R/{portal}/{path}", b"")


def write(portal: str, path: str, value: float | None) -> Say:
    """Whole numbers go as int, as the GX's settings are declared; None takes an override back. Never retained."""
    whole = value is not None and float(value).is_integer()
    return Say(f"W/{portal}/{path}", {"value": int(value) if whole and value is not None else value})


def keepalive(portal: str, token: str | None = None) -> Say:
    """With a token: publish everything and end with it. Without: only stay awake."""
    return Say(f"R/{portal}/keepalive", {"keepalive-options": [{ECHO: token}]} if token else QUIET)


def token(now: datetime) -> str:
    return f"{int(now.timestamp() * 1000):x}"
