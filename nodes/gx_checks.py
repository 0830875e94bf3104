"""What must be so on a GX before its battery is touched; each that is not, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from . import gx_slot, gx_wear
from .gx_memory import State
from .gx_readings import GRID, number, soc
from .gx_topics import DYNAMIC, ESS, FIELDS, SCHEDULED, SCHEDULED_STATUS, SOURCE, ZONE, Value

if TYPE_CHECKING:
    from .victron_gx import Config

CLOCK = 60.0  # s
STUCK = timedelta(minutes=4)  # the state of charge is asked for every minute, or with each keepalive
SOURCES = {0: "nothing", 2: "a generator", 3: "shore power", 240: "nothing, the grid is gone"}
WHY_NOT = {
    1: "the GX says this is not an ESS",
    2: "the GX does not know the state of charge",
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
        return ["the GX has not reported everything yet"]
    return [
        *_plant(live.seen),
        *_supply(cfg, state, now),
        *_clock(cfg, live.seen, live.skew, now),
        *_slot(cfg, state, now),
    ]


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
    if soc(seen) is None:
        told.append("the state of charge is unknown")
    if number(seen, GRID[0]) is None and at(f"{ESS}/RunWithoutGridMeter") != 1:
        told.append("the grid meter reports nothing")
    return told


def _supply(cfg: Config, state: State, now: datetime) -> list[str]:
    live, source = state.live, state.live.seen.get(SOURCE)
    if source != 1:
        name = SOURCES.get(int(source), "something unknown") if isinstance(source, int | float) else "something unknown"
        return [f"the house is supplied by {name}, not the grid"]
    if state.back and (until := settling(cfg, state, now)):
        return [f"the grid came back at {state.back:%H:%M} UTC; the battery is left alone until {until:%H:%M}"]
    if live.soc_at and now - live.soc_at > max(STUCK, 4 * cfg.keepalive):
        return [f"the GX has not reported the state of charge since {live.soc_at:%H:%M} UTC"]
    return []


def settling(cfg: Config, state: State, now: datetime) -> datetime | None:
    """Until when the battery is left alone after the grid came back; a time to come is of a clock that was wrong."""
    lately = state.back is not None and timedelta() <= now - state.back < cfg.settle
    return state.back + cfg.settle if state.back and lately else None


def _clock(cfg: Config, seen: Mapping[str, Value], skew: float, now: datetime) -> list[str]:
    name = seen.get(ZONE)
    where = gx_slot.zone(name)
    if where is None:
        return [f"the GX's time zone is {name or 'unknown'}"]
    unset = str(name).lstrip("/") in ("UTC", "Etc/UTC")
    if unset and now.astimezone(where).utcoffset() != now.astimezone(ZoneInfo(cfg.timezone)).utcoffset():
        return [f"the GX's time zone is not set; set it to {cfg.timezone}"]
    if abs(skew) > CLOCK:
        return [f"the GX's clock is {'ahead' if skew > 0 else 'behind'} by {abs(skew):.0f} s; set it from the internet"]
    return [gx_slot.TWICE] if gx_slot.twice(now, where) else []


def _slot(cfg: Config, state: State, now: datetime) -> list[str]:
    if state.blocked:
        return [state.blocked]
    values = gx_slot.stored(state.live.seen, cfg.slot)
    if len(values) < len(FIELDS):
        return [f"the GX shows no charge schedule {cfg.slot + 1}"]
    if taken(cfg, state):
        return [theirs(cfg, state)]
    first = before(cfg, state, now)
    if first is not None:
        return [f"charge schedule {first + 1} on the GX takes precedence, and is running now"]
    idle = state.held is None and state.live.work.goal != "on"  # what is in force may stay
    return [why] if idle and (why := gx_wear.spent(cfg, state, now)) else []


def taken(cfg: Config, state: State) -> bool:
    """Whether the slot is switched on, and not by us."""
    values = gx_slot.stored(state.live.seen, cfg.slot)
    return values.get("Day", -1) >= 0 and not gx_slot.ours(values, state.mark) and not relic(state, values)


def relic(state: State, values: Mapping[str, float]) -> bool:
    """Whether each value is its user's or one that we wrote of late, though not all are its user's: a GX may tell late
    what it took."""
    own, tried = state.originals, state.tried
    return values != own and bool(tried) and all(v == own.get(f) or v in tried.get(f, ()) for f, v in values.items())


def left(cfg: Config, state: State) -> bool:
    """Whether the slot is as a lease or our last will leaves it, and not as its user had it."""
    values = gx_slot.stored(state.live.seen, cfg.slot)
    if gx_slot.ours(values, state.mark) or relic(state, values):
        return True
    by_will = values == {**state.originals, "Day": gx_slot.OFF}
    return values != state.originals and values.get("Day", 0) < 0 and (state.touched or by_will)


def theirs(cfg: Config, state: State) -> str:
    values = gx_slot.stored(state.live.seen, cfg.slot)
    if gx_slot.odd(values):
        return f"another installation leases charge schedule {cfg.slot + 1} on the GX; give one of the two another slot"
    return f"charge schedule {cfg.slot + 1} on the GX is somebody else's; disable it there or set another slot"


def before(cfg: Config, state: State, now: datetime) -> int | None:
    """A schedule of the user's that covers now and goes before ours."""
    seen = state.live.seen
    on = [slot for slot in range(cfg.slot) if gx_slot.on(seen, slot)]
    where = gx_slot.zone(seen.get(ZONE)) if on else None
    if where is None:
        return None
    wall = gx_slot.wall(now, where)
    return next((slot for slot in on if gx_slot.covers(gx_slot.stored(seen, slot), wall)), None)


def unproven(seen: Mapping[str, Value], charging: bool) -> str:
    """Why a slot that was written and read back has no effect."""
    status = seen.get(SCHEDULED_STATUS)
    if isinstance(status, int | float) and int(status) in WHY_NOT:
        return WHY_NOT[int(status)]
    if charging and seen.get(SCHEDULED) == 1:
        return "the GX began the slot, yet does not charge"
    return "the GX took the slot, yet did not begin it"
