"""The bench with a clock that may be wrong: what the flow takes for now, and what a clock that is set does to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from wattwire.nodes import Timer

from .bench import Bench
from .graph import Flow
from .routes import EDGES
from .seats import simulators
from .timers import SMALL

NONE = timedelta()


class Skewed(Bench):
    """Simulators are the world: their clock is right."""

    def __init__(self, flow: Flow, at: datetime, **more: Any) -> None:
        self.ahead = NONE  # of the right time, what the flow's clocks show
        self.outside = simulators(flow)
        self._wanted: dict[tuple[str, str], datetime] = {}  # timers, by the clock of their node
        super().__init__(flow, at, **more)

    def wall(self, node: str) -> datetime:
        """What a node takes for now."""
        now = self._agenda.now
        return now + self.ahead if self.ahead and node not in self.outside else now

    def clock(self, ahead: timedelta) -> None:
        """Set the clocks of all but the simulators; `ahead` of the right time."""
        self.carrier.watch(self.wall(EDGES))
        back, self.ahead = self.ahead - ahead, ahead
        self.carrier.watch(self.wall(EDGES))
        self._alarm = None
        self._wait()
        for (node, name), at in list(self._wanted.items()):
            if node in self.outside or (node, name) not in self._timers:
                continue
            self._timers[node, name] = turn = next(self._turns)
            self._agenda.at(at - self.ahead, partial(self._ring, (node, name), turn))
            if back > NONE:  # it comes when as much time has passed as was meant, and again at its own time
                meant = at - self.ahead - back + timedelta(seconds=SMALL)
                self._agenda.at(meant, partial(self._ring_early, (node, name), turn))

    def _timer(self, node: str, timer: Timer) -> None:
        self._wanted.pop((node, timer.name), None)
        if timer.at is not None and node not in self.outside:
            self._wanted[node, timer.name] = timer.at
            timer = replace(timer, at=timer.at - self.ahead) if self.ahead else timer
        super()._timer(node, timer)

    def _ring_early(self, key: tuple[str, str], turn: int) -> None:
        if self._timers.get(key) == turn:
            self._ring(key, turn)
            self._timers.setdefault(key, turn)

    def _wait(self) -> None:
        at = self.carrier.next_due()
        if at is None or not self._carries():
            return
        at -= self.ahead
        if self._alarm is None or at < self._alarm:
            self._alarm = at
            self._agenda.at(at, partial(self._over, at))

    def _over(self, at: datetime) -> None:
        if at != self._alarm:
            return
        self._alarm = None
        if self._carries():
            self._settle(EDGES, self.carrier.due(self.wall(EDGES)))
            self._wait()

    def _carries(self) -> bool:
        """Whether the carrier of the edges is there, and reached."""
        return True
