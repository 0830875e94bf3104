"""whichCar: of several cars, the one plugged in at home, judged by what the cars and the cable report; or unknown."""

from dataclasses import dataclass
from datetime import timedelta

from . import Emit, Fault, Node, Now, Port, Ports, keep
from .car_choice import State, Word, settle
from .messages import Car, Charger, House


@dataclass(frozen=True, kw_only=True)
class Config:
    draws: float = 500  # W on the cable that count as a car
    alike: float = 800  # W by which the car's and the cable's readings may differ
    together: timedelta = timedelta(minutes=10)  # readings this close in time belong together


class Out(Ports):
    car: Port[Car] = (
        keep()
    )  # the one that is plugged in; where that is not known, one with the state `unknown` and nulls
    unknown: Port[Fault]  # why it cannot be told which


def step(
    cfg: Config,
    state: State,
    car: Car | None,
    charger: Charger | None,
    house: House | None,
    word: Word | None,
    now: Now,
) -> tuple[State, list[Emit]]:
    if car is not None:
        state = state.seen(car)
    elif charger is not None:
        state = state.cabled(charger.at, charger.plugged, charger.power, cfg.draws)
    elif house is not None and house.ev is not None:
        state = state.cabled(house.at, None, house.ev, cfg.draws)
    elif word is not None:
        state = state.said(word.car, now)
    state, told, why = settle(cfg, state, now)
    if told is None:
        return state, []
    return state, [Out.car(told), *([Out.unknown(Fault(why))] if why else [])]


NODE = Node("whichCar", Config, Out, step, state=State)
