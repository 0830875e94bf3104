"""What simTesla's car does when it is told something, and what the proxy makes of its answer."""

from __future__ import annotations

from datetime import datetime

from . import Json, replace
from .sim_tesla_car import Settings, State, awake, charging, limit, plugged, stirred

UNAVAILABLE = "vehicle unavailable: vehicle is offline or asleep"

OF_COMMANDS = ("refuse", "ineffective", "504", "504done", "unpaired", "busy", "deaf")
"""Faults that only commands and wake calls meet.

refuse WORD: the car says no, and why · ineffective: it says yes and does nothing · 504: no answer, not done
504done: no answer, and done · unpaired: the app's key is not known to the car · busy: just waking · deaf: never wakes
"""

Told = tuple[int, Json]


def error(text: str) -> Json:
    return {"response": None, "error": text, "error_description": ""}


def woken(cfg: Settings, state: State, fault: str, now: datetime) -> State:
    if awake(state, now):
        return stirred(cfg, state, now)
    return state if fault == "deaf" else replace(state, wakes_at=state.wakes_at or now + cfg.wakes_in)


def obeyed(cfg: Settings, state: State, name: str, body: Json, fault: str) -> tuple[State, Told]:
    match fault.split():
        case ["refuse", *word]:
            return state, _no(" ".join(word))
        case ["unpaired"]:
            why = "vehicle rejected request: your public key has not been paired with the vehicle"
            return state, (500, error(why))
        case ["busy"]:
            return state, (500, error("vehicle busy or finishing wake-up"))
        case ["504"]:
            return state, (504, None)
    done, told = _done(cfg, state, name, body if isinstance(body, dict) else {})
    return (state if fault == "ineffective" else done), (504, None) if fault == "504done" else told


def _done(cfg: Settings, state: State, name: str, body: dict[str, Json]) -> tuple[State, Told]:
    match name, body:
        case "charge_start", _:
            why = _unable(cfg, state)
            return (state, _no(why)) if why else (replace(state, stopped=False), YES)
        case "charge_stop", _:
            return (replace(state, stopped=True), YES) if charging(cfg, state) else (state, _no("not_charging"))
        case "set_charge_limit", {"percent": int(percent)}:
            if percent == limit(cfg, state):
                return state, _no("already_set")
            return (replace(state, limit=float(percent)) if 50 <= percent <= 100 else state), YES
        case "set_charging_amps", {"charging_amps": int(amps)}:
            return replace(state, amps=float(amps)), YES
        case "add_charge_schedule", {"id": int(id_), "start_enabled": bool(), "end_enabled": bool()}:
            return replace(state, schedules=(*(s for s in state.schedules if s != id_), id_)), YES
        case "remove_charge_schedule", {"id": int(id_)}:
            return replace(state, schedules=tuple(s for s in state.schedules if s != id_)), YES
    if name in ("set_charge_limit", "set_charging_amps", "add_charge_schedule", "remove_charge_schedule"):
        return state, (400, {"response": {"result": False, "reason": "missing param"}})
    return state, (400, error("invalid_command"))


def _unable(cfg: Settings, state: State) -> str:
    if not plugged(cfg, state):
        return "disconnected"
    if state.soc >= limit(cfg, state):
        return "complete"
    if charging(cfg, state):
        return "is_charging"
    return "" if state.power > 0 else "no_power"


YES: Told = (200, {"response": {"result": True, "reason": ""}})


def _no(reason: str) -> Told:
    why = f"car could not execute command: {reason}"
    return 200, {"response": {"result": False, "reason": why}, "error": "", "error_description": ""}
