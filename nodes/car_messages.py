"""The bodies by which a car is commanded: what is wanted of it, that it must be awake for that, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A charge that the car begins and ends by itself, at one place. Times are the car's local ones."""

    lat: float
    lon: float
    start: str | None = None  # "00:30"
    end: str | None = None
    days: str = "All"  # All, Weekdays, or day names with commas between: Mon,Tues,Wed,Thurs,Fri,Sat,Sun
    one_time: bool = False


@dataclass(frozen=True, kw_only=True)
class Wish:
    at: datetime  # of two wishes about the same thing, the newer one counts
    value: float | None = None  # % of a limit, A of amps
    schedule: Schedule | None = None
    id: int | None = None  # of a schedule
    until: datetime | None = None  # not wanted any more after this
    once: bool = False  # not sent again if the car does not show it: somebody may have undone it
    reason: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class CarCommand(Wish):
    do: Literal["start", "stop", "limit", "amps", "schedule", "unschedule"]


@dataclass(frozen=True, kw_only=True)
class Needed(Wish):
    """A wish for which the car must be awake. There is no stop: a car that sleeps does not charge."""

    do: Literal["start", "limit", "amps", "schedule", "unschedule"]
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class CarDone:
    """What was wanted is so, as far as could be seen."""

    at: datetime
    do: str
    value: float | None = None
    id: int | None = None
    before: float | None = None  # what the limit was: whoever changed it for a while sends this to put it back
    why: str = ""
    reason: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Woken:
    """A wake call, which costs money and battery: why, and how many there were on this day (UTC)."""

    at: datetime
    count: int
    why: str
    reasons: tuple[str, ...] = ()  # of this day


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """While it lasts nothing wakes the car."""

    on: bool = True
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Told:
    at: datetime
    why: str
