"""When a car that is awake is worth a detailed read: each one may keep it from falling asleep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from .messages import Plan
from .tesla_replies import Reading

SLACK = timedelta(seconds=15)  # a poll that comes a moment early must not wait for the next one


class Timings(Protocol):
    @property
    def settle(self) -> timedelta: ...
    @property
    def watch(self) -> timedelta: ...
    @property
    def watch_every(self) -> timedelta: ...
    @property
    def let_sleep(self) -> timedelta: ...
    @property
    def charging_every(self) -> timedelta: ...


@dataclass(frozen=True)
class Pace:
    """What the car is about, as far as reading it goes.

    new: never read · asleep · waking: awake, perhaps only for minutes · settling: has just parked or stopped charging
    watching: parked, perhaps to be plugged in · resting: left alone so that it can fall asleep · driving · charging
    """

    phase: Literal["new", "asleep", "waking", "settling", "watching", "resting", "driving", "charging"] = "new"
    since: datetime | None = None  # while watching: the last time that something was going on
    read: datetime | None = None  # the last detailed read, answered or not

    def online(self, now: datetime) -> Pace:
        return replace(self, phase="waking", since=now) if self.phase == "asleep" else self

    def away(self, port: Literal["asleep", "offline"], now: datetime) -> Pace:
        if port == "offline" and self.phase in ("charging", "driving"):
            return self  # a radio hole: neither has ended
        return replace(self, phase="asleep", since=now) if self.phase != "asleep" else self

    def due(self, t: Timings, now: datetime, dispatch: datetime | None) -> bool:
        """Whether to read in detail now; `dispatch` is the start of the one that is running."""
        waited = now - (self.since or now) + SLACK
        if self.read is None:
            return self.phase != "waking" or waited >= t.settle
        unread = now - self.read + SLACK
        if unread < t.settle:
            return False
        if dispatch and self.read < dispatch + t.charging_every:  # once more: the car rarely starts in the very second
            return self.read < dispatch or unread >= t.charging_every
        match self.phase:
            case "new":
                return True
            case "waking" | "settling":
                return waited >= t.settle
            case "resting":
                return waited >= t.let_sleep
            case "charging":
                return unread >= t.charging_every
            case _:
                return unread >= t.watch_every

    def after(self, t: Timings, seen: Reading, now: datetime) -> Pace:
        """The pace once a detailed read is answered."""
        going = seen.driving or (seen.driving is None and self.phase == "driving")
        if seen.charging or going:
            return replace(self, phase="charging" if seen.charging else "driving", since=now)
        if self.phase in ("charging", "driving"):
            return replace(self, phase="settling", since=now)
        if seen.busy:
            return replace(self, phase="watching", since=now)
        idle = now - (self.since or now) + SLACK
        watching = self.phase in ("new", "settling") or (self.phase == "watching" and idle < t.watch)
        if watching and not seen.plugged:
            return replace(self, phase="watching", since=self.since or now)
        return replace(self, phase="resting", since=now)


def running(plan: Plan | None, now: datetime) -> datetime | None:
    """The start of the dispatch that is under way, if any."""
    return max((d.start for d in plan.dispatches if d.start <= now < d.end), default=None) if plan else None
