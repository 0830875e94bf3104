"""What the simulated Octopus lists as charged: half a day late, newest first, and without its kind, as the real one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import sim_household
from .calls import Json
from .messages import Dispatch
from .sim_octopus_car import State, entry, planned

if TYPE_CHECKING:
    from .sim_octopus import Config

LAG, SPAN = timedelta(hours=12), timedelta(hours=24)


def completed(cfg: Config, state: State, now: datetime) -> list[Json]:
    """The schedule of the day before the last half day; nothing from before the simulator was started."""
    if state.since is None:
        return []
    if cfg.household is not None:
        drawn = sim_household.done(cfg.household, cfg.timezone, max(state.since, now - LAG - SPAN), now - LAG)
        taken = [Dispatch(start=d.start, end=d.end) for d in reversed(drawn)]
        return [_told(entry(cfg, d)) for d in taken]
    schedule = State(since=state.since)  # what was suspended or boosted meanwhile is not remembered
    past = [d for d in planned(cfg, schedule, now - LAG - SPAN, SPAN) if state.since <= d.start and d.end <= now - LAG]
    return [_told(entry(cfg, d)) for d in sorted(past, key=lambda d: d.start, reverse=True)]


def _told(found: dict[str, Json]) -> Json:
    meta: Json = {"source": None, "location": "AT_HOME"}
    return {"start": found["start"], "end": found["end"], "delta": f"-{found['energyAddedKwh']}", "meta": meta}
