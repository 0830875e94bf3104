"""Which of several cars is on the cable at home: what speaks for each, what rules it out, what is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from . import replace
from .messages import Car

ENOUGH, AHEAD = 2, 2  # so much must speak for a car, and so much more than for any other
AMISS = "does not draw what the cable does"


class Settings(Protocol):
    @property
    def draws(self) -> float: ...
    @property
    def alike(self) -> float: ...
    @property
    def together(self) -> timedelta: ...


@dataclass(frozen=True)
class Cable:
    """What the charger or the house sees of the cable, whichever car is on it."""

    at: datetime | None = None
    plugged: bool | None = None
    since: datetime | None = None  # plugged or unplugged since then
    power: float | None = None  # W
    power_at: datetime | None = None

    def told(self, at: datetime, plugged: bool | None, power: float | None, draws: float) -> Cable:
        if plugged is None and power is None:  # it fell silent
            return replace(self, power=None, power_at=None)
        if plugged is None and power is not None and power > draws:
            plugged = True  # a car that draws is plugged in; one that does not may be
        if plugged is None:
            plugged = self.plugged
        since = self.since if plugged == self.plugged else at if self.plugged is not None else None
        drawn = (self.power, self.power_at) if power is None else (power, at)
        return Cable(at, plugged, since, *drawn)


@dataclass(frozen=True)
class Known:
    """A car as it last told of itself, and between which two readings it was plugged in."""

    car: Car
    apart: datetime | None = None  # the last reading in which it was not
    joined: datetime | None = None  # the first one in which it was

    def told(self, car: Car) -> Known:
        known = replace(self, car=car)
        if car.seen is None or car.plugged is None:
            return known
        if not car.plugged:
            return replace(known, apart=car.seen, joined=None)
        return known if known.joined else replace(known, joined=car.seen)


@dataclass(frozen=True)
class Scene:
    cars: Mapping[str, Known] = field(default_factory=dict)
    cable: Cable = field(default_factory=Cable)


def against(scene: Scene, known: Known) -> str:
    """Why it cannot be this one; empty if it can. What it said before the cable was plugged in counts for nothing."""
    car, since = known.car, scene.cable.since
    if car.seen is None or (since is not None and car.seen < since):
        return ""
    if car.plugged is False:
        return "is not plugged in"
    if car.home is False:
        return "is not at home"
    return "is at a fast charger" if car.fast else ""


def speaks(cfg: Settings, scene: Scene, known: Known) -> int:
    """How much speaks for it."""
    car, cable, points = known.car, scene.cable, 0
    if car.seen is None or not car.plugged:
        return 0
    if cable.since is None or car.seen >= cable.since:
        points += 3 if car.home else 2
    if cable.since is not None and known.joined is not None:
        before = known.apart is None or known.apart <= cable.since + cfg.together
        if known.apart is not None and before and cable.since - cfg.together <= known.joined:
            points += 3 if known.joined - cable.since <= cfg.together else 1
    return points + _power(cfg, cable, car)


def _power(cfg: Settings, cable: Cable, car: Car) -> int:
    """The same power at both ends of the cable, or none at one of them."""
    if cable.power_at is None or cable.power is None or car.seen is None or car.charging is None:
        return 0
    if abs(cable.power_at - car.seen) > cfg.together:
        return 0
    drawing = cable.power > cfg.draws
    if drawing and car.charging:
        return 4 if car.power is not None and abs(car.power - cable.power) <= cfg.alike else 1
    return -9 if drawing != car.charging else 0


def chosen(cfg: Settings, scene: Scene, held: str | None) -> tuple[str | None, str]:
    """The car, or None, and why in words. Who was found stays found until more speaks for another."""
    points = {name: speaks(cfg, scene, known) for name, known in scene.cars.items()}
    ruled = {name: against(scene, known) or AMISS * (points[name] < 0) for name, known in scene.cars.items()}
    out = [f"{label(scene.cars[name].car)} {why}" for name, why in ruled.items() if why]
    left = {name: scene.cars[name] for name, why in ruled.items() if not why}
    if not left:
        return None, " and ".join(out) if out else "no car has reported yet"
    # With the cable in a car, and that none of the others, little more is needed.
    bonus = ENOUGH if len(left) == 1 and out and scene.cable.plugged else 0
    points = {name: points[name] + bonus for name in left}
    best = max(points, key=lambda name: (points[name], name == held))
    rest = max((n for name, n in points.items() if name != best), default=0)
    if points[best] >= ENOUGH and points[best] - rest >= AHEAD:
        return best, f"it is {label(left[best].car)}"
    if held in left and points[best] - points[held] < AHEAD:
        return held, f"it is still {label(left[held].car)}"
    if points[best] < ENOUGH:
        return None, "nothing points to any of the cars"
    alike = [label(left[name].car) for name in sorted(points) if points[best] - points[name] < AHEAD]
    return None, f"it may be {' or '.join(alike)}"


def label(car: Car) -> str:
    return car.name or car.vin or "a car without a name"
