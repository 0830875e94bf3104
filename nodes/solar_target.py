"""solarTarget: how full the battery should be when the cheap hours end, so that it lasts until they begin again."""

from dataclasses import dataclass, field
from datetime import timedelta

from . import Emit, Kept, Node, Now, Port, Ports, keep
from .half_hours import Window, inside, instant, turns_after, zone
from .messages import BatteryTarget, Tick
from .sun import Forecast, least


@dataclass(frozen=True, kw_only=True)
class Config:
    capacity: float  # kWh that the battery holds
    use: float  # kWh that the house uses in a day, without the car
    reserve: float = 20  # % never to fall below
    most: float = 100  # % never to ask for more
    cautious: bool = True  # plan for a dull day, where the forecast has one: what one day in ten falls below
    window: Window = field(default_factory=Window)  # the cheap hours
    timezone: str = "Europe/London"
    fresh: timedelta = timedelta(hours=18)  # a forecast older than this is not used

    def __post_init__(self) -> None:
        zone(self.timezone)
        if self.capacity <= 0 or self.use < 0 or not 0 <= self.reserve <= self.most <= 100:
            raise ValueError("capacity must be above 0, use not below 0, and reserve no more than most")


class Out(Ports):
    target: Port[BatteryTarget] = keep()


def aim(cfg: Config, tick: Tick | None, forecast: Kept[Forecast] | None, now: Now) -> Emit | None:
    if forecast is None or now - forecast.at > cfg.fresh:
        return None
    t = now.timestamp()
    turns = turns_after(cfg.window, cfg.timezone, t)
    ends = next(turns) if inside(cfg.window, cfg.timezone, t) else (next(turns), next(turns))[1]
    again = next(u for u in turns_after(cfg.window, cfg.timezone, ends))
    share = cfg.capacity / 100
    need = least(forecast, (instant(ends), instant(again)), cfg.use, (cfg.reserve * share, cfg.capacity), cfg.cautious)
    if need is None:
        return None
    sun = forecast.energy(instant(ends), instant(again), cfg.cautious) or 0.0
    soc = min(cfg.most, need / share)
    why = f"{sun:.1f} kWh of sun are expected ({forecast.source}), and the house uses {cfg.use:.1f} kWh a day"
    return Out.target(BatteryTarget(at=now, soc=float(round(soc)), until=instant(ends), why=why))


NODE = Node("solarTarget", Config, Out, aim)
