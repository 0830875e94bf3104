"""What is remembered of who is on the cable: what was found, and what a person said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from . import replace
from .car_evidence import Cable, Known, Scene, Settings, against, chosen
from .car_known import AGAIN
from .messages import Car


@dataclass(frozen=True)
class Word:
    """A person's word: the name or VIN of the car that is plugged in; null takes it back."""

    car: str | None = None


@dataclass(frozen=True)
class State:
    cars: Mapping[str, Known] = field(default_factory=dict)  # by VIN, or name
    cable: Cable = field(default_factory=Cable)
    word: str | None = None
    word_at: datetime | None = None
    held: str | None = None  # whom it was found to be
    sent: Car | None = None
    why: str = ""

    def seen(self, car: Car) -> State:
        name = car.vin or car.name or ""
        known = self.cars.get(name) or Known(car)
        meant = self.word is not None and self.word == car.name and self.word not in self.cars
        state = replace(self, cars={**self.cars, name: known.told(car)}, word=name if meant else self.word)
        if name not in (state.word, state.held) or car.plugged is not False or car.seen is None:
            return state
        if any(since is not None and car.seen < since for since in (self.word_at, self.cable.since)):
            return state
        return replace(state._unplugged(), cable=replace(self.cable, plugged=None, since=None))

    def cabled(self, at: datetime, plugged: bool | None, power: float | None, draws: float) -> State:
        cable = self.cable.told(at, plugged, power, draws)
        state = replace(self, cable=cable)
        return state._unplugged() if cable.plugged is False else state

    def said(self, word: str | None, now: datetime) -> State:
        """Kept until the car is unplugged."""
        named = (key for key, known in self.cars.items() if word is not None and word in (key, known.car.name))
        return replace(self, word=next(named, word), word_at=now)

    def _unplugged(self) -> State:
        return replace(self, word=None, word_at=None, held=None)


def settle(cfg: Settings, state: State, now: datetime) -> tuple[State, Car | None, str]:
    """What to tell, if it is news, and why it is not known which car it is."""
    cable = state.cable
    if cable.plugged is False:
        return _tell(state, Car(at=cable.at or now, seen=cable.at, plugged=False, charging=False), "")
    if state.word is not None:
        if (known := state.cars.get(state.word)) is not None:
            return _tell(state, _plugged(cable, known.car), "")
        return _tell(state, Car(at=now), f"nothing has been heard yet of {state.word}")
    scene = Scene(state.cars, cable)
    held, why = chosen(cfg, scene, state.held)
    state = replace(state, held=held)
    if held is not None:
        return _tell(state, _plugged(cable, state.cars[held].car), "")
    apart = [k.car for k in state.cars.values() if against(scene, k) == "is not plugged in"]
    if apart and len(apart) == len(state.cars) and not cable.plugged:
        return _tell(state, _none(apart), "")
    return _tell(state, Car(at=now), why)


def _plugged(cable: Cable, car: Car) -> Car:
    """The car on the cable: what it said of that before it was plugged in counts for nothing."""
    if not cable.plugged or cable.since is None or (car.seen is not None and car.seen >= cable.since):
        return car
    return replace(car, plugged=True, charging=None, power=None, home=True, fast=None)


def _none(apart: list[Car]) -> Car:
    """None of them is plugged in, as surely as the least sure one says. One that sleeps was not plugged in since."""
    sleep = [car.state == "asleep" for car in apart]
    seen = min(car.at if asleep else car.seen or car.at for car, asleep in zip(apart, sleep, strict=True))
    state: Literal["asleep", "unknown"] = "asleep" if all(sleep) else "unknown"
    return Car(at=min(car.at for car in apart), seen=seen, state=state, plugged=False, charging=False)


def _tell(state: State, car: Car, why: str) -> tuple[State, Car | None, str]:
    last = state.sent
    same = last is not None and replace(last, at=car.at, seen=car.seen) == car
    fresh = why if why != state.why else ""
    if same and not _older(last, car) and not fresh:
        return replace(state, why=why), None, ""
    return replace(state, sent=car, why=why), car, fresh


def _older(last: Car | None, car: Car) -> bool:
    """Whether what was told last has become old. A car that sleeps is heard again, and not read."""
    if last is None or car.seen is None:
        return last is None
    return last.seen is None or car.seen - last.seen >= AGAIN or abs(car.at - last.at) >= AGAIN
