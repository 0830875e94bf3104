"""Tesla's servers, and the signing proxy, in front of simTesla's car: what tesla.md says of the real ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from . import Asked, Json, Reply, replace
from .linked import Status
from .sim_messages import SimFault
from .sim_tesla_car import Settings, State, awake, blocks, lived, stirred
from .sim_tesla_commands import OF_COMMANDS, UNAVAILABLE, Told, error, obeyed, woken

FAULTS = ("none", "500", "401", "429", "limit", "timeout", "asleep", "offline", "login_required")
PATH = re.compile(r"/api/1/vehicles/([^/]+)(/vehicle_data|/wake_up|/command/\w+)?")
DAY = timedelta(days=1)


def known(kind: str) -> bool:
    return kind in FAULTS or _of_commands(kind)


def _of_commands(kind: str) -> bool:
    return kind.partition(" ")[0] in OF_COMMANDS


def told(fault: SimFault) -> Status:
    """What it is to look like, for whoever watches the simulator."""
    if not known(fault.kind):
        return Status(f"no such fault: {fault.kind}", "yellow")
    return Status("behaving", "green") if fault.kind == "none" else Status(f"misbehaving: {fault.kind}", "yellow")


def troubled(state: State, fault: SimFault) -> State:
    return replace(state, fault=fault.kind if known(fault.kind) else "none", times=fault.times)


def answer(cfg: Settings, state: State, asked: Asked, now: datetime) -> tuple[State, Reply]:
    state, path, fault = lived(cfg, state, now), PATH.fullmatch(asked.path), state.fault
    vin, what = (path[1], path[2] or "") if path else ("", "")
    order = what.startswith("/command/") or what == "/wake_up"
    if _of_commands(fault) and not order:
        fault = "none"
    if fault != "none" and state.times is not None:
        state = replace(state, times=state.times - 1, fault=fault if state.times > 1 else "none")
    if asked.method == "POST" and asked.path == "/oauth2/v3/token":
        state, (status, body) = _sign_in(cfg, state, asked.form, fault, now)
    elif path is None or asked.method != ("POST" if order else "GET") or vin != (cfg.vin or vin):
        status, body = 404, error("not_found")
    elif refusal := _refused(state, asked, fault, now):
        status, body = refusal
    else:
        state, (status, body) = _car(cfg, state, vin, what, asked, fault, now)
    return state, Reply(status, body, headers={"retry-after": "60"} if status == 429 else {}, at=now)


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
    cfg: Settings, state: State, vin: str, what: str, asked: Asked, fault: str, now: datetime
) -> tuple[State, Told]:
    up = awake(state, now) and fault not in ("asleep", "offline")
    word = "online" if up else "offline" if fault == "offline" else "asleep"
    head: dict[str, Json] = {"vin": vin, "id": 1492900000000001, "vehicle_id": 900000001, "state": word}
    if what in ("", "/wake_up"):
        if what:
            state = woken(cfg, state, fault, now)
        return state, (200, {"response": {**head, "in_service": False, "access_type": "OWNER", "api_version": 80}})
    if not up:  # the proxy says it with a status of its own
        return state, (500 if what.startswith("/command/") else 408, error(UNAVAILABLE))
    if fault == "timeout":
        return state, (408, {"error": "timeout"})
    state = stirred(cfg, state, now)
    if what.startswith("/command/"):
        return obeyed(cfg, state, what.removeprefix("/command/"), asked.json, fault)
    return state, (200, {"response": {**head, **blocks(cfg, state, asked.query.get("endpoints", ""), now)}})
