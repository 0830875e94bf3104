"""What plugGuard makes of what it sees: one plug-in, from the cable to the plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from . import Emit, replace
from .car_messages import CarCommand, CarDone, Told
from .messages import Car, Dispatch, Plan, Rate

OWNER = "plugGuard"
STALE = timedelta(minutes=10)  # what was planned or priced longer ago says nothing about now
LIFE = timedelta(minutes=2)  # a stop that comes later is of no use, a rate that ended is none
RESCUE = timedelta(minutes=30)  # a start may have to wake the car first


class Settings(Protocol):
    @property
    def enabled(self) -> bool: ...
    @property
    def floor(self) -> float: ...
    @property
    def within(self) -> timedelta: ...
    @property
    def wait(self) -> timedelta: ...
    @property
    def slack(self) -> timedelta: ...


@dataclass(frozen=True)
class Guard:
    """unplugged · armed: just plugged in · stopped: by us, no plan yet · planned: Octopus has it · over: not ours"""

    phase: Literal["unplugged", "armed", "stopped", "planned", "over", "unknown"] = "unknown"
    plugged: datetime | None = None  # when it was
    stopped: datetime | None = None  # when we asked for it
    stood: bool = False  # and it was seen to stand still since
    due: datetime | None = None  # when the dispatch that it waits for begins


Step = tuple[Guard, list[Emit]]


def watched(
    cfg: Settings, guard: Guard, now: datetime, car: Car | None, news: bool, plan: Plan | None, rate: Rate | None
) -> Step:
    """One look at everything; `news`: the car has just been read."""
    if car is not None and news:
        guard, emits = _cable(cfg, guard, now, car)
        if emits:
            return guard, emits
    plan = plan if plan and now - plan.at <= STALE else None
    match guard.phase:
        case "armed":
            return _armed(cfg, guard, now, car if news else None, plan, rate)
        case "stopped" | "planned":
            return _stopped(cfg, guard, now, car, news, plan)
    return guard, []


def commanded(guard: Guard, done: CarDone, now: datetime) -> Step:
    """Our stop took effect, or somebody else's command did."""
    if guard.phase not in ("armed", "stopped", "planned") or done.do not in ("start", "stop"):
        return guard, []
    if done.owner == OWNER:
        return replace(guard, stood=guard.stood or done.do == "stop"), []
    return replace(guard, phase="over"), [_told(now, f"{done.owner or 'somebody'} said {done.do}: the rest is theirs")]


def _cable(cfg: Settings, guard: Guard, now: datetime, car: Car) -> Step:
    if car.plugged is False:
        if guard.phase == "stopped":
            return Guard("unplugged"), [_told(now, "unplugged again: nothing more to do")]
        return Guard("unplugged"), []
    if car.plugged and guard.phase == "unplugged" and cfg.enabled:
        return Guard("armed", plugged=now), []
    if car.plugged and guard.phase == "unknown":  # it was so before we looked: no plug-in of ours
        return Guard("over"), []
    return guard, []


def _armed(cfg: Settings, guard: Guard, now: datetime, car: Car | None, plan: Plan | None, rate: Rate | None) -> Step:
    if now - (guard.plugged or now) > cfg.within:
        return replace(guard, phase="over"), []
    if car is None or not car.charging:
        return guard, []
    if why := _why_not(cfg, guard, now, car, plan, rate):
        return replace(guard, phase="over"), [_told(now, f"the charge at plug-in is left alone: {why}")]
    reason = "plugged in, and Octopus has not planned yet"
    stop = CarCommand(at=now, do="stop", until=now + LIFE, once=True, reason=reason, owner=OWNER)
    told = f"{reason}: the charge is stopped until {now + cfg.wait:%H:%M} UTC at most"
    return replace(guard, phase="stopped", stopped=now, stood=False), [Emit("stop", stop), _told(now, told)]


def _why_not(cfg: Settings, guard: Guard, now: datetime, car: Car, plan: Plan | None, rate: Rate | None) -> str:
    """Why this charge is to go on; what is not known counts against stopping it."""
    levels = [v for v in (car.soc, car.soc_usable) if v is not None]
    rate = rate if rate and rate.at <= now <= rate.until + LIFE else None
    if not car.home:
        return "the car is not at home" if car.home is False else "it is not known whether the car is at home"
    if car.fast:
        return "it is at a fast charger"
    if not levels or min(levels) < cfg.floor:
        return f"it holds less than {cfg.floor:.0f} %" if levels else "its state of charge is not known"
    if rate is None or rate.band == "unsure":
        return "the rate is not known"
    if rate.window or rate.band == "cheap":
        return "power is cheap now"
    if plan is None:
        return "what Octopus plans is not known"
    if plan.suspended or plan.state == "SMART_CONTROL_OFF":
        return "Octopus does not steer the car, so no plan would come"
    if _boost(plan, now):
        return "somebody has pressed boost"
    if _planned(plan, guard.plugged or now, now):
        return "Octopus has planned already"
    return ""


def _stopped(cfg: Settings, guard: Guard, now: datetime, car: Car | None, news: bool, plan: Plan | None) -> Step:
    over, since = replace(guard, phase="over"), guard.stopped or now
    since = since if since <= now + LIFE else now - cfg.wait  # by a clock that was wrong: long enough
    if plan and _boost(plan, now):
        return over, [_told(now, "somebody has pressed boost: the rest is theirs")]
    if car is not None and news and car.seen is not None and car.seen > since:
        if car.charging and guard.stood:
            who = "Octopus has started the car" if guard.phase == "planned" else "somebody started the car again"
            return over, [_told(now, f"{who}: the rest is theirs")]
        if car.charging and car.seen > since + LIFE:  # else it would be started once more, and woken, when it is full
            return over, [_told(now, "the stop had no effect: the charge is left alone")]
        guard = replace(guard, stood=guard.stood or car.charging is False)
    if plan is not None:
        due = min((d.start for d in _planned(plan, since, now)), default=None)
        if due and guard.phase == "stopped":
            told = _told(now, "Octopus has planned: the car waits for its dispatch")
            return replace(guard, phase="planned", due=due), [told]
        guard = replace(guard, phase="planned" if due else "stopped", due=due)  # one taken back is as if none had come
    if guard.phase == "stopped" and now - since >= cfg.wait:
        return over, _start(now, f"no plan came within {cfg.wait.total_seconds() / 60:.0f} minutes")
    if guard.due and now - max(guard.due, since) >= cfg.slack:
        return over, _start(now, "Octopus's dispatch has begun, and the car is still not charging")
    return guard, []


def _start(now: datetime, why: str) -> list[Emit]:
    start = CarCommand(at=now, do="start", until=now + RESCUE, reason=why, owner=OWNER)
    return [Emit("start", start), _told(now, f"{why}: the car is started again, once")]


def _boost(plan: Plan, now: datetime) -> bool:
    return plan.state == "BOOSTING" or any(d.kind == "boost" and d.start <= now < d.end for d in plan.dispatches)


def _planned(plan: Plan, since: datetime, now: datetime) -> list[Dispatch]:
    """A dispatch that is under way, or one to come in a plan that is newer than the plug-in or the stop."""
    smart = [d for d in plan.dispatches if d.kind in ("smart", "unknown") and d.status == "planned" and d.end > now]
    return [d for d in smart if d.start <= now or plan.at > since]


def _told(now: datetime, why: str) -> Emit:
    return Emit("told", Told(at=now, why=why))
