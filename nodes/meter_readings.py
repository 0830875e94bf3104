"""Readings of a meter on a car's cable: numbers from other people's topics, and how long they are believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from . import Action, Due, Emit, Event, Fault, Heard, Linked, Listen, Started, Status, Timer, replace, volatile
from .field import amount, field
from .messages import Charger
from .payload import read_json

if TYPE_CHECKING:
    from .ev_meter import Config

Results: TypeAlias = list[Emit | Action]

WATTS = {"W": 1.0, "kW": 1000.0}


@dataclass(frozen=True)
class State:
    told: Charger | None = volatile(lambda: None)
    bad: str = volatile(str)  # the complaint, said once
    silent: bool = False


def happened(cfg: Config, state: State, event: Event, now: datetime) -> tuple[State, Results]:
    match event:
        case Started():
            return state, [Timer("stale", now + cfg.stale)]
        case Linked(up=True):
            return state, [Listen(cfg.topic), Status(f"listening to {cfg.topic}")]
        case Linked(why=why):
            return state, [Status(f"not connected: {why}" if why else "not connected", "yellow")]
        case Heard(payload=payload, retained=retained) if cfg.retained or not retained:
            return heard(cfg, state, payload, now)
        case Due(name="stale"):
            return quiet(cfg, state, now)
    return state, []


def heard(cfg: Config, state: State, payload: bytes, now: datetime) -> tuple[State, Results]:
    read = reading(cfg, payload, now)
    if isinstance(read, str):
        if state.bad == read:
            return state, []
        return replace(state, bad=read), [Emit("bad", Fault(f"{cfg.topic}: {read}")), Status(read, "yellow")]
    results: Results = [Timer("stale", now + cfg.stale)]
    if state.bad or state.silent:
        results.append(Status(f"listening to {cfg.topic}"))
    state = replace(state, bad="", silent=False)
    if not telling(cfg, state.told, read):
        return state, results
    return replace(state, told=read), [Emit("charger", read), *results]


def quiet(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Nothing came for too long. Said once."""
    why = f"nothing heard on {cfg.topic} for {cfg.stale / timedelta(minutes=1):g} min"
    unknown = Charger(at=now)
    told: Results = [Emit("charger", unknown), Status(why, "red")]
    said = [] if state.silent else [Emit("silent", Fault(why))]
    return replace(state, told=unknown, silent=True), [*told, *said]


def reading(cfg: Config, payload: bytes, now: datetime) -> Charger | str:
    """What the meter tells, or what is wrong with it."""
    try:
        body = read_json(payload)
    except ValueError:
        return "not a number, and not JSON"
    power, plugged = amount(field(body, cfg.field)), field(body, cfg.plugged) if cfg.plugged else None
    if power is None:
        return f"no number at {cfg.field}" if cfg.field else "not a number; set `field` to where it is"
    power *= WATTS[cfg.unit] * (-1 if cfg.reversed else 1)
    return Charger(at=now, power=power, plugged=plugged if isinstance(plugged, bool) else None)


def telling(cfg: Config, old: Charger | None, new: Charger) -> bool:
    if old is None or old.power is None or new.power is None or old.plugged != new.plugged:
        return True
    return abs(new.power - old.power) >= cfg.jump or not timedelta() <= new.at - old.at < cfg.report
