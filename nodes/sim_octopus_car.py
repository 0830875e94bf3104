"""The simulated car on Intelligent Octopus: when it is to charge, and what it does about it. A function of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from . import replace, sim_household
from .calls import Json
from .linked import Timer
from .messages import Dispatch
from .sim_messages import Drawn
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


def spaced(length: timedelta, every: timedelta) -> None:
    if not timedelta(0) < length <= every:
        raise ValueError("length must be more than nothing, and no more than every")


@dataclass(frozen=True)
class State:
    since: datetime | None = None  # the schedule counts from here
    drawn: Drawn | None = None  # as last told
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
    if cfg.household is not None:
        found = {*sim_household.planned(cfg.household, cfg.timezone, now, ahead)}
    else:
        found = {*_learner(cfg, state.since, now, ahead), *_daily(cfg, now, ahead)}
    if kept.boost is not None and kept.boost.end > now:
        found = {d for d in found if d.start >= kept.boost.end} | {kept.boost}
    return tuple(sorted(found, key=lambda d: (d.start, d.end)))


def power(cfg: Config, state: State, now: datetime) -> float:
    """What the car draws, in W."""
    if cfg.household is not None and not shown(state, now).suspended:
        return sim_household.POWER if sim_household.life(cfg.household, cfg.timezone, now).drawn else 0.0
    return cfg.power if planned(cfg, state, now, timedelta(0)) else 0.0


def drawn(cfg: Config, state: State, now: datetime) -> Drawn:
    """What the other simulators need to know of it."""
    if cfg.household is None:
        runs = planned(cfg, state, now, timedelta(0))
        return Drawn(at=now, power=cfg.power if runs else 0.0, smart=any(d.kind == "smart" for d in runs))
    lives = sim_household.life(cfg.household, cfg.timezone, now)
    watts = power(cfg, state, now)
    return Drawn(at=now, power=watts, smart=lives.smart, plugged=lives.plugged, driving=lives.driving, soc=lives.soc)


def turns(cfg: Config, now: datetime) -> list[Timer]:
    """A household is looked at again when it changes; a schedule is, at every tick."""
    if cfg.household is None:
        return []
    return [Timer("turn", sim_household.next_change(cfg.household, cfg.timezone, now))]


def turned(cfg: Config, state: State, now: datetime) -> tuple[State, Drawn | None]:
    """What is to be told now, if it is another thing than was told last."""
    told, before = drawn(cfg, state, now), state.drawn
    if before is not None and replace(told, at=before.at, soc=before.soc) == before:
        return state, None
    return replace(state, drawn=told), told


def device(cfg: Config, state: State, now: datetime) -> dict[str, Json]:
    watts, kept, runs = power(cfg, state, now), shown(state, now), planned(cfg, state, now, timedelta(0))
    away = cfg.household is not None and not sim_household.life(cfg.household, cfg.timezone, now).plugged
    control = "OFF" if kept.suspended else "NOT_AVAILABLE" if away else "IN_PROGRESS" if runs else "CAPABLE"
    boosts = any(d.kind == "boost" for d in runs)
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
            "activePower": {"value": f"{watts / 1000:.2f}", "timestamp": seen} if cfg.tells_power else None,
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
