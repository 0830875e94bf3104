"""The simulated car on Intelligent Octopus: when it is to charge, and what it does about it. A function of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .calls import Json
from .messages import Dispatch
from .sim_octopus_settings import Coming, Kept, shown, told

if TYPE_CHECKING:
    from .sim_octopus import Config

AHEAD = timedelta(hours=24)
"""As far as a plan looks."""


@dataclass(frozen=True, kw_only=True)
class Daily:
    """A dispatch of every day, in local time."""

    start: time
    length: timedelta


@dataclass(frozen=True)
class State:
    since: datetime | None = None  # the schedule counts from here
    drawn: float | None = None  # W, as last told
    kept: Kept = field(default_factory=Kept)  # what a household has set
    coming: tuple[Coming, ...] = ()  # and does not show yet
    fault: str | None = None  # None: as the setting says
    times: int | None = None  # so many faulty answers are left; None: without end
    plans: tuple[datetime, ...] = ()  # when plans were read, in the last minute


def started(cfg: Config, state: State, now: datetime) -> State:
    """A learner should not wait: unless a dispatch runs or is near, the schedule begins anew."""
    near = planned(cfg, state, now, cfg.first_after)
    return state if near else replace(state, since=now)


def planned(cfg: Config, state: State, now: datetime, ahead: timedelta = AHEAD) -> tuple[Dispatch, ...]:
    """Dispatches that run or are to come, in time order."""
    kept = shown(state, now)
    if kept.suspended or state.since is None:
        return ()
    found = {*_learner(cfg, state.since, now, ahead), *_daily(cfg, now, ahead)}
    if kept.boost is not None and kept.boost.end > now:
        found = {d for d in found if d.start >= kept.boost.end} | {kept.boost}
    return tuple(sorted(found, key=lambda d: (d.start, d.end)))


def power(cfg: Config, state: State, now: datetime) -> float:
    """What the car draws, in W."""
    return cfg.power if planned(cfg, state, now, timedelta(0)) else 0.0


def device(cfg: Config, state: State, now: datetime) -> dict[str, Json]:
    drawn, kept = power(cfg, state, now), shown(state, now)
    control = "OFF" if kept.suspended else "IN_PROGRESS" if drawn else "CAPABLE"
    boosts = any(d.kind == "boost" for d in planned(cfg, state, now, timedelta(0)))
    seen = stamp(now)
    return {
        "__typename": "SmartFlexVehicle",
        "id": cfg.device,
        "name": "Simulated car",
        "deviceType": "ELECTRIC_VEHICLES",
        "provider": "TESLA_V2",
        "status": {
            "current": "LIVE",
            "isSuspended": kept.suspended,
            "currentState": "BOOSTING" if boosts else f"SMART_CONTROL_{control}",
            "stateOfCharge": {"value": "55.00", "timestamp": seen},
            "activePower": {"value": f"{drawn / 1000:.2f}", "timestamp": seen} if cfg.tells_power else None,
        },
        **told(cfg, kept),
    }


def entry(cfg: Config, dispatch: Dispatch) -> dict[str, Json]:
    """A dispatch as Octopus writes it."""
    hours = (dispatch.end - dispatch.start) / timedelta(hours=1)
    kwh = f"{cfg.power / 1000 * hours:.2f}"
    return {
        "start": stamp(dispatch.start),
        "end": stamp(dispatch.end),
        "type": dispatch.kind.upper(),
        "energyAddedKwh": kwh,
    }


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _learner(cfg: Config, since: datetime, now: datetime, ahead: timedelta) -> Iterator[Dispatch]:
    """A short one soon after the start, and again and again."""
    turn = max(0, (now - since - cfg.first_after - cfg.length) // cfg.every)
    while (start := since + cfg.first_after + turn * cfg.every) <= now + ahead:
        if start + cfg.length > now:
            yield Dispatch(start=start, end=start + cfg.length)
        turn += 1


def _daily(cfg: Config, now: datetime, ahead: timedelta) -> Iterator[Dispatch]:
    zone = ZoneInfo(cfg.timezone)
    today: date = now.astimezone(zone).date()
    for day in (today + timedelta(days=n) for n in (-1, 0, 1, 2)):
        for slot in cfg.daily:
            start = datetime.combine(day, slot.start, zone).astimezone(UTC)
            if start + slot.length > now and start <= now + ahead:
                yield Dispatch(start=start, end=start + slot.length)
