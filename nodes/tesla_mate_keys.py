"""What TeslaMate publishes of a car, key by key, on change only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from . import Heard, replace, volatile
from .car_known import Known, doing, left
from .field import amount
from .messages import Car
from .tesla_place import Place
from .tesla_readings import PLUGGED, drawn

# TeslaMate's word -> the car's, and what its reader is about
STATES = {
    "online": "watching",
    "suspended": "resting",  # left alone by TeslaMate, and probably awake
    "driving": "driving",
    "charging": "charging",
    "updating": "watching",
}
CURRENT = ("charger_power", "charger_voltage", "charger_actual_current", "charger_phases")


@dataclass(frozen=True)
class Memory:
    known: Known = field(default_factory=Known)
    car: Car | None = volatile(lambda: None)  # as known now
    current: Mapping[str, float] = volatile(dict)  # what it says of the charger


def heard(memory: Memory, car: Car, said: Heard, key: str, home: Place | None, now: datetime) -> tuple[Memory, Car]:
    """A retained value is true of a time that nobody knows. Nothing at all is how a null is sent, of some keys only."""
    text = said.payload.decode(errors="replace").strip()
    if key == "state":
        car = _state(car, text)
        car = _doing(car, memory.current, "Charging") if text == "charging" and not car.charging else car
    elif key in CURRENT:
        value = amount(text)
        current = {k: v for k, v in memory.current.items() if k != key} | ({key: value} if value is not None else {})
        memory, car = replace(memory, current=current), replace(car, power=_power(car, current))
    elif not text:
        return memory, car
    else:
        memory, car = _value(memory, car, key, text, home)
    awake = car.state == "online" and not said.retained
    return memory, replace(car, seen=now) if awake else car


def _state(car: Car, word: str) -> Car:
    if word in STATES:
        return replace(car, state="online", phase=STATES[word])
    if word in ("asleep", "offline"):
        return replace(left(car, word), phase="asleep")
    return replace(car, state="offline" if word == "unavailable" else "unknown", phase=None)


def _value(memory: Memory, car: Car, key: str, text: str, home: Place | None) -> tuple[Memory, Car]:
    number = amount(text)
    match key:
        case "charging_state":
            return memory, _doing(car, memory.current, text)
        case "plugged_in" if text in ("true", "false"):
            return memory, replace(car, plugged=text == "true")
        case "battery_level" | "usable_battery_level" if number is not None:
            usable = key == "usable_battery_level"
            known, car = memory.known.with_level(car, None if usable else number, number if usable else None)
            return replace(memory, known=known), car
        case "charge_limit_soc" if number is not None:
            return memory, replace(car, limit=number)
        case "display_name":
            return memory, replace(car, name=car.name or text)
        case "location" if home:
            return memory, replace(car, home=_at(home, text))
    return memory, car


def _doing(car: Car, current: Mapping[str, float], word: str) -> Car:
    """With what a charging state says. Of a car that sleeps it is an old one, or it wakes, which its state will say."""
    car = doing(car, PLUGGED.get(word), word in ("Starting", "Charging"))
    car = replace(car, power=_power(car, current))
    return left(car, "asleep") if car.state == "asleep" else car


def _power(car: Car, current: Mapping[str, float]) -> float | None:
    return drawn(current) if car.charging else 0.0 if car.charging is False else car.power


def _at(home: Place, text: str) -> bool | None:
    try:
        told = json.loads(text)
    except ValueError:
        return None
    match told:
        case {"latitude": float() | int() as lat, "longitude": float() | int() as lon}:
            return home.holds((lat, lon))
    return None
