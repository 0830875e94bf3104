"""Hold by a Setpoint override: the battery feeds the house, and the grid the car.

An override is gone by itself some time after its last writing; after how long, only `wattwire gx probe` can tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import Emit, Status, Timer, gx_readings, replace
from .gx_memory import Results, State
from .gx_topics import FIRMWARE, SETPOINT, USER_SETPOINT, ask, write

if TYPE_CHECKING:
    from .victron_gx import Config

REFRESH = timedelta(seconds=10)
FRESH = timedelta(minutes=2)  # what a charger said before that is not known any more
UNSEEN = 3


def why_not(cfg: Config, state: State, now: datetime) -> str:
    """Why a hold has to be made by the slot; empty where an override will do."""
    seen = state.live.seen
    if cfg.hold != "overrides":
        return "not wanted"
    if seen.get(FIRMWARE) not in cfg.proven:
        return f"nobody has probed how long overrides last on firmware {seen.get(FIRMWARE) or 'unknown'}"
    if drawn(state, now) is None:
        return "what the car draws is not known"
    if gx_readings.number(seen, USER_SETPOINT) is None:
        return "the grid setpoint is not known"
    return ""


def drawn(state: State, now: datetime) -> float | None:
    """What the car draws: by the GX's own sight, else by a charger's."""
    ev = gx_readings.ev(state.live.seen)
    charger = state.live.charger
    if ev is not None or charger is None or not timedelta() <= now - charger.at <= FRESH:
        return ev
    return charger.power


def put(state: State, now: datetime) -> tuple[State, Results]:
    """Write it, for the first time or anew, never twice the same: an equal value may not count as written."""
    seen, ev = state.live.seen, drawn(state, now)
    user, limit = gx_readings.number(seen, USER_SETPOINT), gx_readings.input_limit(seen)
    value = round(max(0.0, min((user or 0.0) + (ev or 0.0), float("inf") if limit is None else limit)))
    value += 1 if value == state.over else 0
    says: Results = [write(state.live.portal, SETPOINT, value), ask(state.live.portal, SETPOINT)]
    return replace(state, over=float(value)), [*says, Timer("override", now + REFRESH)]


def told(state: State) -> tuple[State, Results]:
    """The GX shows it: the hold is in force."""
    wish, live = state.wish, state.live
    if state.over is None or live.seen.get(SETPOINT) != state.over or wish is None or wish.mode != "hold":
        return state, []
    if wish == state.held:
        return state, []
    words = f"hold until {wish.until:%H:%M} UTC; the house is fed, the car is not"
    return replace(state, held=wish), [Emit("confirmed", wish), Status(words)]


def foreign(state: State) -> bool:
    """Somebody else wrote it since."""
    return state.over is not None and state.live.seen.get(SETPOINT) not in (None, state.over)


def undo(state: State) -> tuple[State, Results]:
    """Take it back, if it is ours."""
    if state.over is None:
        return state, []
    mine, portal = not foreign(state) and state.live.portal, state.live.portal
    says: Results = [write(portal, SETPOINT, None), ask(portal, SETPOINT)] if mine else []
    return replace(state, over=None), [*says, Timer("override", None)]
