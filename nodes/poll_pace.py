"""When to look at a plan next: never on the half hour itself, around what is known to begin, and seldom at night."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from .half_hours import HALF_HOUR, begins, half_hour, inside, instant, turns_after
from .ladder import touched
from .messages import Dispatch, Plan

if TYPE_CHECKING:
    from .poll_planner import Config

JUST_LOOKED = timedelta(seconds=15)
"""What has just been read will hardly be different so soon."""

AROUND, PUSHED = timedelta(seconds=10), timedelta(seconds=20)
"""Everybody asks on the half hour: keep this far before it, or this far after it."""

FORGOTTEN = timedelta(hours=1)
"""A device not heard of for this long has been removed from the account."""


def heard(plans: Mapping[str, Plan], plan: Plan, now: datetime) -> dict[str, Plan]:
    """The latest plan of each device of which there is news."""
    young = {device: p for device, p in plans.items() if now - p.at < FORGOTTEN}
    return {**young, plan.device or "": plan}


def next_look(cfg: Config, plans: Mapping[str, Plan], now: datetime) -> datetime:
    """The earliest reason to look again.

    Inside the fixed window the house is cheap whatever the plan says, so it is read seldom there. That is safe because
    the pace is the usual one again `awake` before the window ends: a plan for the time after it is known, and fresh.
    """
    if (quiet_until := _quiet_until(cfg, now)) is not None:
        return _off_phase(cfg, min(now + cfg.quiet + _late(cfg, now), quiet_until))
    base = _off_phase(cfg, now + cfg.every * max(1, len(plans)) + _late(cfg, now))
    known = (d for plan in plans.values() for d in plan.dispatches)
    return min((at for at in _reasons(cfg, known, now, base) if now + JUST_LOOKED < at), default=base)


def _quiet_until(cfg: Config, now: datetime) -> datetime | None:
    """Until when nothing that a plan may say can matter; None if it can."""
    if not cfg.window or not inside(cfg.window, cfg.timezone, now.timestamp()):
        return None
    until = instant(next(turns_after(cfg.window, cfg.timezone, now.timestamp()))) - cfg.awake
    return until if now + JUST_LOOKED < until else None


def _reasons(cfg: Config, known: Iterable[Dispatch], now: datetime, base: datetime) -> Iterator[datetime]:
    """Looks that a dispatch outside the window earns: before it starts, once it has, and in each half hour of it."""
    yield base
    for d in known:
        halves = touched(d)
        if not halves or d.end <= now:
            continue
        if not _cheap(cfg, d.start):
            yield d.start - cfg.before
            yield d.start + cfg.after
        soon = range(max(halves.start, half_hour(now)), min(halves.stop, half_hour(base) + 1))
        yield from (begins(half) + cfg.after for half in soon if not _cheap(cfg, begins(half)))


def _cheap(cfg: Config, at: datetime) -> bool:
    return inside(cfg.window, cfg.timezone, at.timestamp()) if cfg.window else False


def _off_phase(cfg: Config, at: datetime) -> datetime:
    nearest = instant(round(at.timestamp() / HALF_HOUR) * HALF_HOUR)
    crowded = nearest - AROUND < at < nearest + PUSHED
    return nearest + PUSHED + _late(cfg, at) if crowded else at


def _late(cfg: Config, at: datetime) -> timedelta:
    """Drawn from the time alone, so that the same day is lived the same way twice."""
    drawn = int.from_bytes(blake2b(f"{cfg.seed}/{at.timestamp():.3f}".encode(), digest_size=8).digest(), "big")
    most = cfg.jitter // timedelta(milliseconds=1)
    return timedelta(milliseconds=drawn % most) if most else timedelta(0)
