"""The bench: a whole flow in one process, in made-up time, the same answer every time. For tests and `wattwire try`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from wattwire.broker.envelope import Envelope, begin
from wattwire.nodes import Answer, Due, Event, Fault, Reply, Request, Say, Started, Status, Timer

from .actor import Actor
from .agenda import Act, Agenda
from .alike import as_json, handed
from .bodies import BadBody
from .budgets import Budgets
from .chronicle import Write
from .dialled import Dialled
from .edges import Carrier
from .graph import Flow
from .logged import Logged
from .post import Post
from .record import Record, Seen
from .routes import EDGES, Route
from .simulated import asked, hosts
from .work import Asking, Work

World = Callable[[str, Request, datetime], Reply | None]
Watch = Callable[[Seen], object]


class Bench(Record):
    """A flow on a table. Nothing runs by itself: `run(until)` lives through what is due."""

    def __init__(self, flow: Flow, at: datetime, *, world: World | None = None, watch: Watch | None = None,
                 seed: int = 0, shadow: bool = False, log: Write | None = None) -> None:  # fmt: skip
        self.flow, self._seed, self.shadow = flow, seed, shadow
        self.seen: list[Seen] = []
        self.faults: list[tuple[datetime, str, str]] = []  # what a person would find in the log
        self.statuses: dict[str, Status] = {}  # what a person would read on `$status`
        self._world, self._random = world or (lambda node, request, now: None), Random(seed)
        self._watch: Watch = watch or self.seen.append
        self._agenda, self._turns = Agenda(at), itertools.count()
        self._timers: dict[tuple[str, str], int] = {}
        self._starts = dict.fromkeys(flow.nodes, 0)
        self._post = Post(flow, self._agenda, self._hand)
        self._hosts = hosts(flow)
        self._budgets = Budgets(flow.name)
        self._reading: tuple[Any, dict[Any, Any]] = (None, {})
        self.carrier = Carrier(flow, chance=self._random.random)
        self.actors: dict[str, Actor] = {}
        self.dialled = Dialled(self._happen)
        self._alarm: datetime | None = None
        self._logged = Logged(flow, log) if log else None
        for name in flow.nodes:
            self._start(name)

    @property
    def now(self) -> datetime:
        return self._agenda.now

    # What a script does to the flow

    def put(self, at: datetime, to: str, body: Any) -> None:
        """Hand a body to node.port at a time, as a bare message from outside."""
        node, _, port = to.partition(".")
        message = begin("", body, at, f"script{next(self._turns)}")
        self.do(at, partial(self._post.now, partial(self._hand, node, Route("", port), message)))

    def do(self, at: datetime, act: Act) -> None:
        """Do something at a time, before whatever the flow itself does then."""
        self._agenda.first(at, act)

    def crash(self, node: str) -> None:
        """Kill a node and start it again at once: what is durable is back, what is volatile is gone."""
        if node == EDGES:
            self.carrier = Carrier(self.flow, saved=self.carrier.snapshot(), chance=self._random.random)
            return
        saved = self.actors[node].snapshot()
        self.dialled.lose(node)
        self._timers = {key: turn for key, turn in self._timers.items() if key[0] != node}
        self._start(node, saved)

    def broker(self, up: bool) -> None:
        """The broker goes away and comes back: what was sent meanwhile stays in the outboxes, in order."""
        self._post.broker(up)

    # Living through it

    def run(self, until: datetime) -> Bench:
        """Live through everything due up to and including `until`."""
        self._agenda.run(until)
        return self

    def _start(self, name: str, saved: Mapping[str, Any] | None = None) -> None:
        node, self._starts[name] = self.flow.nodes[name], self._starts[name] + 1
        salt = f"{self._starts[name]}."
        actor = Actor(self.flow.name, node, saved=saved, salt=salt, seed=self._seed, shadow=self.shadow)
        actor.on_the_bench(self._read)
        self.actors[name] = actor
        if node.type.event is None:
            return
        self._happen(name, Started())
        if node.type.dial is not None:
            self.dialled.dial(name, node.type.dial(actor.config))

    def _happen(self, name: str, event: Event) -> None:
        """Give a node an event in its turn."""
        self._agenda.soon(partial(self._act, name, None, event))

    def _read(self, kind: type, body: Any) -> Any:
        """A message is read once for all who get it: they get it one after the other."""
        last, known = self._reading
        if body is not last:
            self._reading = body, (known := {})
        if kind not in known:
            known[kind] = handed(kind, body)
        return known[kind]

    def _hand(self, node: str, route: Route, message: Envelope) -> None:
        if node == EDGES:
            written = message.carried(message.edge, message.attempts, as_json(message.body))
            self._settle(EDGES, self.carrier.take(route.port, written, self.now))
            self._wait()
        else:
            self._act(node, message, route.port)

    def _act(self, name: str, cause: Envelope | None, what: Event | str | Asking, reply: Reply | None = None) -> Work:
        """Call a node: for an event, for a message on a port, or with the reply to what it asked."""
        actor, now = self.actors[name], self._agenda.now
        try:
            if isinstance(what, str):
                work = actor.take(what, cause, now) if cause else Work()
            elif isinstance(what, Asking):
                work = actor.resume(what, reply, now) if reply else Work()
            else:
                work = actor.happen(what, now)
        except BadBody as wrong:
            self.faults.append((now, name, f"set aside: {wrong}"))
            return Work()
        except Exception as wrong:
            sent = actor.crashed(cause, wrong, now)
            self.faults.append((now, name, f"crashed: {sent.body.why if isinstance(sent.body, Fault) else ''}"))
            if self._logged:
                self._logged.say(name, "error", self.faults[-1][2], now)
            self.crash(name)
            work = Work([sent])
        self._settle(name, work)
        return work

    def _settle(self, name: str, work: Work) -> None:
        if self._logged and name != EDGES:
            self._logged.heed(name, work, self.now)
        for sent in work.sent:
            if sent.until is None and sent.topic:
                if name != EDGES:
                    self._watch(Seen(self._agenda.now, sent.envelope.source, sent.envelope, sent.body))
                self._post.publish(sent.topic, sent.envelope)
        for action in work.actions:
            if isinstance(action, Timer):
                self._timer(name, action)
            elif isinstance(action, Say):
                self.dialled.say(name, action)
            elif isinstance(action, Status):
                self.statuses[name] = action
            elif not isinstance(action, Answer):
                self.dialled.act(name, action)
        if work.asking is not None:
            self._ask(name, work.asking)

    def _timer(self, node: str, timer: Timer) -> None:
        key = (node, timer.name)
        self._timers.pop(key, None)
        if timer.at is not None:
            self._timers[key] = turn = next(self._turns)
            self._agenda.at(timer.at, partial(self._ring, key, turn))

    def _ring(self, key: tuple[str, str], turn: int) -> None:
        if self._timers.get(key) == turn:
            del self._timers[key]
            self._act(key[0], None, Due(key[1]))

    def _wait(self) -> None:
        """Come back when the first waiting edge is due."""
        at = self.carrier.next_due()
        if at is not None and (self._alarm is None or at < self._alarm):
            self._alarm = at
            self._agenda.at(at, partial(self._over, at))

    def _over(self, at: datetime) -> None:
        if at != self._alarm:  # an earlier one was set since
            return
        self._alarm = None
        self._settle(EDGES, self.carrier.due(self.now))
        self._wait()

    def _ask(self, node: str, asking: Asking) -> None:
        request = asking.request
        reply = self._budgets.refusal(request, self.now)
        if reply is None:
            self._watch(Seen(self.now, node, None, None, request))
            reply = self._world(node, request, self.now) or self._simulated(request) or Reply(0, why="no network")
        self._act(node, asking.cause, asking, replace(reply, at=self.now, tag=request.tag))

    def _simulated(self, request: Request) -> Reply | None:
        """The answer of the simulator of this flow that a URL names."""
        name, question = asked(request, self._hosts)
        if name is None:
            return None
        work = self._act(name, None, question)
        return next((a.reply for a in work.actions if isinstance(a, Answer)), None)
