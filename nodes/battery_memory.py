"""What a battery's controller remembers between messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import volatile
from .messages import Lease
from .wishes import ByHand

HOUR = timedelta(hours=1)
CALM = timedelta(minutes=15)  # no wait grows beyond this


@dataclass(frozen=True)
class State:
    sent: Lease | None = None
    full: bool = False  # the target was reached, and not more than the margin lost since
    stopped: datetime | None = None  # the car was first seen not to need the hold any more
    hand: ByHand | None = None  # what a person wishes, with its end
    unable: str = ""  # why the battery could not be steered when the house was last seen
    islanded: bool = False  # the grid was gone when it was last told of
    back: datetime | None = None  # nothing is begun before this
    rest: datetime | None = None  # no charge is begun before this
    lapses: tuple[datetime, ...] = ()  # when something was let go early; waits grow with their number
    charges: tuple[datetime, ...] = ()  # when a charge was said
    drew: datetime | None = volatile(lambda: None)  # when a meter last saw the car draw
    why: str = volatile(str)  # what is wished now, in words


def calm(state: State, base: timedelta, now: datetime) -> timedelta:
    """How long to wait: twice as long after each lapse of the last hour, so that nothing keeps going on and off."""
    grown = base * (1 << min(len(recent(state.lapses, now)), 10))
    return max(base, min(grown, CALM))


def recent(times: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return tuple(t for t in times if abs(now - t) < HOUR)


def holds(state: State, now: datetime, mode: str) -> bool:
    """Whether what was last said is of this mode, and not over yet."""
    return state.sent is not None and state.sent.mode == mode and now < state.sent.until


def waits_for(at: datetime | None, now: datetime) -> datetime | None:
    """A time to wait for; one that a clock set back has put far off is none."""
    return at if at is not None and now < at <= now + CALM else None
