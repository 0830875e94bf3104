"""What is still to happen in made-up time: by time, and at the same time in the order in which it was put down."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from datetime import datetime

Act = Callable[[], object]


class Agenda:
    """The clock of the bench. It stands still while something happens."""

    def __init__(self, at: datetime) -> None:
        self.now = at
        self._turns = itertools.count()
        self._later: list[tuple[datetime, int, int, Act]] = []
        self._soon: deque[Act] = deque()  # at this very instant, after what was put down for it earlier

    def first(self, at: datetime, act: Act) -> None:
        """At a time, before everything else that happens then."""
        heapq.heappush(self._later, (at, 0, next(self._turns), act))

    def at(self, at: datetime, act: Act) -> None:
        if at <= self.now:
            self._soon.append(act)
        else:
            heapq.heappush(self._later, (at, 1, next(self._turns), act))

    def soon(self, act: Act) -> None:
        self._soon.append(act)

    def run(self, until: datetime) -> None:
        """Live through everything up to and including `until`."""
        later, soon, pop = self._later, self._soon, heapq.heappop
        while True:
            if later and later[0][0] <= self.now:
                pop(later)[3]()
            elif soon:
                soon.popleft()()
            elif later and later[0][0] <= until:
                self.now, _, _, act = pop(later)
                act()
            else:
                break
        self.now = max(self.now, until)
