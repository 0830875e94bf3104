"""rateResolver: say what power costs the house and the car now, from the window, the plans and what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from . import Emit, Node, Now, Port, Ports, from_file, keep
from .allowance import Allowance
from .half_hours import Window, zone
from .ladder import Rung
from .messages import Car, House, Plan, Prices, Rate, Tick
from .rate_memory import State, look, planned
from .tariff_rules import LONDON, NIGHT, PENCE, SIX_HOURS, Fallback, Rules, in_force
from .verdict import decide


@dataclass(frozen=True, kw_only=True)
class Config:
    timezone: str = LONDON
    tariff: Rules | None = from_file("tariffs")  # such as intelligent_go; the settings below, where given, override it
    window: Window | Literal[False] = NIGHT  # cheap every night, local time; false: none
    price: Fallback = PENCE  # p/kWh where no Prices say otherwise; left out: unknown
    trust: Rung = "confirmed"  # how far a dispatch must have come to make power cheap; window: none ever does
    plan_max_age: timedelta = timedelta(minutes=15)  # a plan this old no longer counts
    allowance: Allowance | None = SIX_HOURS  # the car's cheap hours per day; null: no limit

    def __post_init__(self) -> None:
        zone(self.timezone)
        if self.plan_max_age <= timedelta():
            raise ValueError("plan_max_age: write how long a plan is believed, such as 15m")
        # Now, while a setting that was left out can be told from one that says the same as the default.
        rules = in_force(self.tariff, self.timezone, self.window, self.price, self.allowance)
        object.__setattr__(self, "tariff", rules)

    @property
    def rules(self) -> Rules:
        assert self.tariff is not None
        return self.tariff


class Out(Ports):
    cheap: Port[Rate] = keep("rate")
    standard: Port[Rate] = keep("rate")
    unsure: Port[Rate] = keep("rate")  # no fresh plan or no price: assume the price without a dispatch


def resolve(cfg: Config, state: State, tick: Tick | None, plan: Plan | None, *, prices: Prices | None,
            car: Car | None, house: House | None, now: Now) -> tuple[State, Emit]:  # fmt: skip
    at = tick.at if tick else now
    state, outlook = look(cfg, state, at, prices, car, house)
    if plan is not None:  # what is seen is first held against the plan that was in force
        state, outlook = look(cfg, planned(state, plan, at), at, prices, car, house)
    band, rate = decide(outlook, state.latch, at)
    return state, Emit(band, rate)


NODE = Node("rateResolver", Config, Out, resolve, state=State)
