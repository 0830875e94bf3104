"""What a household sets with the simulated Octopus: it takes effect, and shows, a little later, as in earnest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from . import replace
from .calls import Json
from .kraken_limits import limits
from .kraken_replies import number
from .kraken_schedules import DAYS
from .messages import Dispatch

if TYPE_CHECKING:
    from .sim_octopus import Config
    from .sim_octopus_car import State

PREFER, STEER, BOOST = "setDevicePreferences", "updateDeviceSmartControl", "updateBoostCharge"
CAP = "updateIsChargingDurationCapped"
WRITES = (PREFER, STEER, BOOST, CAP)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the car's schedule may be, and how what is set behaves."""

    shows_after: timedelta = timedelta(seconds=10)
    boost: timedelta = timedelta(hours=1)  # how long one lasts
    least: int = 10  # %
    most: int = 100  # %
    step: int = 5  # %
    first: str = "00:00"
    last: str = "23:30"
    every: int = 30  # minutes


@dataclass(frozen=True, kw_only=True)
class Day:
    time: str = "07:30"
    most: int = 80  # %


@dataclass(frozen=True, kw_only=True)
class Kept:
    days: tuple[Day, ...] = (Day(),) * 7
    suspended: bool = False
    capped: bool = False
    boost: Dispatch | None = None


@dataclass(frozen=True, kw_only=True)
class Coming:
    """What was set, and when it shows."""

    at: datetime
    kept: Kept


@dataclass(frozen=True, kw_only=True)
class Refusal:
    code: str
    reasons: tuple[str, ...] = ()


def shown(state: State, now: datetime) -> Kept:
    return next((c.kept for c in reversed(state.coming) if c.at <= now), state.kept)


def write(cfg: Config, state: State, field: str, wish: Mapping[str, Json], now: datetime) -> State | Refusal:
    """Take a wish, or say why not."""
    kept = state.coming[-1].kept if state.coming else state.kept
    running = kept.boost is not None and kept.boost.end > now
    match field, wish:
        case "setDevicePreferences", {"mode": "CHARGE", "unit": "PERCENTAGE", "schedules": list(days)}:
            week = _week(cfg, days)
            if week is None:
                return Refusal(code="KT-CT-4321")
            return _set(cfg, state, replace(kept, days=week), now)
        case "updateDeviceSmartControl", {"action": "SUSPEND" | "UNSUSPEND" as action}:
            ended = None if action == "SUSPEND" else kept.boost
            return _set(cfg, state, replace(kept, suspended=action == "SUSPEND", boost=ended), now)
        case "updateIsChargingDurationCapped", {"enabled": bool(enabled)}:
            return _set(cfg, state, replace(kept, capped=enabled), now)
        case "updateBoostCharge", {"action": "BOOST"}:
            if running or kept.suspended:
                why = "BC_BOOST_CHARGE_IN_PROGRESS" if running else "BC_DEVICE_SUSPENDED"
                return Refusal(code="KT-CT-4357", reasons=(why,))
            begins = now + cfg.settings.shows_after
            boost = Dispatch(start=begins, end=begins + cfg.settings.boost, kind="boost")
            return _set(cfg, state, replace(kept, boost=boost), now)
        case "updateBoostCharge", {"action": "CANCEL"}:
            return _set(cfg, state, replace(kept, boost=None), now) if running else Refusal(code="KT-CT-4354")
        case _:
            return Refusal(code="KT-CT-4321")


def told(cfg: Config, kept: Kept) -> dict[str, Json]:
    """The part of a device that tells of its settings, and of what they may be."""
    cap, allowed = "ENABLED" if kept.capped else "DISABLED", cfg.settings
    schedules: list[Json] = [
        {"dayOfWeek": name, "time": f"{day.time}:00", "min": None, "max": float(day.most), "upperLimit": None}
        for name, day in zip(DAYS, kept.days, strict=True)
    ]
    return {
        "preferences": {
            "mode": "CHARGE",
            "unit": "PERCENTAGE",
            "targetType": "ABSOLUTE_STATE_OF_CHARGE",
            "gridExport": "NOT_APPLICABLE",
            "isChargingDurationCapped": cap,
            "schedules": schedules,
        },
        "cap": {"isChargingDurationCapped": cap},
        "preferenceSetting": {
            "scheduleSettings": [
                {
                    "id": "1",
                    "min": str(allowed.least),
                    "max": str(allowed.most),
                    "step": str(allowed.step),
                    "timeFrom": f"{allowed.first}:00",
                    "timeTo": f"{allowed.last}:00",
                    "timeStep": allowed.every,
                }
            ]
        },
    }


def _set(cfg: Config, state: State, kept: Kept, now: datetime) -> State:
    return replace(
        state,
        kept=shown(state, now),
        coming=(*(c for c in state.coming if c.at > now), Coming(at=now + cfg.settings.shows_after, kept=kept)),
    )


def _week(cfg: Config, days: list[Json]) -> tuple[Day, ...] | None:
    """A week's schedule, if it is one that Octopus would take: each day once, all within what is allowed."""
    found, allowed = dict[str, Day](), limits(told(cfg, Kept()))
    for day in days:
        match day:
            case {"dayOfWeek": str(name), "time": str(time), "max": most} if name in DAYS and name not in found:
                percent = number(most) or Decimal(0)
                if not allowed.allows(time[:5]) or allowed.rounded(percent) != percent:
                    return None
                found[name] = Day(time=time[:5], most=int(percent))
            case _:
                return None
    return tuple(found[name] for name in DAYS) if len(found) == len(DAYS) else None
