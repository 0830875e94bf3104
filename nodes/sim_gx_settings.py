"""The settings of a simulated GX: types, bounds, and what the real one does with a written value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .gx_topics import DYNAMIC, ESS, LIMIT, SETTINGS, ZONE, slot_path

Value: TypeAlias = float | str | None

OVERRIDES = ("hub4/0/Overrides/Setpoint", "hub4/0/Overrides/ForceCharge", "hub4/0/Overrides/MaxDischargePower")


@dataclass(frozen=True)
class Setting:
    kind: type[int] | type[float] | type[str]
    default: float | str
    least: float | None = None
    most: float | None = None


SLOT = {
    "Day": Setting(int, -7, -11, 11),
    "Start": Setting(int, 0, 0, 86_399),
    "Duration": Setting(int, 0),
    "Soc": Setting(int, 100, 0, 100),
    "AllowDischarge": Setting(int, 0, 0, 1),
}
TABLE: dict[str, Setting] = {
    f"{ESS}/Hub4Mode": Setting(int, 1),  # no bounds, as on the real one
    f"{ESS}/BatteryLife/State": Setting(int, 10, 0, 12),
    f"{ESS}/BatteryLife/MinimumSocLimit": Setting(float, 10.0, 0, 100),
    f"{ESS}/AcPowerSetPoint": Setting(float, 50.0, -1e6, 1e6),
    f"{ESS}/MaxDischargePower": Setting(float, -1.0),
    f"{ESS}/RunWithoutGridMeter": Setting(int, 0, 0, 1),
    LIMIT: Setting(float, -1.0, -1, 1000),
    f"{SETTINGS}/SystemSetup/MaxChargeCurrent": Setting(float, -1.0, -1, 10_000),
    DYNAMIC: Setting(int, 0, 0, 4),
    ZONE: Setting(str, "/UTC"),
    **{slot_path(slot, field): setting for slot in range(5) for field, setting in SLOT.items()},
}


PATHS = tuple({field: slot_path(slot, field) for field in SLOT} for slot in range(5))


def defaults(zone: str, limit: float) -> dict[str, float | str]:
    own: dict[str, float | str] = {ZONE: zone, LIMIT: limit}
    return {path: own.get(path, setting.default) for path, setting in TABLE.items()}


def accept(path: str, payload: bytes) -> float | str | None:
    """The value that a write leads to; None where the GX ignores it without a word."""
    setting, value = TABLE.get(path), _value(payload)
    if setting is None or value is None:
        return None
    if setting.kind is str:
        return value if isinstance(value, str) else None
    try:
        number = float(value)
    except ValueError:
        return None
    if (setting.least is not None and number < setting.least) or (setting.most is not None and number > setting.most):
        return None
    return int(number) if setting.kind is int else number


def override(payload: bytes) -> tuple[bool, float | None]:
    """An override takes numbers and null, unchecked; the first says whether this is one."""
    try:
        body = json.loads(payload)
    except ValueError:
        return False, None
    value = body.get("value", "") if isinstance(body, dict) else ""
    return (
        (True, None if value is None else float(value)) if not isinstance(value, str | list | dict) else (False, None)
    )


def payload(path: str, value: Value) -> dict[str, object]:
    """What N carries; settings tell their bounds."""
    setting = TABLE.get(path)
    if setting is None or setting.least is None:
        return {"value": value}
    return {"max": setting.most, "min": setting.least, "value": value}


def slot(settings: Mapping[str, float | str], index: int) -> dict[str, float]:
    return {field: float(settings[path]) for field, path in PATHS[index].items()}


def _value(payload: bytes) -> float | str | None:
    try:
        body = json.loads(payload)
    except ValueError:
        return None
    value = body.get("value") if isinstance(body, dict) else None
    return value if isinstance(value, str | int | float) else None
