"""What teslaState remembers of a car between polls, and over restarts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from . import Fault, Secret, replace, volatile
from .messages import Car, Plan
from .tesla_hints import Plug
from .tesla_levels import levels
from .tesla_pace import Pace, Timings, running
from .tesla_readings import Reading
from .tesla_refusals import LONGEST
from .tesla_replies import Away, Trouble


@dataclass(frozen=True)
class Memory:
    about: str = ""  # the car and the address that all this is about
    base: str | None = None  # the region's address, once Tesla has named it
    car: Car | None = None  # the last valid reading
    offset: float | None = None  # the gross level minus the usable one, as last seen together
    plan: Plan | None = None
    looked: datetime | None = None  # the start of the last dispatch that earned a look at the car
    pace: Pace = field(default_factory=Pace)
    day: date | None = None
    reads: int = 0  # detailed ones on that day
    quiet: datetime | None = None  # Tesla asked not to be called before
    # For `read`, of the poll in hand:
    bearer: Secret | None = volatile(lambda: None)
    dispatch: datetime | None = volatile(lambda: None)
    hinted: datetime | None = volatile(lambda: None)  # something new was seen at the plug
    plug: Plug = volatile(Plug)

    def of(self, about: str) -> Memory:
        """Budget and plan are the account's and stay; all else is another car's."""
        if self.about == about:
            return self
        return Memory(about, day=self.day, reads=self.reads, quiet=self.quiet, plan=self.plan)

    def planned(self, plan: Plan, now: datetime) -> tuple[Memory, bool]:
        """With this plan, and whether a dispatch has begun in it that the car was not looked at for."""
        begun = running(plan, now)
        if begun is None or (self.looked and begun <= self.looked):
            return replace(self, plan=plan), False
        return replace(self, plan=plan, looked=begun), True

    def told(self, now: datetime, state: Literal["online", "asleep", "offline"]) -> Car:
        """The last reading as it stands now: old values under a new time."""
        car = replace(self.car or Car(at=now), at=now, state=state, phase=self.pace.phase)
        if self.car is None:
            return car
        if state == "asleep":  # a car that sleeps does not charge; one that is offline may
            return replace(car, charging=None if car.charging is None else False, power=car.power and 0.0)
        if state == "online" and self.pace.phase == "waking":  # it may have woken to charge
            return replace(car, charging=None, power=None)
        return car

    def pause(self, now: datetime) -> Fault | None:
        if self.quiet is None or not now < self.quiet <= now + LONGEST:
            return None
        left = (self.quiet - now).total_seconds()
        return Fault("Tesla asked not to be called for a while", code="pause", retry_after=left)

    def troubled(self, told: Trouble, timings: Timings, now: datetime) -> Memory:
        """A refusal keeps all that is known; some say that nothing more may be asked until they are over."""
        memory = replace(self, pace=self.pace.silent(timings, now)) if told.port == "silent" else self
        if not told.pause:
            return memory
        return replace(memory, quiet=now + timedelta(seconds=told.fault.retry_after or 0))

    def outdates(self, seen: Reading) -> bool:
        return self.car is not None and self.car.seen is not None and seen.at < self.car.seen

    def away(self, told: Away, timings: Timings, now: datetime) -> Memory:
        memory = replace(self, pace=self.pace.away(told.port, timings, now))
        return replace(memory, car=self.car and memory.told(now, told.port))

    def counted(self, now: datetime, limit: int) -> Memory | Fault:
        """With one more detailed read on the account, or why there is none left."""
        today = now.astimezone(UTC).date()
        reads = self.reads if self.day == today else 0
        if reads >= limit:
            midnight = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)
            left = (midnight - now).total_seconds()
            return Fault(f"the {limit} detailed reads of this day (UTC) are used up", code="budget", retry_after=left)
        return replace(self, day=today, reads=reads + 1, pace=replace(self.pace, read=now))

    def uncounted(self) -> Memory:
        """The read was not made."""
        return replace(self, reads=max(0, self.reads - 1))

    def with_reading(self, seen: Reading, timings: Timings, now: datetime, home: bool | None) -> Memory:
        """What the car did not say stays as it was; what it is doing is only ever what it said last."""
        last = self.car or Car(at=now)
        plugged = last.plugged if seen.plugged is None else seen.plugged
        news = (plugged, seen.charging) != (last.plugged, last.charging)
        level = levels(seen.soc, seen.soc_usable, last, self.offset)
        pace = self.pace.after(timings, seen, now, news)
        car = replace(
            last,
            at=now,
            seen=seen.at if seen.tells else last.seen,
            state="online",
            plugged=plugged,
            charging=seen.charging,
            soc=level.gross,
            soc_usable=level.usable,
            limit=last.limit if seen.limit is None else seen.limit,
            power=seen.power,
            home=home,
            phase=pace.phase,
            reckoned=level.reckoned,
            fast=seen.fast,
        )
        return replace(self, car=car, pace=pace, offset=level.offset)
