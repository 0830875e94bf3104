"""costMeter: what the house and the car cost, half hour by half hour, and what the battery has saved."""

from dataclasses import dataclass
from datetime import timedelta

from . import Emit, Kept, Node, Now, Port, Ports, keep, replace
from .energy import State, advance, car_power, priced
from .energy_messages import Day, HalfHour
from .half_hours import zone
from .messages import Car, Charger, House, Prices, Rate, Tick


@dataclass(frozen=True, kw_only=True)
class Config:
    timezone: str = "Europe/London"
    gap: timedelta = timedelta(minutes=2)  # a reading of the house counts for no longer than this
    car_fresh: timedelta = timedelta(minutes=15)  # what the car or its charger says counts for no longer than this
    export: float | None = None  # pence per kWh sold, where the rate does not say; 0 if nothing is paid for it

    def __post_init__(self) -> None:
        zone(self.timezone)


class Out(Ports):
    half_hour: Port[HalfHour]  # at the end of each
    day: Port[Day] = keep()  # the sums of the local day, at the end of each half hour


def meter(
    cfg: Config,
    state: State,
    tick: Tick | None,
    house: House | None,
    rate: Kept[Rate] | None,
    now: Now,
    *,
    car: Car | None,
    charger: Charger | None,
    prices: Prices | None,
) -> tuple[State, list[Emit]]:
    state, done, day = advance(
        state, now, car_power(state.house, car, charger, now, cfg.car_fresh), cfg.gap, cfg.timezone, cfg.export
    )
    if house is not None and house.at > now:  # its clock is ahead of ours
        house = replace(house, at=now)
    if house is not None and (state.house is None or house.at >= state.house.at):
        state = replace(state, house=house)
    if rate is not None:
        state = priced(state, rate, now)
    sums = [Out.day(replace(day, standing=prices.standing if prices else None))] if day else []
    return state, [*map(Out.half_hour, done), *sums]


NODE = Node("costMeter", Config, Out, meter, state=State)
