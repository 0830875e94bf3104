"""The timers that a node has set, by name."""

from __future__ import annotations

from datetime import datetime

from wattwire.nodes import Timer


class Timers:
    """On the wall clock, as nodes mean it: whoever asks every second notices when it is set."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}  # name -> time since the epoch

    def set(self, timer: Timer) -> None:
        self._at.pop(timer.name, None)
        if timer.at is not None:
            self._at[timer.name] = timer.at.timestamp()

    def take(self, now: datetime) -> list[str]:
        """Those that have come, the earliest first; they are forgotten."""
        come = sorted((at, name) for name, at in self._at.items() if at <= now.timestamp())
        for _, name in come:
            del self._at[name]
        return [name for _, name in come]

    def next(self) -> float | None:
        return min(self._at.values(), default=None)
