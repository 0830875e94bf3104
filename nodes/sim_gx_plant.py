"""The plant behind a simulated GX: grid meter, battery, panels and loads, and ESS with its charge schedules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from .gx_slot import covers, zone
from .gx_topics import DYNAMIC, ESS, LIMIT, SCHEDULED, SCHEDULED_STATUS, ZONE, Value, slot_path
from .sim_gx_settings import OVERRIDES, slot

if TYPE_CHECKING:
    from .sim_gx import Config

SUBSTEP = 60.0  # s
VOLTS = 230.0
BLOWS = 60.0  # s beyond the main fuse's rating
SETPOINT, FORCED, DISCHARGE = OVERRIDES
Settings: TypeAlias = Mapping[str, float | str]
Overrides: TypeAlias = Mapping[str, float | None]
LOAD: tuple[float, ...] = (0.7, 0.6, 0.6, 0.6, 0.6, 0.7, 1.2, 2.0, 1.6, 1.2, 1.0, 1.0)  # share of the mean, from 00:00
LOAD += (1.2, 1.2, 1.0, 1.0, 1.2, 2.0, 2.4, 2.2, 1.8, 1.5, 1.2, 0.9)


@dataclass(frozen=True, kw_only=True)
class Size:
    capacity: float  # kWh
    charge: float  # W, most
    discharge: float  # W, most
    load: float  # W, mean
    pv: float  # W, peak
    zone: str
    force: bool = True  # a ForceCharge override is honoured
    fuse: float = 0.0  # W; 0: none


@dataclass(frozen=True)
class Plant:
    at: datetime | None = None
    soc: float = 50.0
    ev: float = 0.0  # W
    grid: bool = True
    force: bool = False
    slot: int | None = None  # the schedule that runs
    target: float | None = None  # its Soc, remembered beyond its end as on the real one
    status: int = 0
    battery: float = 0.0  # W, now
    load: float = 0.0
    pv: float = 0.0
    over: float = 0.0  # s, the import was more than the fuse bears


def size(cfg: Config) -> Size:
    return Size(
        capacity=cfg.capacity / cfg.speed,
        charge=cfg.charge,
        discharge=cfg.discharge,
        load=cfg.load,
        pv=cfg.pv,
        zone=cfg.timezone.lstrip("/"),
        force=cfg.force_charge,
        fuse=cfg.fuse,
    )


def advance(size: Size, plant: Plant, settings: Settings, overrides: Overrides, now: datetime, look: bool) -> Plant:
    """Live from `plant.at` to now; then look at the schedules, if the GX does so now."""
    at = plant.at or now
    while at < now:
        seconds = min(SUBSTEP, (now - at).total_seconds())
        plant = _flow(size, plant, settings, overrides, at)
        soc = plant.soc + plant.battery * seconds / 36_000 / size.capacity
        plant, at = replace(plant, soc=min(100.0, max(0.0, soc))), at + timedelta(seconds=seconds)
        hot = size.fuse and plant.grid and plant.load - plant.pv + plant.battery > size.fuse
        over = plant.over + seconds if hot else 0.0
        plant = replace(plant, over=over, grid=plant.grid and over < BLOWS)
    plant = replace(plant, at=now)
    return _flow(size, schedule(plant, settings, now) if look else plant, settings, overrides, now)


def schedule(plant: Plant, settings: Settings, now: datetime) -> Plant:
    """The first slot that covers now wins; within 5 points of its target it goes on with what it did."""
    status = 1 if settings[f"{ESS}/Hub4Mode"] == 3 else 3 if settings[f"{ESS}/BatteryLife/State"] == 9 else 0
    status = status or (4 if settings[DYNAMIC] in (1, 4) else 0)
    index = None if status else running(settings, now)
    if index is None:
        return replace(plant, status=status, slot=None, force=False)
    target = slot(settings, index)["Soc"]
    fresh, soc = target != plant.target, plant.soc
    reached = soc >= target and target < 100  # 100 is never reached
    force = not reached and (target == 100 or fresh or soc < target - 5 or plant.force)
    return replace(plant, status=0, slot=index, force=force, target=target)


def running(settings: Settings, now: datetime) -> int | None:
    wall = now.astimezone(zone(settings[ZONE]) or UTC).replace(tzinfo=None)
    return next((i for i in range(5) if settings_on(settings, i) and covers(slot(settings, i), wall)), None)


def settings_on(settings: Settings, index: int) -> bool:
    return float(settings[slot_path(index, "Day")]) >= 0


def next_change(settings: Settings, now: datetime) -> datetime | None:
    """When a slot that is on begins or ends, within a day."""
    midnight = now.astimezone(zone(settings[ZONE]) or UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    edges = []
    for values in (slot(settings, i) for i in range(5) if settings_on(settings, i)):
        for day in (-1, 0, 1):
            begin = midnight + timedelta(days=day, seconds=values["Start"])
            edges += [begin, begin + timedelta(seconds=values["Duration"])]
    both = (e.replace(fold=fold).astimezone(UTC) for e in edges for fold in (0, 1))  # when the clocks go back
    return min((e for e in both if e > now), default=None)


def _flow(size: Size, plant: Plant, settings: Settings, overrides: Overrides, at: datetime) -> Plant:
    local = at.astimezone(ZoneInfo(size.zone))
    hour = local.hour + local.minute / 60
    load = round(size.load * LOAD[local.hour])
    pv = round(max(0.0, math.sin(math.pi * (hour - 7) / 11)) * size.pv / 10) * 10 if 7 < hour < 18 else 0
    if not plant.grid:  # the charger is on the grid's side of the Multi, the house behind it
        power = min(size.charge, pv - load) if plant.soc < 100 else min(0, pv - load)
        power = max(power, -size.discharge if plant.soc > 0 else 0.0)
        return replace(plant, battery=float(round(power)), load=float(load), pv=float(pv))
    net = load + plant.ev - pv
    setpoint, cap = overrides.get(SETPOINT), overrides.get(DISCHARGE)
    floor = float(settings[f"{ESS}/BatteryLife/MinimumSocLimit"])
    wish = (float(settings[f"{ESS}/AcPowerSetPoint"]) if setpoint is None else setpoint) - net
    held = plant.slot is not None and slot(settings, plant.slot)["AllowDischarge"] == 0
    if plant.force or (size.force and overrides.get(FORCED) == 1) or settings[f"{ESS}/BatteryLife/State"] == 9:
        wish = size.charge
    elif held:
        wish = max(0.0, -net)
    most = size.discharge if cap is None or cap < 0 else min(cap, size.discharge)
    limit = float(settings[LIMIT])
    room = size.charge if limit < 0 else min(size.charge, max(0.0, limit * VOLTS - net))
    power = max(-most if plant.soc > floor else 0.0, min(wish, room if plant.soc < 100 else 0.0))
    return replace(plant, battery=float(round(power)), load=load + plant.ev, pv=float(pv))


def leaves(plant: Plant, overrides: Overrides, charger: bool) -> dict[str, Value]:
    """Everything that changes by itself, by path."""
    running = plant.slot is not None
    state = 259 if running else 256 if plant.battery < -20 else 3 if plant.battery > 20 else 9
    told: dict[str, Value] = {
        "system/0/Dc/Battery/Soc": round(plant.soc, 1),
        "system/0/Dc/Battery/Power": plant.battery,
        "system/0/Dc/Battery/State": 1 if plant.battery > 20 else 2 if plant.battery < -20 else 0,
        "system/0/Ac/Grid/L1/Power": plant.load - plant.pv + plant.battery if plant.grid else None,
        "system/0/Ac/Grid/L2/Power": None,
        "system/0/Ac/Consumption/L1/Power": plant.load,
        "system/0/Ac/PvOnGrid/L1/Power": plant.pv,
        "system/0/Ac/ActiveIn/Source": 1 if plant.grid else 240,
        "system/0/SystemState/State": state,
        SCHEDULED: 1 if running else 0,
        "system/0/Control/ScheduledSoc": plant.target if running else None,
        SCHEDULED_STATUS: plant.status,
        **overrides,
        FORCED: 1 if plant.force else overrides.get(FORCED) or 0,
    }
    if charger:
        told["evcharger/40/Ac/Power"] = plant.ev
        told["evcharger/40/Status"] = 2 if plant.ev else 1
    return told
