"""What calls have cost, counted in memory: for a process that shares its budgets with no other, such as the bench."""

from __future__ import annotations

from bisect import bisect_right, insort
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from wattwire.nodes import Budget

from .counts import Counts
from .ledger import DAYS, KEPT
from .spans import CALENDAR, day, first, key

at = attrgetter("at")


@dataclass(slots=True)
class Call:
    at: float
    cost: float
    again: float | None = None  # when it was first seen that it had been counted later than now


@dataclass(slots=True)
class Day:
    cost: float = 0.0
    again: date | None = None


class Tally(Counts):
    """As the file has it, table by table."""

    def __init__(self) -> None:
        self._calls_of = dict[tuple[str, str], list[Call]]()  # by time
        self._days_of = dict[tuple[str, str], dict[date, Day]]()
        self._longest = dict[tuple[str, str], float]()
        self._made, self._whole = 0, nullcontext

    def _meet(self, flow: str, b: Budget, now: datetime) -> None:
        if (per := key(b)) not in CALENDAR:
            self._longest[flow, b.name] = max(float(per), self._longest.get((flow, b.name), 0.0))

    def close(self) -> None:
        """Nothing is open."""

    def _set_back(self, flow: str, name: str, now: datetime) -> None:
        t, today = now.timestamp(), day(now)
        for call in reversed(self._calls_of.get((flow, name), [])):
            if call.at <= t:
                break
            call.again = t if call.again is None else min(call.again, t)
        for one, it in self._days_of.get((flow, name), {}).items():
            if one > today:
                it.again = today if it.again is None else min(it.again, today)

    def _used(self, flow: str, name: str, per: str, now: datetime) -> float:
        if per not in CALENDAR:
            return sum(cost for _, cost in self._calls(flow, name, float(per), now))
        begun, today = first(per, now), day(now)
        days = self._days_of.get((flow, name), {}).items()
        return sum(it.cost for one, it in days if one >= begun and (one <= today or (it.again or today) >= begun))

    def _calls(self, flow: str, name: str, span: float, now: datetime) -> list[tuple[float, float]]:
        calls, t = self._calls_of.get((flow, name), []), now.timestamp()
        late = calls[bisect_right(calls, t - span, key=at) :]
        if not late or late[-1].at <= t:
            return [(call.at, call.cost) for call in late]
        real = [(call.at if call.at <= t else t if call.again is None else call.again, call.cost) for call in late]
        return sorted((when, cost) for when, cost in real if when > t - span)

    def _count(self, flow: str, name: str, cost: float, now: datetime) -> None:
        t, calls = now.timestamp(), self._calls_of.setdefault((flow, name), [])
        insort(calls, Call(t, cost), key=at)
        days = self._days_of.setdefault((flow, name), {})
        days.setdefault(day(now), Day()).cost += cost
        self._made += 1
        if self._made % 64 == 0:
            gone = t - max(KEPT, 2 * self._longest.get((flow, name), 0.0))
            calls[:] = [c for c in calls if c.at >= gone and not (c.at > t and c.again is not None and c.again < gone)]
            for one in [*days][:-DAYS]:
                del days[one]
