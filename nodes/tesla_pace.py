"""When a car that is awake is worth a detailed read: each one may keep it from falling asleep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from . import replace
from .messages import Plan
from .tesla_readings import Reading

SLACK = timedelta(seconds=15)  # a poll that comes a moment early must not wait for the next one
PATIENCE = 4  # a sentry stands all night: after so many equal readings they come at longer intervals


class Timings(Protocol):
    @property
    def settle(self) -> timedelta: ...
    @property
    def woken(self) -> timedelta: ...
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
    heeded: datetime | None = None  # the last one for a hint
    same: int = 0  # so many readings in a row told of the same thing that keeps it awake, and of nothing new

    def by(self, now: datetime) -> Pace:
        """By this clock. What was later than now was told by one that was wrong since."""
        if max((t for t in (self.since, self.read, self.heeded) if t), default=now) <= now + SLACK:
            return self
        return replace(self, since=now, read=None, heeded=None)

    def online(self, now: datetime) -> Pace:
        return replace(self, phase="waking", since=now) if self.phase == "asleep" else self

    def away(self, port: Literal["asleep", "offline"], t: Timings, now: datetime) -> Pace:
        if port == "offline" and self.phase in ("charging", "driving"):
            return self  # a radio hole: neither has ended
        left = now - (self.since or now)
        if port == "offline" and self.phase in ("settling", "watching") and left < t.watch:
            return self  # parked in the garage, out of reach: it may still be plugged in
        if port == "offline" and self.phase == "resting" and left < t.let_sleep:
            return self  # a radio that comes and goes is no waking, and no reason to read
        return replace(self, phase="asleep", since=now) if self.phase != "asleep" else self

    def silent(self, t: Timings, now: datetime) -> Pace:
        """The car did not answer: it may be falling asleep just now, and each try is paid for."""
        match self.phase:
            case "settling":
                return replace(self, phase="watching")
            case "waking" | "resting":
                return replace(self, phase="resting", since=now)
            case "watching" if now - (self.since or now) >= t.watch:
                return replace(self, phase="resting", since=now)
        return self

    def heeds(self, t: Timings, now: datetime, hint: datetime | None, vague: bool) -> bool:
        """Whether something new that was seen at `hint` is worth a read. What comes and goes may keep no car awake."""
        if hint is None or now - hint >= t.watch or (self.read is not None and self.read >= hint):
            return False
        return self.heeded is None or now - self.heeded + SLACK >= (t.let_sleep if vague else t.watch_every)

    def due(self, t: Timings, now: datetime, dispatch: datetime | None) -> bool:
        """Whether to read in detail now; `dispatch` is the start of the one that is running."""
        waited = now - (self.since or now) + SLACK
        if self.read is None:
            return self.phase != "waking" or waited >= t.woken
        unread = now - self.read + SLACK
        if unread < t.settle:
            return False
        if dispatch and self.read < dispatch + t.charging_every:  # once more: the car rarely starts in the very second
            return self.read < dispatch or unread >= t.charging_every
        match self.phase:
            case "new":
                return True
            case "waking":
                return waited >= t.woken
            case "settling":
                return waited >= t.settle
            case "resting":
                return waited >= t.let_sleep
            case "charging":
                return unread >= t.charging_every
            case "watching":
                return unread >= t.watch_every * (1 if self.same < PATIENCE else min(2 ** (self.same - PATIENCE), 4))
            case _:
                return unread >= t.watch_every

    def after(self, t: Timings, seen: Reading, now: datetime, news: bool = True) -> Pace:
        """The pace once a detailed read is answered."""
        self = replace(self, same=self.same + 1 if seen.busy and not news else 0)
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
