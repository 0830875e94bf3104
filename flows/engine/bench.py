"""The bench: a whole flow in one process, in made-up time, the same answer every time. For tests and `wattwire try`."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from wattwire.broker.envelope import Envelope, begin
from wattwire.nodes import Answer, Asked, Due, Event, Reply, Request, Started, Timer

from .actor import Actor, Asking, Work
from .bodies import BadBody, encode
from .dialled import Dialled
from .edges import Carrier
from .graph import Flow
from .routes import EDGES, Route, routes

World = Callable[[str, Request, datetime], Reply | None]
Watch = Callable[["Seen"], object]


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that happened on the bench: a message that left a node, or a request."""

    at: datetime
    source: str  # node.port, or the node that asked
    message: Envelope | None
    body: object
    request: Request | None = None


class Bench:
    """A flow on a table. Nothing runs by itself: `run(until)` lives through what is due."""

    def __init__(self, flow: Flow, at: datetime, *, world: World | None = None, watch: Watch | None = None,
                 seed: int = 0, shadow: bool = False) -> None:  # fmt: skip
        self.flow, self.now, self._seed, self.shadow = flow, at, seed, shadow
        self.seen: list[Seen] = []
        self.faults: list[tuple[datetime, str, str]] = []  # what a person would find in the log
        self._world, self._watch, self._random = world or (lambda node, request, now: None), watch, Random(seed)
        self._turns = itertools.count()
        self._due: list[tuple[datetime, int, int, Callable[[], object]]] = []
        self._timers: dict[tuple[str, str], int] = {}
        self._starts = dict.fromkeys(flow.nodes, 0)
        self._up = True
        self._queued: list[Callable[[], object]] = []
        self._listeners: dict[str, list[tuple[str, Route]]] = {}
        for node in [EDGES, *flow.nodes]:
            for topic, along in routes(flow, node).items():
                self._listeners.setdefault(topic, []).extend((node, route) for route in along)
        self.carrier = Carrier(flow, chance=self._random.random)
        self.actors: dict[str, Actor] = {}
        self.dialled = Dialled(self._happen)
        self._alarm: datetime | None = None
        for name in flow.nodes:
            self._start(name)

    # What a script does to the flow

    def put(self, at: datetime, to: str, body: Any) -> None:
        """Hand a body to node.port at a time, as a bare message from outside."""
        node, _, port = to.partition(".")
        message = begin("", body, at, f"script{next(self._turns)}")
        self.do(at, lambda: self._carry(lambda: self._hand(node, Route("", port), message)))

    def do(self, at: datetime, act: Callable[[], object]) -> None:
        """Do something at a time, before whatever the flow itself does then."""
        self._put(at, act, rank=0)

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
        self._up = up
        if up:
            queued, self._queued = self._queued, []
            for deliver in queued:
                self._put(self.now, deliver)

    # Living through it

    def run(self, until: datetime) -> Bench:
        """Live through everything due up to and including `until`."""
        while self._due and self._due[0][0] <= until:
            self.now, _, _, act = heapq.heappop(self._due)
            act()
        self.now = max(self.now, until)
        return self

    def times(self, source: str) -> list[str]:
        """When messages left node.port, as HH:MM:SS."""
        return [f"{s.at:%H:%M:%S}" for s in self.seen if s.source == source and s.message]

    def bodies(self, source: str) -> list[Any]:
        return [s.body for s in self.seen if s.source == source and s.message]

    def requests(self, node: str) -> list[Seen]:
        return [s for s in self.seen if s.source == node and s.request]

    def _put(self, at: datetime, act: Callable[[], object], rank: int = 1) -> int:
        turn = next(self._turns)
        heapq.heappush(self._due, (at, rank, turn, act))
        return turn

    def _start(self, name: str, saved: Mapping[str, Any] | None = None) -> None:
        node, self._starts[name] = self.flow.nodes[name], self._starts[name] + 1
        salt = f"{self._starts[name]}."
        self.actors[name] = Actor(self.flow.name, node, saved=saved, salt=salt, seed=self._seed, shadow=self.shadow)
        if node.type.event is None:
            return
        self._happen(name, Started())
        if node.type.dial is not None:
            self.dialled.dial(name, node.type.dial(self.actors[name].config))

    def _happen(self, name: str, event: Event) -> None:
        """Give a node an event in its turn."""
        self._put(self.now, lambda: self._act(name, None, lambda actor: actor.happen(event, self.now)))

    def _hand(self, node: str, route: Route, message: Envelope) -> None:
        if node == EDGES:
            self._settle(EDGES, self.carrier.take(route.port, message, self.now))
            self._wait()
            return
        self._act(node, message, lambda actor: actor.take(route.port, message, self.now))

    def _act(self, name: str, cause: Envelope | None, call: Callable[[Actor], Work]) -> Work:
        actor = self.actors[name]
        try:
            work = call(actor)
        except BadBody as wrong:
            self.faults.append((self.now, name, f"set aside: {wrong}"))
            return Work()
        except Exception as wrong:
            self.faults.append((self.now, name, f"crashed: {wrong!r}"))
            sent = actor.crashed(cause, wrong, self.now)
            self.crash(name)
            work = Work([sent])
        self._settle(name, work)
        return work

    def _settle(self, name: str, work: Work) -> None:
        for sent in work.sent:
            if sent.until is None and sent.topic:
                if name != EDGES:
                    self._saw(Seen(self.now, sent.envelope.source, sent.envelope, sent.body))
                self._publish(sent.topic, sent.envelope)
        for action in work.actions:
            if isinstance(action, Timer):
                self._timer(name, action)
            elif not isinstance(action, Answer):
                self.dialled.act(name, action)
        if work.asking is not None:
            self._ask(name, work.asking)

    def _publish(self, topic: str, message: Envelope) -> None:
        for node, route in self._listeners.get(topic, ()):
            deliver = partial(self._hand, node, route, replace(message, body=None) if route.strip else message)
            self._carry(partial(self._put, self.now, deliver) if self._up else deliver)

    def _carry(self, deliver: Callable[[], object]) -> None:
        """Through the broker, which may be away."""
        if self._up:
            deliver()
        else:
            self._queued.append(deliver)

    def _timer(self, node: str, timer: Timer) -> None:
        key = (node, timer.name)
        self._timers.pop(key, None)
        if timer.at is not None:
            turn = self._put(max(timer.at, self.now), lambda: self._ring(key, turn))
            self._timers[key] = turn

    def _ring(self, key: tuple[str, str], turn: int) -> None:
        if self._timers.get(key) == turn:
            del self._timers[key]
            self._act(key[0], None, lambda actor: actor.happen(Due(key[1]), self.now))

    def _wait(self) -> None:
        """Come back when the first waiting edge is due."""
        at = self.carrier.next_due()
        if at is not None and (self._alarm is None or at < self._alarm):
            self._alarm = at
            self._put(max(at, self.now), partial(self._over, at))

    def _over(self, at: datetime) -> None:
        if at != self._alarm:  # an earlier one was set since
            return
        self._alarm = None
        self._settle(EDGES, self.carrier.due(self.now))
        self._wait()

    def _ask(self, node: str, asking: Asking) -> None:
        request = asking.request
        self._saw(Seen(self.now, node, None, None, request))
        reply = self._world(node, request, self.now) or self._simulated(request) or Reply(0, why="no network")
        reply = replace(reply, at=self.now, tag=request.tag)
        self._act(node, asking.cause, lambda actor: actor.resume(asking, reply, self.now))

    def _simulated(self, request: Request) -> Reply | None:
        """The answer of the simulator of this flow that a URL names, as `http://<node>.flow/…`."""
        url = urlsplit(request.url)
        name = (url.hostname or "").removesuffix(".flow")
        found = next((n for n in self.flow.nodes if n.lower() == name), None)
        if found is None or self.flow.nodes[found].type.listen is None:
            return None
        work = self._act(found, None, lambda actor: actor.happen(asked(request), self.now))
        return next((a.reply for a in work.actions if isinstance(a, Answer)), None)

    def _saw(self, seen: Seen) -> None:
        if self._watch is None:
            self.seen.append(seen)
        else:
            self._watch(seen)


def asked(request: Request) -> Asked:
    """A request as the other side sees it: on the wire a secret is plain."""
    url = urlsplit(request.url)
    headers = {k.lower(): v for k, v in request.headers.items()}
    if request.authorization is not None:
        headers["authorization"] = request.authorization.reveal()
    query = dict(parse_qsl(url.query)) | dict(request.query)
    form = {k: str(encode(v)) for k, v in (request.form or {}).items()}
    body = encode(request.json) if request.json is not None else None
    return Asked(request.method, url.path, query, headers, body, form)
