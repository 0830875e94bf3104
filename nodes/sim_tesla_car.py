"""The car behind simTesla: a pure model of how it charges, sleeps and wakes.

Longer than a page: it is one state machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from . import Json, replace
from .sim_messages import Drawn

GEARS = ("R", "N", "D")
STIR = timedelta(seconds=150)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Settings(Protocol):
    @property
    def vin(self) -> str | None: ...
    @property
    def soc(self) -> float: ...
    @property
    def limit(self) -> float: ...
    @property
    def capacity(self) -> float: ...
    @property
    def plugged(self) -> bool: ...
    @property
    def awake(self) -> bool: ...
    @property
    def wakes_in(self) -> timedelta: ...
    @property
    def sleep_after(self) -> timedelta: ...
    @property
    def token_life(self) -> timedelta: ...
    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def cold(self) -> float: ...
    @property
    def stirs_every(self) -> timedelta | None: ...


@dataclass(frozen=True)
class State:
    at: datetime | None = None  # the car's life is worked out up to here
    soc: float = 0.0
    power: float = 0.0  # W on offer at the plug
    cable: bool | None = None  # None: as the settings say
    stopped: bool = False  # by a command
    limit: float | None = None  # None: as the settings say
    amps: float | None = None
    schedules: tuple[int, ...] = ()
    wakes_at: datetime | None = None
    awake_until: datetime | None = None
    gear: str | None = None
    doings: tuple[str, ...] = ()  # what else keeps it awake
    added: float = 0.0  # kWh since the start
    fault: str = "none"
    times: int | None = None  # so many more answers with it
    refresh: str = ""  # the one that is good
    spent: str = ""  # the one before it, good until
    spent_until: datetime | None = None
    issued: int = 0
    access: Mapping[str, datetime] = field(default_factory=dict)  # token -> until


def standing(cfg: Settings, state: State, told: Drawn, now: datetime) -> State:
    """Where it is and how full, as a simulated household has it."""
    state = lived(cfg, state, now)
    if told.driving is not None and told.driving != (state.gear == "D"):
        state = stirred(cfg, replace(state, gear="D" if told.driving else None), now)
    if told.plugged is not None and told.plugged != plugged(cfg, state):
        state = cabled(cfg, state, told.plugged, 0.0, now)
    return state if told.soc is None else replace(state, soc=told.soc)


def drawing(cfg: Settings, state: State, power: float, now: datetime) -> State:
    """Current at the plug wakes the car, and new current starts it: whoever sends it wants it taken."""
    state = lived(cfg, state, now)
    stopped = state.stopped and not (power > 0 and power != state.power)
    return _begun(cfg, replace(state, power=power if plugged(cfg, state) else 0.0, stopped=stopped), now)


def cabled(cfg: Settings, state: State, cable: bool, power: float, now: datetime) -> State:
    """A cable that goes in starts a charge if it brings power; either way it wakes the car."""
    state = replace(lived(cfg, state, now), cable=cable, power=power if cable else 0.0, stopped=False)
    return stirred(cfg, state, now)


def busied(cfg: Settings, state: State, gear: str | None, doings: tuple[str, ...], now: datetime) -> State:
    """Somebody drives, parks, comes or goes, or a watch is set or ended."""
    return stirred(cfg, replace(lived(cfg, state, now), gear=gear, doings=doings), now)


def plugged(cfg: Settings, state: State) -> bool:
    return cfg.plugged if state.cable is None else state.cable


def limit(cfg: Settings, state: State) -> float:
    return cfg.limit if state.limit is None else state.limit


def drawn(state: State) -> float:
    """W: what is on offer, or what the car was told to take of it."""
    return state.power if state.amps is None else min(state.power, state.amps * 230)


def charging(cfg: Settings, state: State) -> bool:
    return plugged(cfg, state) and not state.stopped and drawn(state) > 0 and state.soc < limit(cfg, state)


def lived(cfg: Settings, state: State, now: datetime) -> State:
    """The car as it is now: fuller by what it took since it was last looked at, and up while it took it."""
    if (last := state.at) is None:
        return replace(state, at=now, soc=cfg.soc, awake_until=now + cfg.sleep_after if cfg.awake else now)
    if now <= last:
        return state
    if state.wakes_at and now >= state.wakes_at:
        up = state.wakes_at + cfg.sleep_after
        state = replace(state, wakes_at=None, awake_until=max(up, state.awake_until or up))
    if state.doings or state.gear in GEARS:
        state = stirred(cfg, state, now)
    if cfg.stirs_every and (now - EPOCH) % cfg.stirs_every < STIR:  # by itself, to look after its battery
        up = now - (now - EPOCH) % cfg.stirs_every + STIR
        state = replace(state, awake_until=max(up, state.awake_until or up))
    if not charging(cfg, state):
        return replace(state, at=now)
    top, power = limit(cfg, state), drawn(state)
    hours, wanted = (now - last) / timedelta(hours=1), (top - state.soc) / 100 * cfg.capacity
    taken = min(power / 1000 * hours, wanted)
    up = last + timedelta(hours=taken / (power / 1000)) + cfg.sleep_after
    soc = top if taken == wanted else state.soc + taken / cfg.capacity * 100
    return replace(state, at=now, soc=soc, added=state.added + taken, awake_until=max(up, state.awake_until or up))


def stirred(cfg: Settings, state: State, now: datetime) -> State:
    return replace(state, awake_until=now + cfg.sleep_after)


def _begun(cfg: Settings, state: State, now: datetime) -> State:
    return stirred(cfg, state, now) if charging(cfg, state) else state


def awake(state: State, now: datetime) -> bool:
    return state.awake_until is not None and now < state.awake_until


def blocks(cfg: Settings, state: State, endpoints: str, now: datetime) -> dict[str, Json]:
    on, cable, stamp = charging(cfg, state), plugged(cfg, state), int(now.timestamp() * 1000)
    idle = "Complete" if state.soc >= limit(cfg, state) else "Stopped"
    moves, does = state.gear in GEARS, state.doings
    drive: dict[str, Json] = {"shift_state": state.gear, "speed": 30 if moves else None, "timestamp": stamp}
    drive["power"] = 15 if moves else 2 if "power" in does else 0
    if "location_data" in endpoints:
        drive |= {"latitude": cfg.lat, "longitude": cfg.lon, "gps_as_of": stamp // 1000}
    listed: dict[str, Json] = {}
    if "charge_schedule_data" in endpoints:
        listed = {"charge_schedule_data": {"charge_schedules": [{"id": i} for i in state.schedules]}}
    return listed | {
        "charge_state": {
            "charging_state": ("Charging" if on else idle) if cable else "Disconnected",
            "conn_charge_cable": "IEC" if cable else "<invalid>",
            "charge_port_latch": "Engaged" if cable else "<invalid>",
            "battery_level": min(100, int(state.soc + cfg.cold)),
            "usable_battery_level": int(state.soc),
            "charge_limit_soc": int(limit(cfg, state)),
            "charge_current_request": 32 if state.amps is None else state.amps,
            "charger_power": round(drawn(state) / 1000) if on else 0,
            "charger_voltage": 230 if on else 2 if cable else None,
            "charger_actual_current": round(drawn(state) / 230) if on else 0 if cable else None,
            "charger_phases": 1 if on else None,
            "charge_energy_added": round(state.added, 2),
            "timestamp": stamp,
        },
        "drive_state": drive,
        "climate_state": {
            "is_preconditioning": "climate" in does,
            "climate_keeper_mode": "dog" if "dog" in does else "off",
            "timestamp": stamp,
        },
        "vehicle_state": {"locked": True, "is_user_present": "user" in does or moves, "sentry_mode": "sentry" in does}
        | {door: 0 for door in ("dr", "pf", "pr", "ft", "rt")}
        | {"df": 1 if "door" in does else 0, "software_update": _update("update" in does), "timestamp": stamp},
    }


def _update(loads: bool) -> Json:
    return {"status": "downloading", "download_perc": 42} if loads else {"status": ""}
