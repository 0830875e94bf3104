"""How long a link waits before it tries to connect again."""

from __future__ import annotations

import random
import time

FIRST, MOST, STABLE = 0.1, 5.0, 5.0  # seconds: shortest and longest pause, and what counts as a connection that held
UNWELCOME = 300.0  # the longest pause after a refusal: some brokers count wrong passwords
REFUSES = "the broker refuses"  # how such a reason begins


class Pause:
    """Doubles from one failure to the next, until a connection has held."""

    def __init__(self) -> None:
        self.span, self._since = FIRST, 0.0

    def connected(self) -> None:
        self._since = time.monotonic()

    def until(self, why: str, was_up: bool) -> float:
        """When to try again, in monotonic seconds."""
        now = time.monotonic()
        if was_up and now - self._since >= STABLE:
            self.span = FIRST
        due = now + self.span * random.uniform(0.8, 1.2)
        self.span = min(self.span * 2, UNWELCOME if why.startswith(REFUSES) else MOST)
        return due
