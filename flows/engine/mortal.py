"""The bench with nodes that die and connections that break: each has a session at the broker, and comes back to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from wattwire.broker.envelope import Envelope
from wattwire.nodes import Event

from .edges import Carrier
from .graph import Flow
from .keeping import keeps
from .mishaps import NOW, Mishaps
from .routes import EDGES, Route
from .seats import Job, Mail, Seat
from .skewed import Skewed

RETURN = 2.0  # seconds within which all are connected again


class Mortal(Skewed, ABC):
    """Nothing of this befalls simulators: they are the world."""

    def __init__(self, flow: Flow, at: datetime, **more: Any) -> None:
        self.mishaps = Mishaps()
        self._seats = {node: Seat(keeps(flow, node)) for node in [EDGES, *flow.nodes]}
        super().__init__(flow, at, **more)
        self._post = self._mail = Mail(flow, self._agenda, self._come, self._seats, self.outside, self.mishaps)

    # What a script does to the flow

    def crash(self, node: str, away: timedelta = NOW, again: Job | None = None, saved: Any = None) -> None:
        """Kill a node; it is started again a while later. What it had not acknowledged comes again."""
        seat = self._seats[node]
        if not seat.here:
            return
        saved = saved if saved is not None else self._saved(node)
        if seat.busy is not None and node != EDGES and self.actors[node].node.once:
            seat.unsure = seat.busy[0].key
        if not seat.cuts:  # else they are in the session already
            hand = again or (seat.busy[0] if seat.busy else None)
            left = [*([hand] if hand else []), *(job for job in seat.queue if isinstance(job, Job))]
            seat.session.extendleft(job._replace(again=True) for job in reversed(left))
        seat.queue.clear()
        seat.busy, seat.here, seat.life = None, False, seat.life + 1
        if not seat.keeps:
            seat.seen.clear()
            seat.owed.clear()
        if node != EDGES:
            self.dialled.lose(node)
            self._timers = {key: turn for key, turn in self._timers.items() if key[0] != node}
            self._wanted = {key: at for key, at in self._wanted.items() if key[0] != node}
        self._agenda.at(self.now + away, partial(self._rise, node, seat.life, saved))

    def link(self, node: str, span: timedelta) -> None:
        """Cut a node's connection to the broker."""
        self._cut(node)
        self._agenda.at(self.now + span, partial(self._joined, node))

    def broker(self, up: bool) -> None:
        """Kill the broker, and start it again."""
        if not up and self._post._up:
            self._mail.killed()
        if up != self._post._up:
            for node in self._seats.keys() - self.outside if not up else ():
                self._cut(node)
            for node in sorted(self._seats.keys() - self.outside) if up else ():
                late = timedelta(seconds=RETURN * Random(f"{self.now} {node}").random())
                self._agenda.at(self.now + late, partial(self._joined, node))
        self._post._up = up

    # A node's process

    def _cut(self, node: str) -> None:
        seat = self._seats[node]
        seat.cuts += 1
        if seat.cuts == 1 and seat.here:
            unread = [seat.busy[0]] if seat.busy else []
            unread += [job for job in seat.queue if isinstance(job, Job)]
            seat.session.extend(job._replace(again=True) for job in unread)

    def _joined(self, node: str) -> None:
        seat = self._seats[node]
        seat.cuts -= 1
        if seat.reached:
            self._back(node, seat.life)

    def _rise(self, node: str, life: int, saved: Any) -> None:
        seat = self._seats[node]
        if seat.life != life:
            return
        seat.here = True
        if node == EDGES:
            self.carrier = Carrier(self.flow, saved=saved, chance=self._random.random)
        else:
            self._start(node, saved)
        self._agenda.soon(partial(self._back, node, life))

    def _back(self, node: str, life: int) -> None:
        """It is connected again: what it owes goes out, what waited for it comes."""
        seat = self._seats[node]
        if not seat.reached or seat.life != life:
            return
        self._mail.replay(seat)
        waiting, seat.session = seat.session, deque()
        seat.queue.extend(waiting)
        if node == EDGES:
            self._alarm = None
            self._wait()
        self._work(node)

    def _come(self, node: str, job: Job) -> None:
        seat = self._seats[node]
        if seat.here and not seat.cuts:
            seat.queue.append(job)
            self._work(node)
        else:
            seat.session.append(job)

    def _hand(self, node: str, route: Route, message: Envelope) -> None:
        self._come(node, Job(route, message))

    def _happen(self, name: str, event: Event) -> None:
        self._agenda.soon(partial(self._occur, name, self._seats[name].life, event))

    def _occur(self, name: str, life: int, event: Event) -> None:
        seat = self._seats[name]
        if seat.here and seat.life == life:
            seat.queue.append(event)
            self._work(name)

    @abstractmethod
    def _work(self, name: str) -> None:
        """Take what waits on a node's desk."""

    def _saved(self, name: str) -> Any:
        return self.carrier.snapshot() if name == EDGES else self.actors[name].snapshot()

    def _carries(self) -> bool:
        return self._seats[EDGES].reached
