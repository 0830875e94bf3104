"""The timers that a node has set, by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import inf
from time import monotonic, time

from wattwire.nodes import Timer

SMALL = 2.0  # seconds by which a clock may be put right without anybody noticing


class Timers:
    """On the wall clock, as nodes mean it: whoever asks every second notices when it is changed. If it is set back, a
    timer comes when as much time has passed as was meant: the node looks at the clock and decides anew."""

    def __init__(self, steady: Callable[[], float] = monotonic, wall: Callable[[], float] = time) -> None:
        self._at: dict[str, float] = {}  # name -> time since the epoch
        self._latest: dict[str, float] = {}  # name -> on a clock that nobody sets
        self._steady, self._wall = steady, wall
        self._ahead = wall() - steady()  # when it was last looked which have come

    def __len__(self) -> int:
        return len(self._at)

    def set(self, timer: Timer) -> None:
        self._at.pop(timer.name, None)
        if timer.at is not None:
            self._at[timer.name] = at = timer.at.timestamp()
            wall, steady = self._wall(), self._steady()
            back = self._ahead - (
                wall - steady
            )  # the clock was set while the node was at work: it meant that of before
            wall += back if back > SMALL else 0.0
            self._latest[timer.name] = steady + max(0.0, at - wall) + SMALL

    def take(self, now: datetime) -> list[str]:
        """Those that have come, the earliest first; they are forgotten, unless they come again at their own time."""
        wall, steady = now.timestamp(), self._steady()
        self._ahead = wall - steady
        come = sorted((at, name) for name, at in self._at.items() if at <= wall or self._latest[name] <= steady)
        for at, name in come:
            self._latest[name] = inf
            if at <= wall:
                del self._at[name]
        return [name for _, name in come]

    def next(self) -> float | None:
        return min(self._at.values(), default=None)
