"""The bench in bad weather: messages take time and come twice, nodes die in the middle of their work, clocks are wrong.

Each node has what its process has in `wattwire run`: a session at the broker, a desk with one input in hand, what it
has seen, and an outbox. MQTT keeps the order of one sender's messages on one topic, and so does this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from wattwire.broker.envelope import Envelope
from wattwire.nodes import Asked, Event, Fault, Reply, Request

from .alike import as_json
from .bodies import BadBody
from .desk import TRIES
from .graph import Flow
from .mishaps import NOW
from .mortal import Mortal
from .record import Seen
from .replies import Given, Replies
from .routes import EDGES
from .seats import Job, Seat
from .work import Asking, Sent, Work

RETURN = 2.0  # seconds within which all are connected again


class Rough(Mortal):
    """What befalls inputs and calls."""

    def __init__(self, flow: Flow, at: datetime, *, replies: Replies | None = None, **more: Any) -> None:
        self.replies, self.known = replies or Replies(), 0
        self._called = Counter[str]()
        super().__init__(flow, at, **more)

    def _act(self, name: str, cause: Envelope | None, what: Event | str | Asking, reply: Reply | None = None) -> Work:
        if isinstance(what, Asked):
            return super()._act(name, cause, what, reply)
        if not isinstance(what, str | Asking):
            self._occur(name, self._seats[name].life, what)
        return Work()

    def _work(self, name: str) -> None:
        seat = self._seats[name]
        while seat.queue and seat.busy is None and seat.here:
            it = seat.queue.popleft()
            if isinstance(it, Job):
                self._take(name, seat, it)
            elif name in self.outside:
                self._one(name, seat, it, "", 0)
            else:
                self._one(name, seat, it, f"{type(it).__name__} {self._agenda.now}", seat.life)

    def _take(self, name: str, seat: Seat, job: Job) -> None:
        key = job.key
        if key in seat.seen and (job.message.source or job.again):
            self.known += 1
            return
        seat.tries[key] = tries = seat.tries.get(key, 0) + 1
        if tries > TRIES:
            seat.took(key)
            self.faults.append((self.now, name, "set aside: three tries were not enough"))
            return
        self._one(name, seat, job, job.message.id, tries)

    def _done(self, name: str, seat: Seat, job: Job | Event) -> Work:
        now = self.wall(name)
        if not isinstance(job, Job):
            return self.actors[name].happen(job, now)
        if name == EDGES:
            written = job.message.carried(job.message.edge, job.message.attempts, as_json(job.message.body))
            return self.carrier.take(job.route.port, written, now)
        actor = self.actors[name]
        if seat.unsure and job.key == seat.unsure:
            seat.unsure = ""
            unsure = Reply(0, at=now, unknown=True, why="the process died between the call and its reply")
            return actor.resume(Asking(Request(method="", url=""), job.message), unsure, now)
        return actor.take(job.route.port, job.message, now)

    def _one(self, name: str, seat: Seat, it: Job | Event, id: str, tries: int) -> None:
        """Work on one input. The node may die of it."""
        step, away = ("", NOW) if name in self.outside else self.mishaps.death(name, id, tries, self._agenda.now)
        job = it if isinstance(it, Job) else None
        if step == "before":
            return self.crash(name, away, job)
        before = self._saved(name) if step == "within" else None
        try:
            work = self._done(name, seat, it)
        except Exception as wrong:
            return self._broke(name, job, wrong)
        if step == "within":
            return self.crash(name, away, job, before)
        self._go_on(name, seat, job, work, step, away)

    def _broke(self, name: str, job: Job | None, wrong: Exception) -> None:
        if isinstance(wrong, BadBody):
            self.faults.append((self.now, name, f"set aside: {wrong}"))
            return
        told = self.actors[name].crashed(job.message if job else None, wrong, self.now)
        self.faults.append((self.now, name, f"crashed: {told.body.why if isinstance(told.body, Fault) else ''}"))
        self.crash(name, again=job)

    def _go_on(self, name: str, seat: Seat, job: Job | None, work: Work, step: str, away: timedelta) -> None:
        if job is not None and work.asking is not None:
            seat.busy = (job, work)
            self._call(name, seat, work.asking, step, away)
            return
        if job is not None:
            seat.took(job.key, dies=bool(step))
        if step in ("kept", "torn"):
            if step == "torn":
                self._settle(name, Work(actions=work.actions[: (len(work.actions) + 1) // 2]))
            for sent in work.sent if seat.keeps else ():
                if sent.until is None and sent.topic:
                    self._told(name, sent)
                    self._mail.owe(seat, sent.topic, sent.envelope)
            return self.crash(name, away, job)
        if work.sent or work.actions or self._logged:
            self._settle(name, work)
        if step == "sent":
            return self.crash(name, away, job)
        if name == EDGES:
            self._wait()

    def _told(self, name: str, sent: Sent) -> None:
        if name != EDGES:
            self._watch(Seen(self.now, sent.envelope.source, sent.envelope, sent.body))

    def _settle(self, name: str, work: Work) -> None:
        self._mail.sender = name
        super()._settle(name, work)

    # Calls

    def _call(self, name: str, seat: Seat, asking: Asking, step: str, away: timedelta) -> None:
        request, takes = asking.request, NOW
        reply = self._budgets.refusal(request, self.wall(name))
        if reply is None:
            self._watch(Seen(self.now, name, None, None, request))
            self._called[name] += 1
            odd = None if name in self.outside else self.mishaps.answer(name, self._called[name], self.now)
            found = self.replies.next(name) or odd or Given()
            reply = found.reply or self._simulated(request) or Reply(0, why="no network")
            takes, most = found.takes, timedelta(seconds=request.timeout)
            if found.lost or takes >= most:
                reply, takes = Reply(0, why="no answer"), min(takes, most)
        if step == "asked":
            return self.crash(name, away)
        answered = partial(self._answered, name, seat.life, reply, step, away)
        if takes:
            self._agenda.at(self.now + takes, partial(self._freed, name, answered))
        else:
            answered()

    def _freed(self, name: str, answered: Callable[[], None]) -> None:
        answered()
        self._work(name)

    def _answered(self, name: str, life: int, reply: Reply, step: str, away: timedelta) -> None:
        seat = self._seats[name]
        if seat.life != life or seat.busy is None:
            return
        (job, before), seat.busy = seat.busy, None
        now, asking, actor = self.wall(name), before.asking, self.actors[name]
        if asking is None:
            return
        try:
            work = actor.resume(asking, replace(reply, at=now, tag=asking.request.tag), now)
        except Exception as wrong:
            return self._broke(name, job, wrong)
        work.sent = [*before.sent, *work.sent]
        work.actions = [*before.actions, *work.actions]
        self._go_on(name, seat, job, work, step, away)
