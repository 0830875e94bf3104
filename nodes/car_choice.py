"""What is remembered of who hangs on the cable: what was found, and what a person said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
        state = replace(self, cars={**self.cars, name: known.told(car)})
        gone = name in (self.word, self.held) and car.plugged is False and car.seen is not None
        if not gone or (self.word_at is not None and car.seen is not None and car.seen < self.word_at):
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
    if state.cable.plugged is False:
        return _tell(state, Car(at=now, seen=state.cable.at, plugged=False, charging=False), "", now)
    scene = Scene(state.cars, state.cable)
    if state.word is not None:
        if (known := state.cars.get(state.word)) is not None:
            return _tell(state, known.car, "", now)
        return _tell(state, Car(at=now), f"nothing was heard yet of {state.word}", now)
    held, why = chosen(cfg, scene, state.held)
    state = replace(state, held=held)
    if held is not None:
        return _tell(state, state.cars[held].car, "", now)
    apart = [k.car.seen for k in state.cars.values() if against(scene, k) == "is not plugged in" and k.car.seen]
    if state.cars and len(apart) == len(state.cars) and not state.cable.plugged:
        return _tell(state, Car(at=now, seen=min(apart), plugged=False, charging=False), "", now)
    return _tell(state, Car(at=now), why, now)


def _tell(state: State, car: Car, why: str, now: datetime) -> tuple[State, Car | None, str]:
    last, car = state.sent, replace(car, at=now)
    same = last is not None and replace(last, at=now, seen=car.seen) == car
    older = last is None or (car.seen is not None and (last.seen is None or car.seen - last.seen >= AGAIN))
    fresh = why if why != state.why else ""
    if same and not older and not fresh:
        return replace(state, why=why), None, ""
    return replace(state, sent=car, why=why), car, fresh
