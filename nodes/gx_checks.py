"""What must be so on a GX before its battery is touched; each that is not, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from . import gx_slot
from .gx_memory import State
from .gx_topics import DYNAMIC, ESS, FIELDS, SCHEDULED, SCHEDULED_STATUS, ZONE, Value

if TYPE_CHECKING:
    from .victron_gx import Config

CLOCK = 120.0  # s
SOURCES = {0: "nothing", 2: "a generator", 3: "shore power", 240: "nothing, the grid is gone"}
WHY_NOT = {
    1: "the GX says this is no ESS",
    2: "the GX knows no state of charge",
    3: "the GX is set to keep the battery charged",
    4: "another controller, such as Dynamic ESS, blocks schedules",
}


def reasons(cfg: Config, state: State, now: datetime) -> list[str]:
    """Why the battery may not be steered now; empty if it may."""
    live = state.live
    if live.wrong:
        return [live.wrong]
    if live.lost or live.since is None:
        return ["no sign of life from the GX"]
    if not live.ready:
        return ["the GX has not yet told everything"]
    return [*_plant(live.seen), *_clock(cfg, live.seen, live.skew, now), *_slot(cfg, state)]


def _plant(seen: Mapping[str, Value]) -> list[str]:
    def at(path: str) -> Value:
        return seen.get(path)

    told = []
    if (kind := at("system/0/SystemType")) != "ESS":
        told.append(f"the GX runs {kind or 'an unknown system'}, not an ESS")
    if (mode := at(f"{ESS}/Hub4Mode")) not in (1, 2):
        told.append(f"ESS mode is {'unknown' if mode is None else mode}, not Optimised")
    if at(f"{ESS}/BatteryLife/State") == 9:
        told.append("ESS is set to keep the battery charged")
    if at(DYNAMIC) in (1, 4):
        told.append("Dynamic ESS is on and blocks schedules")
    if (source := at("system/0/Ac/ActiveIn/Source")) != 1:
        name = SOURCES.get(int(source), "something unknown") if isinstance(source, int | float) else "something unknown"
        told.append(f"the house is supplied by {name}, not the grid")
    if at("system/0/Dc/Battery/Soc") is None:
        told.append("the state of charge is unknown")
    if at("system/0/Ac/Grid/L1/Power") is None and at(f"{ESS}/RunWithoutGridMeter") != 1:
        told.append("the grid meter tells nothing")
    return told


def _clock(cfg: Config, seen: Mapping[str, Value], skew: float, now: datetime) -> list[str]:
    name = seen.get(ZONE)
    where = gx_slot.zone(name)
    if where is None:
        return [f"the GX's time zone is {name or 'unknown'}"]
    unset = str(name).lstrip("/") in ("UTC", "Etc/UTC")
    if unset and now.astimezone(where).utcoffset() != now.astimezone(ZoneInfo(cfg.timezone)).utcoffset():
        return [f"the GX's time zone is not set; set it to {cfg.timezone}"]
    return (
        [f"the GX's clock is {'ahead' if skew > 0 else 'behind'}; set it by the internet"] if abs(skew) > CLOCK else []
    )


def _slot(cfg: Config, state: State) -> list[str]:
    if state.blocked:
        return [state.blocked]
    values = gx_slot.stored(state.live.seen, cfg.slot)
    if len(values) < len(FIELDS):
        return [f"the GX shows no charge schedule {cfg.slot + 1}"]
    if taken(cfg, state):
        return [f"charge schedule {cfg.slot + 1} on the GX is somebody else's; disable it there or set another slot"]
    return []


def taken(cfg: Config, state: State) -> bool:
    """Whether the slot is switched on, and not by us."""
    values = gx_slot.stored(state.live.seen, cfg.slot)
    return values.get("Day", -1) >= 0 and not gx_slot.ours(values)


def unproven(seen: Mapping[str, Value], charging: bool) -> str:
    """Why a slot that was written and read back has no effect."""
    status = seen.get(SCHEDULED_STATUS)
    if isinstance(status, int | float) and int(status) in WHY_NOT:
        return WHY_NOT[int(status)]
    if charging and seen.get(SCHEDULED) == 1:
        return "the GX began the slot, yet does not charge"
    return "the GX took the slot, yet did not begin it"
