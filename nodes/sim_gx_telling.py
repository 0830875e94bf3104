"""What a simulated GX tells, and what it has in mind: the settings, the plant, and who keeps it awake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from . import Action, Emit, Say, replace, sim_gx_settings, volatile
from .gx_topics import FIRMWARE, SERIAL, Value
from .sim_gx_plant import Plant

if TYPE_CHECKING:
    from .sim_gx import Config

Results: TypeAlias = list[Emit | Action]

METERED = "metered"
STATIC: dict[str, Value] = {
    "system/0/SystemType": "ESS",
    "system/0/VebusInstance": 276,
    "system/0/Ac/ActiveIn/NumberOfPhases": 1,
    "vebus/276/Mode": 3,
    "vebus/276/Ac/ActiveIn/L1/V": 230.0,
    "system/0/DynamicEss/Active": 0,
}


@dataclass(frozen=True)
class State:
    settings: Mapping[str, float | str] = field(default_factory=dict)
    plant: Plant = field(default_factory=Plant)
    fault: str = "none"
    writes: Mapping[str, int] = field(default_factory=dict)  # that changed a setting, in that day of UTC
    written_on: str = ""
    overrides: Mapping[str, float | None] = volatile(dict)
    overridden: datetime | None = volatile(lambda: None)
    told: Mapping[str, Value] = volatile(dict)  # the changing values, as last told
    awake: datetime | None = volatile(lambda: None)  # until then, unless it is kept alive
    beat: datetime | None = volatile(lambda: None)  # the next heartbeat
    published: tuple[datetime, ...] = volatile(tuple)  # full publishes of the last second
    look: datetime | None = volatile(lambda: None)  # a written schedule shows its effect then


def birth(cfg: Config) -> Results:
    """The serial number is the only retained message of a GX."""
    return [
        Say(f"N/{cfg.portal_id}/{SERIAL}", {"value": cfg.portal_id}, retain=True),
        Say(f"N/{cfg.portal_id}/keepalive", 1),
    ]


def awake(state: State, now: datetime) -> bool:
    return state.awake is not None and now < state.awake and state.fault not in ("silent", "reboot")


def everything(cfg: Config, state: State) -> dict[str, Value]:
    settings = {} if state.fault == "settingsGone" else state.settings
    return {**STATIC, FIRMWARE: cfg.firmware, **state.told, **settings}


def clock(state: State, now: datetime) -> int:
    return int(now.timestamp()) + (120 if state.fault == "clockAhead" else 0)


def tell(cfg: Config, path: str, value: Value) -> Say:
    return Say(f"N/{cfg.portal_id}/{path}", sim_gx_settings.payload(path, value))


def metered(cfg: Config, state: State) -> tuple[State, Results]:
    """The truth about half hours that ended: not a word of a GX's, but what a bill is made of."""
    if not (done := state.plant.done):
        return state, []
    told: Results = []
    for half in done:
        writes = state.writes if state.written_on == f"{half.start:%F}" else {}
        half = replace(half, writes=max(writes.values(), default=0))
        told.append(Say(f"{METERED}/{cfg.portal_id}", {**vars(half), "start": half.start.isoformat()}))
    return replace(state, plant=replace(state.plant, done=())), told
