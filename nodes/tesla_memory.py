"""What teslaState remembers of a car between polls, and over restarts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from . import Fault, Secret, volatile
from .messages import Car
from .tesla_pace import Pace, Timings
from .tesla_replies import Away, Reading, Trouble


@dataclass(frozen=True)
class Memory:
    about: str = ""  # the car and the address that all this is about
    base: str | None = None  # the region's address, once Tesla has named it
    car: Car | None = None  # the last valid reading
    pace: Pace = field(default_factory=Pace)
    day: date | None = None
    reads: int = 0  # detailed ones on that day
    quiet: datetime | None = None  # Tesla asked not to be called before
    # For `read`, of the poll in hand:
    bearer: Secret | None = volatile(lambda: None)
    dispatch: datetime | None = volatile(lambda: None)

    def of(self, about: str) -> Memory:
        """The budget is the account's and stays; all else is another car's."""
        return self if self.about == about else Memory(about, day=self.day, reads=self.reads, quiet=self.quiet)

    def told(self, now: datetime, state: Literal["online", "asleep", "offline"]) -> Car:
        """The last reading as it stands now: old values under a new time."""
        if self.car is None:
            return Car(at=now, state=state)
        if state == "asleep":  # a car that sleeps does not charge; one that is offline may
            charging = None if self.car.charging is None else False
            return replace(self.car, at=now, state=state, charging=charging, power=self.car.power and 0.0)
        if state == "online" and self.pace.phase == "waking":  # it may have woken to charge
            return replace(self.car, at=now, state=state, charging=None, power=None)
        return replace(self.car, at=now, state=state)

    def pause(self, now: datetime) -> Fault | None:
        if self.quiet is None or now >= self.quiet:
            return None
        left = (self.quiet - now).total_seconds()
        return Fault("Tesla asked not to be called for a while", code="pause", retry_after=left)

    def troubled(self, told: Trouble, now: datetime) -> Memory:
        """A refusal keeps all that is known; being throttled, nothing more is asked until it is over."""
        if told.port != "throttled":
            return self
        return replace(self, quiet=now + timedelta(seconds=told.fault.retry_after or 0))

    def outdates(self, seen: Reading) -> bool:
        return self.car is not None and self.car.seen is not None and seen.at < self.car.seen

    def away(self, told: Away, now: datetime) -> Memory:
        return replace(self, car=self.car and self.told(now, told.port), pace=self.pace.away(told.port, now))

    def counted(self, now: datetime, limit: int) -> Memory | Fault:
        """With one more detailed read on the account, or why there is none left."""
        today = now.astimezone(UTC).date()
        reads = self.reads if self.day == today else 0
        if reads >= limit:
            midnight = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)
            left = (midnight - now).total_seconds()
            return Fault(f"the {limit} detailed reads of this day (UTC) are used up", code="budget", retry_after=left)
        return replace(self, day=today, reads=reads + 1, pace=replace(self.pace, read=now))

    def with_reading(self, seen: Reading, timings: Timings, now: datetime, home: bool | None) -> Memory:
        """What the car did not say stays as it was; what it is doing is only ever what it said last."""
        last = self.car or Car(at=now)
        car = Car(
            at=now,
            seen=seen.at,
            state="online",
            plugged=last.plugged if seen.plugged is None else seen.plugged,
            charging=seen.charging,
            soc=last.soc if seen.soc is None else seen.soc,
            soc_usable=last.soc_usable if seen.soc_usable is None else seen.soc_usable,
            limit=last.limit if seen.limit is None else seen.limit,
            power=seen.power,
            home=home,
        )
        return replace(self, car=car, pace=self.pace.after(timings, seen, now))
