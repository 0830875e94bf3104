"""When to start a process again that has ended: soon at first, then ever later, and a loop of crashes is called one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

FIRST, MOST = 0.1, 30.0  # seconds
GOOD = 60.0  # a run of this length makes up for earlier crashes
LOOP, WITHIN, RETRY = 5, 60.0, 60.0  # this many crashes within this many seconds; then tried this often


@dataclass
class Restarts:
    """Times are seconds on any clock that does not jump."""

    crashes: int = 0
    looping: bool = False
    _next: float = FIRST
    recent: deque[float] = field(default_factory=deque)

    def crashed(self, started: float, now: float) -> float:
        """How long to wait before the next start."""
        self.crashes += 1
        if now - started >= GOOD:
            self._next, self.looping = FIRST, False
            self.recent.clear()
        self.recent.append(now)
        while self.recent and now - self.recent[0] > WITHIN:
            self.recent.popleft()
        self.looping = self.looping or len(self.recent) >= LOOP
        if self.looping:
            return RETRY
        wait, self._next = self._next, min(self._next * 2, MOST)
        return wait

    def forgive(self) -> None:
        """A person wants it to be tried at once."""
        self._next, self.looping = FIRST, False
        self.recent.clear()
