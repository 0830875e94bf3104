"""Counting what calls cost: whether there is enough left for one, wherever it is written down."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from wattwire.nodes import Budget

from .spans import CALENDAR, key, left

TINY = 1e-9  # of rounding


class Counts(ABC):
    """Whether there is enough left for a call. Where it is written down is for others to say."""

    _whole: Callable[[], AbstractContextManager[object]]  # all of it is written down, or nothing

    def spend(self, budgets: Sequence[Budget], now: datetime, flow: str = "") -> tuple[Budget, float] | None:
        """Count one call on all of them; or on none, and say which has not enough left and for how many seconds."""
        names = dict.fromkeys(b.name for b in budgets)
        with self._whole():
            for name in names:
                self._set_back(flow, name, now)
            for b in budgets:
                self._meet(flow, b, now)
            waits = [(b, wait) for b in budgets if (wait := self._short(flow, b, now)) > 0]
            for name in names if not waits else ():  # a name in two of them is one call
                self._count(flow, name, max(b.cost for b in budgets if b.name == name), now)
        return max(waits, key=lambda found: found[1], default=None)

    @abstractmethod
    def close(self) -> None: ...

    def _short(self, flow: str, b: Budget, now: datetime) -> float:
        """Seconds until there is enough; 0 if there is."""
        per = key(b)
        over = self._used(flow, b.name, per, now) + b.cost - b.most
        if over <= TINY:
            return 0.0
        if per in CALENDAR:
            return left(per, now)
        for at, cost in self._calls(flow, b.name, float(per), now):
            over -= cost
            if over <= TINY:
                return max(TINY, at + float(per) - now.timestamp())
        return float(per)  # one call costs more than there ever is

    @abstractmethod
    def _set_back(self, flow: str, name: str, now: datetime) -> None:
        """Note when it was first seen that something was counted later than now."""

    @abstractmethod
    def _meet(self, flow: str, b: Budget, now: datetime) -> None:
        """Remember with what a node asks."""

    @abstractmethod
    def _used(self, flow: str, name: str, per: str, now: datetime) -> float: ...

    @abstractmethod
    def _calls(self, flow: str, name: str, span: float, now: datetime) -> list[tuple[float, float]]:
        """When, the oldest first, and what it cost."""

    @abstractmethod
    def _count(self, flow: str, name: str, cost: float, now: datetime) -> None: ...
