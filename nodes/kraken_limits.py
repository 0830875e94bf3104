"""What Octopus allows of a car's schedule: which percentages, and which times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from .calls import Json
from .kraken_errands import Entry
from .kraken_replies import number

HALF_A_DAY = 12 * 60  # minutes; a longer step would be another unit
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What Octopus allows; where it does not say, what its app does."""

    least: Decimal = Decimal(5)
    most: Decimal = Decimal(100)
    step: Decimal = Decimal(5)
    first: int = 0  # minutes of the day
    last: int = 24 * 60
    every: int = 30  # minutes

    def rounded(self, percent: Decimal) -> Decimal:
        """The nearest step within the limits."""
        within = max(self.least, min(percent, self.most))  # first: a number of any size may be said
        steps = ((within - self.least) / self.step).quantize(Decimal(1), ROUND_HALF_UP)
        highest = (self.most - self.least) // self.step
        return self.least + self.step * max(Decimal(0), min(steps, highest))

    def allows(self, ready_by: object) -> bool:
        found = CLOCK.fullmatch(ready_by) if isinstance(ready_by, str) else None
        if found is None:
            return False
        minute = int(found[1]) * 60 + int(found[2])
        over_midnight = self.last < self.first and (minute >= self.first or minute <= self.last)
        return (self.first <= minute <= self.last or over_midnight) and (minute - self.first) % self.every == 0

    @property
    def times(self) -> str:
        first, last = (f"{m // 60:02}:{m % 60:02}" for m in (self.first, self.last))
        return f"{first} to {last} in steps of {self.every} min"


def limits(entry: Entry) -> Limits:
    match entry.get("preferenceSetting"):
        case {"scheduleSettings": [dict(told), *_]}:
            least, most, step = (number(told.get(name)) for name in ("min", "max", "step"))
            first, last, every = (_minutes(told.get(name)) for name in ("timeFrom", "timeTo", "timeStep"))
            usual = Limits()
            return Limits(
                least=least if least is not None and abs(least) <= 100 else usual.least,
                most=most if most is not None and abs(most) <= 100 else usual.most,
                step=step if step is not None and 1 <= step <= 100 else usual.step,
                first=usual.first if first is None else first,
                last=last or usual.last,
                every=every if every and 0 < every <= HALF_A_DAY else usual.every,
            )
        case _:
            return Limits()


def _minutes(found: Json) -> int | None:
    """A time of day, or a span in minutes or as a time."""
    if isinstance(found, str) and (parts := re.fullmatch(r"(\d\d):(\d\d)(:\d\d)?", found)):
        return int(parts[1]) * 60 + int(parts[2])
    value = number(found)
    return int(value) if value is not None else None
