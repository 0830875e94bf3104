"""A reading of the car, as Tesla writes it down: each field that is missing or of another kind is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .field import figure

PLUGGED = {"Disconnected": False} | dict.fromkeys(("NoPower", "Starting", "Charging", "Complete", "Stopped"), True)


@dataclass(frozen=True)
class Reading:
    """The detailed answer. None is unknown."""

    at: datetime  # when the car said it
    plugged: bool | None
    charging: bool | None
    soc: float | None
    soc_usable: float | None
    limit: float | None
    power: float | None  # W
    where: tuple[float, float] | None
    driving: bool | None
    busy: bool  # something keeps it awake: people, climate, sentry, an update, an open door, a load
    fast: bool | None = None  # it is at a fast (DC) charger

    @property
    def tells(self) -> bool:
        """Whether there is anything in it about the charge: a car that is just awake may know nothing yet."""
        return any(told is not None for told in (self.plugged, self.soc, self.soc_usable, self.limit))


def reading(car: Mapping[str, Any], now: datetime) -> Reading:
    charge, drive, climate, vehicle = (
        block if isinstance(block := car.get(f"{name}_state"), dict) else {}
        for name in ("charge", "drive", "climate", "vehicle")
    )
    word = str(charge.get("charging_state"))
    charging = word in ("Starting", "Charging") if word in PLUGGED else None
    gear = drive.get("shift_state", "")  # a missing block is no information, a null is parked
    told = number(charge, "timestamp") or number(drive, "timestamp") or 0.0  # a newer drive makes it no younger
    stamp = told / 1000
    lat, lon = number(drive, "latitude"), number(drive, "longitude")
    return Reading(
        at=datetime.fromtimestamp(stamp, UTC) if 0 < stamp < now.timestamp() else now,
        plugged=PLUGGED.get(word),
        charging=charging,
        soc=share(charge, "battery_level"),
        soc_usable=share(charge, "usable_battery_level"),
        limit=share(charge, "charge_limit_soc"),
        power=0.0 if charging is False else drawn(charge) if charging else None,
        where=None if lat is None or lon is None else (lat, lon),
        driving=False if gear in ("P", None) else True if gear in ("D", "N", "R") else None,
        busy=_busy(drive, climate, vehicle),
        fast=present if isinstance(present := charge.get("fast_charger_present"), bool) else None,
    )


def number(block: Mapping[str, Any], name: str) -> float | None:
    return figure(block.get(name))


def share(block: Mapping[str, Any], name: str) -> float | None:
    """A percentage; what is none is unknown."""
    found = number(block, name)
    return found if found is not None and 0 <= found <= 100 else None


def drawn(charge: Mapping[str, Any]) -> float | None:
    """W: whole kW, or finer from volts and amperes where these agree with it."""
    kw, volts, amps = (number(charge, f"charger_{n}") for n in ("power", "voltage", "actual_current"))
    phases = {1.0: 1, 2.0: 3, 3.0: 3}.get(number(charge, "charger_phases") or 0.0)  # many cars say 2 for three
    if volts and amps and phases and (kw is None or abs(volts * amps * phases - kw * 1000) <= 1000):
        return figure(volts * amps * phases)
    return None if kw is None else figure(kw * 1000)


def _busy(drive: Mapping[str, Any], climate: Mapping[str, Any], vehicle: Mapping[str, Any]) -> bool:
    update = block if isinstance(block := vehicle.get("software_update"), dict) else {}
    loading = update.get("status") == "downloading" and (number(update, "download_perc") or 0.0) < 100
    updating = loading or update.get("status") == "installing"
    opened = any(number(vehicle, name) for name in ("df", "dr", "pf", "pr", "ft", "rt"))
    climatic = climate.get("is_preconditioning") is True or climate.get("climate_keeper_mode") in ("dog", "camp")
    present = vehicle.get("is_user_present") is True or vehicle.get("sentry_mode") is True
    return present or climatic or updating or opened or (number(drive, "power") or 0.0) > 0
