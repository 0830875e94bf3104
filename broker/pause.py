"""How long a link waits before it tries to connect again."""

from __future__ import annotations

import random
import time

FIRST, MOST, STABLE = 0.1, 5.0, 5.0  # seconds: shortest and longest pause, and what counts as a connection that held
UNWELCOME = 300.0  # the longest pause after a refusal: some brokers count wrong passwords
COUNTED = 60.0, 900.0  # first and longest pause at one that locks out: a GX takes 20 quickly and 150 a day
REFUSES = "the broker refuses"  # how such a reason begins


class Pause:
    """Doubles from one failure to the next, until a connection has held."""

    def __init__(self, counted: bool = False) -> None:
        self.span, self._since, self.counted = FIRST, 0.0, counted

    def connected(self) -> None:
        self._since = time.monotonic()

    def until(self, why: str, was_up: bool) -> float:
        """When to try again, in monotonic seconds."""
        now = time.monotonic()
        if was_up and now - self._since >= STABLE:
            self.span = FIRST
        refused = why.startswith(REFUSES)
        first, most = (COUNTED if self.counted else (FIRST, UNWELCOME)) if refused else (FIRST, MOST)
        span = min(max(self.span, first), most)
        self.span = min(span * 2, most)
        return now + span * random.uniform(0.8, 1.2)
