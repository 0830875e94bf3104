"""What a GX reports, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wattwire.nodes.gx_checks import SOURCES, reasons
from wattwire.nodes.gx_memory import Live, State
from wattwire.nodes.gx_readings import house, input_limit, number
from wattwire.nodes.gx_slot import odd, stored
from wattwire.nodes.gx_topics import DYNAMIC, ESS, FIRMWARE, SETPOINT, SOURCE, USER_SETPOINT, ZONE
from wattwire.nodes.victron_gx import Config

from .gx_line import Line

DAYS = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "every day")
ODD_DAYS = {8: "on weekdays", 9: "at weekends", 11: "on the 1st of the month"}


def why_not(cfg: Config, line: Line) -> list[str]:
    """In the words in which victronGx would refuse."""
    now = datetime.now(UTC)
    live = Live(since=now, portal=line.portal, ready=True, beat=now, skew=line.skew, seen=line.seen, armed=True)
    told = reasons(cfg, State(portal=line.portal, mark=-1, live=live), now)
    if not odd(stored(line.seen, cfg.slot)):
        return told
    leased = f"charge schedule {cfg.slot + 1} holds a lease: a running flow's, or else another installation's"
    return [leased if f"charge schedule {cfg.slot + 1} " in why else why for why in told]


def facts(cfg: Config, line: Line) -> dict[str, Any]:
    seen = line.seen
    read = house(seen, [], datetime.now(UTC))
    source = number(seen, SOURCE)
    return {
        "address": line.address,
        "portal_id": line.portal,
        "firmware": seen.get(FIRMWARE),
        "system": seen.get("system/0/SystemType"),
        "hub4_mode": seen.get(f"{ESS}/Hub4Mode"),
        "battery_life": seen.get(f"{ESS}/BatteryLife/State"),
        "minimum_soc": seen.get(f"{ESS}/BatteryLife/MinimumSocLimit"),
        "dynamic_ess": seen.get(DYNAMIC),
        "time_zone": seen.get(ZONE),
        "clock_ahead": round(line.skew, 1),
        "supply": None if source is None else SOURCES.get(int(source), "the grid" if source == 1 else "unknown"),
        "input_limit": input_limit(seen),
        "grid_setpoint": seen.get(USER_SETPOINT),
        "override": seen.get(SETPOINT),
        "soc": read.soc,
        "grid": read.grid,
        "battery": read.battery,
        "load": read.load,
        "pv": read.pv,
        "ev": read.ev,
        "slots": [stored(seen, slot) for slot in range(5)],
        "reserved": cfg.slot,
        "why_not": why_not(cfg, line),
    }


def lines(told: Mapping[str, Any]) -> list[str]:
    def watts(name: str) -> str:
        return "unknown" if told[name] is None else f"{told[name]:.0f} W"

    limit = "no limit is set" if told["input_limit"] is None else f"{told['input_limit']:.0f} W"
    soc = "unknown" if told["soc"] is None else f"{told['soc']:.1f} %"
    late = "ahead" if told["clock_ahead"] > 0 else "behind"
    clock = f"its clock is {abs(told['clock_ahead']):.0f} s {late}"
    life = f"state {_is(told['battery_life'])} (9 keeps it charged)"
    rows = [
        ("GX", f"{told['portal_id']}, firmware {told['firmware'] or 'unknown'}, at {told['address']}"),
        ("system", f"{told['system'] or 'unknown'}, mode {_is(told['hub4_mode'])} (1 and 2 are Optimised)"),
        ("battery life", f"{life}, minimum {_is(told['minimum_soc'])} %"),
        ("Dynamic ESS", {0: "off", 1: "on, by VRM", 4: "on, local"}.get(told["dynamic_ess"], "unknown or off")),
        ("time", f"zone {told['time_zone'] or 'unknown'}; {clock}"),
        ("supply", f"{told['supply'] or 'unknown'}; input limit: {limit}"),
        ("grid setpoint", f"{_is(told['grid_setpoint'])} W; override: {_is(told['override'], 'none')}"),
        ("now", f"battery {soc} and {watts('battery')}, grid {watts('grid')}, house {watts('load')}, "
                f"panels {watts('pv')}, car {watts('ev')}"),
        *((f"schedule {n + 1}", _slot(values, n == told["reserved"])) for n, values in enumerate(told["slots"])),
        ("steerable", "yes" if not told["why_not"] else "no: " + "; ".join(told["why_not"])),
    ]  # fmt: skip
    return [f"{name:<14} {text}" for name, text in rows]


def _is(value: object, nothing: str = "unknown") -> str:
    return nothing if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)


def _slot(values: Mapping[str, float], reserved: bool) -> str:
    ours = "   <- the one we use" if reserved else ""
    if len(values) < 5:
        return f"unknown{ours}"
    day, start, long = int(values["Day"]), int(values["Start"]), int(values["Duration"])
    if day < 0:
        return f"off{ours}"
    when = DAYS[day] if day < len(DAYS) else ODD_DAYS.get(day, f"day {day}")
    span = f"{start // 3600:02}:{start // 60 % 60:02} for {long / 60:.0f} min"
    rest = "then the battery may discharge" if values["AllowDischarge"] else "then it is held"
    return f"{when} from {span} to {values['Soc']:.0f} %, {rest}{', a lease' if odd(values) else ''}{ours}"
