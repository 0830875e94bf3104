"""solarForecast: what the sun will bring, according to Solcast, forecast.solar or Open-Meteo."""

from dataclasses import dataclass
from typing import Literal

from . import Emit, Fault, Node, Port, Ports, Reply, Request, Secret, keep, volatile
from .sun import Forecast, Plane, Spell
from .sun_services import heard, question, questions


@dataclass(frozen=True, kw_only=True)
class Config:
    source: Literal["solcast", "forecast.solar", "open-meteo"] = "open-meteo"
    sites: tuple[str, ...] = ()  # Solcast's resource ids, one for each roof
    planes: tuple[Plane, ...] = ()  # the roofs, for the other two
    lat: float | None = None  # degrees
    lon: float | None = None  # degrees; west is negative
    key: Secret | None = None  # Solcast's
    loss: float = 0.15  # Open-Meteo: the share lost of what the panels' label promises
    calls_per_day: int = 10  # Solcast's free account has ten, whether or not an answer came back
    url: str | None = None  # a simulator or proxy of the service

    def __post_init__(self) -> None:
        if self.source == "solcast" and not (self.sites and self.key):
            raise ValueError("solcast needs sites and key")
        if self.source != "solcast" and (not self.planes or self.lat is None or self.lon is None):
            raise ValueError(f"{self.source} needs planes, lat and lon")


@dataclass(frozen=True)
class State:
    spells: tuple[tuple[Spell, ...], ...] = volatile(tuple)  # of the roofs that were answered


class Out(Ports):
    forecast: Port[Forecast] = keep()
    spent: Port[Fault]  # the day's calls are used up: the last forecast stands
    refused: Port[Fault]  # the key or the site is wrong: trying again cannot help
    failed: Port[Fault]  # no usable answer: trying again may help


def ask(cfg: Config, state: State, poll: object) -> tuple[State, Request]:
    return State(), question(cfg, 0)


def read(cfg: Config, state: State, reply: Reply) -> tuple[State, Emit | Request]:
    told = heard(cfg, reply)
    if isinstance(told, Fault):
        port = Out.spent if reply.spent or reply.status == 429 else Out.failed
        return State(), (Out.refused if reply.status in (400, 401, 403, 404, 422) else port)(told)
    state = State((*state.spells, told))
    if len(state.spells) < questions(cfg):
        return state, question(cfg, len(state.spells))
    return State(), Out.forecast(Forecast.of(reply.at, cfg.source, state.spells))


NODE = Node("solarForecast", Config, Out, ask, read, state=State)
