"""A car as told piece by piece, by sources that say what changes: what is known, how old it is, when to tell it on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import Emit, replace
from .messages import Car
from .tesla_levels import levels, percent

AGAIN = timedelta(minutes=1)  # what has not changed is told no more often than this: only its age is news


@dataclass(frozen=True)
class Known:
    """What is kept over a restart: the car as last told on. Not every field that comes is worth writing to a disk."""

    offset: float | None = None  # the gross level minus the usable one
    sent: Car | None = None  # as last told on

    def of(self, car: Car | None, now: datetime, vin: str | None, name: str | None) -> Car:
        """The car as known, to be corrected by what is told now."""
        car = car or self.sent or Car(at=now)
        return replace(car, at=now, vin=vin or car.vin, name=name or car.name)

    def with_level(self, car: Car, gross: float | None, usable: float | None) -> tuple[Known, Car]:
        """Told on change only, the other level still stands, unless it was worked out."""
        gross, usable = percent(gross), percent(usable)
        gross = car.soc if gross is None and "soc" not in car.reckoned else gross
        usable = car.soc_usable if usable is None and "soc_usable" not in car.reckoned else usable
        level = levels(gross, usable, car, self.offset)
        car = replace(car, soc=level.gross, soc_usable=level.usable, reckoned=level.reckoned)
        return replace(self, offset=level.offset), car

    def told(self, car: Car, now: datetime) -> tuple[Known, list[Emit]]:
        """Tell it on if it is news or the last telling has become old."""
        last = self.sent
        if last is not None and replace(car, at=last.at, seen=last.seen) == last and not _aged(car, last):
            return self, []
        return replace(self, sent=car), [Emit("car", replace(car, at=now))]


def _aged(car: Car, last: Car) -> bool:
    return car.seen is not None and (last.seen is None or car.seen - last.seen >= AGAIN)


def doing(car: Car, plugged: bool | None, charging: bool | None) -> Car:
    """With what a charging state says. One that is not known says nothing: it neither unplugs nor ends a charge."""
    if plugged is None:
        return car
    return replace(car, plugged=plugged, charging=charging, power=0.0 if charging is False else car.power)


def left(car: Car, state: str) -> Car:
    """A car that sleeps does not charge; one that is only out of reach may."""
    if state == "offline":
        return replace(car, state="offline")
    return replace(car, state="asleep", charging=car.charging and False, power=car.power and 0.0)
