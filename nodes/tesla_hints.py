"""What is seen elsewhere and is worth a look at the car: a dispatch that begins, its charger, a step of load."""

from __future__ import annotations

from dataclasses import dataclass

from .messages import Charger, House

DRAWS = 500.0  # W at the charger that count as a car


@dataclass(frozen=True)
class Plug:
    """What was seen last of the place where the car is plugged in."""

    power: float | None = None  # W of the charger, or of the car as the house tells it
    plugged: bool | None = None
    load: float | None = None  # W of the whole house
    vague: bool = False  # told by the load alone


def of_charger(before: Plug, told: Charger) -> tuple[Plug, bool]:
    seen = Plug(told.power, told.plugged, before.load)
    return seen, _turned(before, seen)


def of_house(before: Plug, told: House, step: float) -> tuple[Plug, bool]:
    """A meter for the car says more than the load of the house, in which an oven looks much like a car."""
    if told.ev is not None:
        seen = Plug(told.ev, before.plugged, told.load)
        return seen, _turned(before, seen)
    rise = told.load - before.load if told.load is not None and before.load is not None else 0.0
    return Plug(before.power, before.plugged, told.load, vague=True), abs(rise) >= step


def _turned(before: Plug, seen: Plug) -> bool:
    """Whether a car began or ceased to draw, or was plugged in or out. The first thing ever seen is no change."""
    drew = before.power is not None and seen.power is not None and (before.power > DRAWS) != (seen.power > DRAWS)
    plugged = before.plugged is not None and seen.plugged is not None and before.plugged != seen.plugged
    return drew or plugged
