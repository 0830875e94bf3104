"""The flash of a GX wears: writes to each setting of our slot are counted by its local day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from . import Emit, Fault, gx_slot, replace
from .gx_memory import Results, State, Wear
from .gx_topics import ZONE

if TYPE_CHECKING:
    from .victron_gx import Config

WARN = 0.8


def count(cfg: Config, state: State, fields: Iterable[str], now: datetime) -> tuple[State, Results]:
    """This many writes are about to be made; past four fifths of the day's it is said, once."""
    wear = _today(cfg, state, now)
    writes = dict(wear.writes)
    for field in fields:
        writes[field] = writes.get(field, 0) + 1
    full = tuple(f for f, n in writes.items() if n >= WARN * cfg.writes and f not in wear.warned)
    state = replace(state, wear=replace(wear, writes=writes, warned=(*wear.warned, *full)))
    return state, [Emit("worn", Fault(_words(cfg, f, writes[f]), code="worn")) for f in full]


def spent(cfg: Config, state: State, now: datetime, values: Mapping[str, float] | None = None) -> str:
    """Why nothing more should be written today; of `values` only what differs from what the GX shows would be."""
    writes = _today(cfg, state, now).writes
    held = gx_slot.stored(state.live.seen, cfg.slot)
    fields = writes if values is None else [f for f, v in values.items() if held.get(f) != v]
    worn = next((f for f in fields if writes.get(f, 0) >= cfg.writes), None)
    return _words(cfg, worn, writes[worn]) if worn else ""


def _today(cfg: Config, state: State, now: datetime) -> Wear:
    day = _day(cfg, state, now)
    return state.wear if state.wear.day == day else Wear(day=day)


def _day(cfg: Config, state: State, now: datetime) -> date:
    where = gx_slot.zone(state.live.seen.get(ZONE)) or gx_slot.zone(cfg.timezone) or UTC
    return now.astimezone(where).date()


def _words(cfg: Config, field: str, writes: int) -> str:
    name = f"{field} of charge schedule {cfg.slot + 1}"
    return f"{name} was written {writes} times today, of {cfg.writes} allowed to spare the GX's flash"
