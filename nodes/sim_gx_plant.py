"""The plant behind a simulated GX: grid meter, battery, panels and loads, and ESS with its charge schedules.

Longer than a page: what flows follows from all of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from . import replace
from .gx_slot import covers, zone
from .gx_topics import DYNAMIC, ESS, LIMIT, SCHEDULED, SCHEDULED_STATUS, ZONE, Value
from .sim_gx_meter import HALF_HOUR, Sums, left_of_half_hour, used
from .sim_gx_settings import OVERRIDES, PATHS, slot
from .sim_messages import Metered

if TYPE_CHECKING:
    from .sim_gx import Config

SUBSTEP = 60.0  # s
VOLTS = 230.0
BLOWS = 60.0  # s beyond the main fuse's rating
SETPOINT, FORCED, DISCHARGE = OVERRIDES
Settings: TypeAlias = Mapping[str, float | str]
Overrides: TypeAlias = Mapping[str, float | None]
MINIMUM, AC_SETPOINT = f"{ESS}/BatteryLife/MinimumSocLimit", f"{ESS}/AcPowerSetPoint"
BATTERY_LIFE = f"{ESS}/BatteryLife/State"


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
    efficiency: float = 1.0  # of charging, and again of discharging
    household: int | None = None


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
    smart: bool = False  # a smart dispatch is on
    sums: Sums = field(default_factory=Sums)  # of this half hour
    done: tuple[Metered, ...] = ()  # half hours that are not told of yet


@lru_cache(maxsize=16)
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
        efficiency=cfg.efficiency,
        household=cfg.household,
    )


def advance(size: Size, plant: Plant, settings: Settings, overrides: Overrides, now: datetime, look: bool) -> Plant:
    """Live from `plant.at` to now; then look at the schedules, if the GX does so now."""
    at, done = plant.at or now, list(plant.done)
    soc, over, grid, sums = plant.soc, plant.over, plant.grid, plant.sums
    while at < now:
        seconds = min(SUBSTEP, (now - at).total_seconds(), left_of_half_hour(at))
        battery, load, pv = _flow(size, plant, soc, grid, settings, overrides, at)
        soc = min(100.0, max(0.0, soc + stored(size, battery) * seconds / 36_000 / size.capacity))
        sums = sums.plus(plant.ev, plant.smart, grid, battery, load, pv, seconds / 3_600_000)
        hot = size.fuse and grid and load - pv + battery > size.fuse
        over = over + seconds if hot else 0.0
        grid = grid and over < BLOWS
        at += timedelta(seconds=seconds)
        if left_of_half_hour(at) == HALF_HOUR:
            done.append(sums.metered(at - timedelta(seconds=HALF_HOUR), soc))
            sums = Sums()
    plant = replace(plant, at=now, soc=soc, over=over, grid=grid, sums=sums, done=tuple(done))
    plant = schedule(plant, settings, now) if look else plant
    battery, load, pv = _flow(size, plant, soc, grid, settings, overrides, now)
    if (battery, load, pv) == (plant.battery, plant.load, plant.pv):
        return plant
    return replace(plant, battery=battery, load=load, pv=pv)


def stored(size: Size, battery: float) -> float:
    """W that its cells get, or give: something is lost either way."""
    return battery * size.efficiency if battery > 0 else battery / size.efficiency


def schedule(plant: Plant, settings: Settings, now: datetime) -> Plant:
    """The first slot that covers now wins; within 5 points of its target it goes on with what it did."""
    status = 1 if settings[f"{ESS}/Hub4Mode"] == 3 else 3 if settings[f"{ESS}/BatteryLife/State"] == 9 else 0
    status = status or (4 if settings[DYNAMIC] in (1, 4) else 0)
    index = None if status else running(settings, now)
    if index is None:
        same = plant.status == status and plant.slot is None and not plant.force
        return plant if same else replace(plant, status=status, slot=None, force=False)
    target = slot(settings, index)["Soc"]
    fresh, soc = target != plant.target, plant.soc
    reached = soc >= target and target < 100  # 100 is never reached
    force = not reached and (target == 100 or fresh or soc < target - 5 or plant.force)
    return replace(plant, status=0, slot=index, force=force, target=target)


def running(settings: Settings, now: datetime) -> int | None:
    on = running_some_day(settings)
    if not on:
        return None
    wall = now.astimezone(zone(settings[ZONE]) or UTC).replace(tzinfo=None)
    return next((i for i in on if covers(slot(settings, i), wall)), None)


def running_some_day(settings: Settings) -> list[int]:
    return [i for i, paths in enumerate(PATHS) if float(settings[paths["Day"]]) >= 0]


def next_change(settings: Settings, now: datetime) -> datetime | None:
    """When a slot that is on begins or ends, within a day."""
    on = running_some_day(settings)
    if not on:
        return None
    midnight = now.astimezone(zone(settings[ZONE]) or UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    edges = []
    for values in (slot(settings, i) for i in on):
        for day in (-1, 0, 1):
            begin = midnight + timedelta(days=day, seconds=values["Start"])
            edges += [begin, begin + timedelta(seconds=values["Duration"])]
    both = (e.replace(fold=fold).astimezone(UTC) for e in edges for fold in (0, 1))  # when the clocks go back
    return min((e for e in both if e > now), default=None)


def _flow(
    size: Size, plant: Plant, soc: float, grid: bool, settings: Settings, overrides: Overrides, at: datetime
) -> tuple[float, float, float]:
    """W of the battery, of all that is used, and of the panels."""
    load, pv = used(size, at)
    if not grid:  # the charger is on the grid's side of the Multi, the house behind it
        power = min(size.charge, pv - load) if soc < 100 else min(0, pv - load)
        power = max(power, -size.discharge if soc > 0 else 0.0)
        return float(round(power)), float(load), float(pv)
    net = load + plant.ev - pv
    setpoint, cap = overrides.get(SETPOINT), overrides.get(DISCHARGE)
    floor = float(settings[MINIMUM])
    wish = (float(settings[AC_SETPOINT]) if setpoint is None else setpoint) - net
    held = plant.slot is not None and float(settings[PATHS[plant.slot]["AllowDischarge"]]) == 0
    if plant.force or (size.force and overrides.get(FORCED) == 1) or settings[BATTERY_LIFE] == 9:
        wish = size.charge
    elif held:
        wish = max(0.0, -net)
    most = size.discharge if cap is None or cap < 0 else min(cap, size.discharge)
    limit = float(settings[LIMIT])
    room = size.charge if limit < 0 else min(size.charge, max(0.0, limit * VOLTS - net))
    power = max(-most if soc > floor else 0.0, min(wish, room if soc < 100 else 0.0))
    return float(round(power)), float(load) + plant.ev, float(pv)


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
