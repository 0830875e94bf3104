"""The car behind simTesla and the servers in front of it: a pure model of what tesla.md says of the real ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from . import Asked, Json, Reply
from .sim_messages import SimFault

FAULTS = ("none", "500", "401", "429", "limit", "timeout", "asleep", "offline", "login_required")
PATH = re.compile(r"/api/1/vehicles/([^/]+)(/vehicle_data)?")
DAY = timedelta(days=1)


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
    def sleep_after(self) -> timedelta: ...
    @property
    def token_life(self) -> timedelta: ...
    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...


@dataclass(frozen=True)
class State:
    at: datetime | None = None  # the car's life is worked out up to here
    soc: float = 0.0
    power: float = 0.0  # W on offer at the plug
    awake_until: datetime | None = None
    added: float = 0.0  # kWh since the start
    fault: str = "none"
    times: int | None = None  # so many more answers with it
    refresh: str = ""  # the one that is good
    spent: str = ""  # the one before it, good until
    spent_until: datetime | None = None
    issued: int = 0
    access: Mapping[str, datetime] = field(default_factory=dict)  # token -> until


def drawing(cfg: Settings, state: State, power: float, now: datetime) -> State:
    """Current at the plug wakes the car."""
    state = lived(cfg, state, now)
    state = replace(state, power=power if cfg.plugged else 0.0)
    return _stirred(cfg, state, now) if charging(cfg, state) else state


def troubled(state: State, fault: SimFault) -> State:
    return replace(state, fault=fault.kind if fault.kind in FAULTS else "none", times=fault.times)


def charging(cfg: Settings, state: State) -> bool:
    return cfg.plugged and state.power > 0 and state.soc < cfg.limit


def lived(cfg: Settings, state: State, now: datetime) -> State:
    """The car as it is now: fuller by what it took since it was last looked at, and up while it took it."""
    if state.at is None:
        return replace(state, at=now, soc=cfg.soc, awake_until=now + cfg.sleep_after if cfg.awake else now)
    if now <= state.at:
        return state
    if not charging(cfg, state):
        return replace(state, at=now)
    hours, wanted = (now - state.at) / timedelta(hours=1), (cfg.limit - state.soc) / 100 * cfg.capacity
    taken = min(state.power / 1000 * hours, wanted)
    up = state.at + timedelta(hours=taken / (state.power / 1000)) + cfg.sleep_after
    full = taken == wanted
    soc = cfg.limit if full else state.soc + taken / cfg.capacity * 100
    return replace(state, at=now, soc=soc, added=state.added + taken, awake_until=max(up, state.awake_until or up))


def _stirred(cfg: Settings, state: State, now: datetime) -> State:
    return replace(state, awake_until=now + cfg.sleep_after)


def answer(cfg: Settings, state: State, asked: Asked, now: datetime) -> tuple[State, Reply]:
    state = lived(cfg, state, now)
    fault = state.fault
    if fault != "none" and state.times is not None:
        state = replace(state, times=state.times - 1, fault=fault if state.times > 1 else "none")
    path = PATH.fullmatch(asked.path)
    if asked.method == "POST" and asked.path == "/oauth2/v3/token":
        state, (status, body) = _sign_in(cfg, state, asked.form, fault, now)
    elif path is None or asked.method != "GET" or path[1] != (cfg.vin or path[1]):
        status, body = 404, _error("not_found")
    elif refusal := _refused(state, asked, fault, now):
        status, body = refusal
    else:
        state, (status, body) = _car(cfg, state, path[1], path[2] is not None, asked, fault, now)
    return state, Reply(status, body, headers={"retry-after": "60"} if status == 429 else {}, at=now)


Told = tuple[int, Json]


def _error(text: str) -> Json:
    return {"response": None, "error": text, "error_description": ""}


def _refused(state: State, asked: Asked, fault: str, now: datetime) -> Told | None:
    match fault:
        case "500":
            return 500, {"error": "unknown error"}
        case "429":
            return 429, {"error": "too many requests"}
        case "limit":
            return 403, {"error": "account disabled: EXCEEDED_LIMIT"}
    until = state.access.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
    if fault == "401" or until is None or until <= now:
        return 401, {"error": "token expired (401)"}
    return None


def _sign_in(cfg: Settings, state: State, form: Mapping[str, str], fault: str, now: datetime) -> tuple[State, Told]:
    shown = form.get("refresh_token", "")
    good = shown == (state.refresh or shown) or (shown == state.spent and state.spent_until and now < state.spent_until)
    if fault in ("500", "429"):
        return state, (int(fault), {"error": "too many requests" if fault == "429" else "server_error"})
    if not (shown and good) or fault == "login_required" or form.get("grant_type") != "refresh_token":
        return state, (401, {"error": "login_required", "error_description": "The refresh_token is invalid"})
    n = state.issued + 1
    refresh, access = f"sim-refresh-{n}", f"sim-access-{n}"
    alive = {token: until for token, until in state.access.items() if until > now}
    state = replace(state, issued=n, refresh=refresh, access={**alive, access: now + cfg.token_life})
    if shown != state.spent:  # the day of grace runs from the first use
        state = replace(state, spent=shown, spent_until=now + DAY)
    life = int(cfg.token_life.total_seconds())
    return state, (200, {"access_token": access, "refresh_token": refresh, "expires_in": life, "token_type": "Bearer"})


def _car(
    cfg: Settings, state: State, vin: str, detail: bool, asked: Asked, fault: str, now: datetime
) -> tuple[State, Told]:
    awake = state.awake_until is not None and now < state.awake_until and fault not in ("asleep", "offline")
    word = "online" if awake else "offline" if fault == "offline" else "asleep"
    head: dict[str, Json] = {"vin": vin, "id": 1492900000000001, "vehicle_id": 900000001, "state": word}
    if not detail:
        return state, (200, {"response": {**head, "in_service": False, "access_type": "OWNER", "api_version": 80}})
    if not awake:
        return state, (408, _error("vehicle unavailable: vehicle is offline or asleep"))
    if fault == "timeout":
        return state, (408, {"error": "timeout"})
    state = _stirred(cfg, state, now)
    return state, (200, {"response": {**head, **blocks(cfg, state, asked.query.get("endpoints", ""), now)}})


def blocks(cfg: Settings, state: State, endpoints: str, now: datetime) -> dict[str, Json]:
    on, stamp = charging(cfg, state), int(now.timestamp() * 1000)
    idle = "Complete" if state.soc >= cfg.limit else "Stopped"
    drive: dict[str, Json] = {"shift_state": None, "speed": None, "power": 0, "timestamp": stamp}
    if "location_data" in endpoints:
        drive |= {"latitude": cfg.lat, "longitude": cfg.lon, "gps_as_of": stamp // 1000}
    return {
        "charge_state": {
            "charging_state": ("Charging" if on else idle) if cfg.plugged else "Disconnected",
            "conn_charge_cable": "IEC" if cfg.plugged else "<invalid>",
            "charge_port_latch": "Engaged" if cfg.plugged else "<invalid>",
            "battery_level": int(state.soc),
            "usable_battery_level": int(state.soc),
            "charge_limit_soc": int(cfg.limit),
            "charger_power": round(state.power / 1000) if on else 0,
            "charger_voltage": 230 if on else 2 if cfg.plugged else None,
            "charger_actual_current": round(state.power / 230) if on else 0 if cfg.plugged else None,
            "charger_phases": 1 if on else None,
            "charge_energy_added": round(state.added, 2),
            "timestamp": stamp,
        },
        "drive_state": drive,
        "climate_state": {"is_preconditioning": False, "climate_keeper_mode": "off", "timestamp": stamp},
        "vehicle_state": {"locked": True, "is_user_present": False, "sentry_mode": False}
        | {door: 0 for door in ("df", "dr", "pf", "pr", "ft", "rt")}
        | {"software_update": {"status": ""}, "timestamp": stamp},
    }
