"""Edges that wait, count or hold back. Pure: a message and the time come in, what to hand over comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

import tenacity

from wattwire.broker import topics
from wattwire.broker.envelope import Envelope, instant, loads, stamp
from wattwire.nodes import secret

from .actor import Sent, Work
from .graph import Backoff, Edge, Flow

LONGEST = 365 * 86400.0  # seconds that anybody may ask us to wait
SMALL = timedelta(seconds=2)  # by which a clock may be put right without anybody noticing
LEAP = timedelta(seconds=60)  # ahead, between two looks at the clock
AT_ONCE = datetime.min.replace(tzinfo=UTC)
NOBODY = tenacity.Retrying()  # retries: only the waits are asked for
COUNTS = ("followed", "displaced", "dropped", "held_back", "spent")


@dataclass(frozen=True)
class Waiting:
    """The one message that an edge holds."""

    message: Envelope
    until: datetime
    since: datetime | None = None  # earlier releases did not write it down
    moved: timedelta = timedelta()  # it was made earlier by this, as the clock was behind at our start

    def earlier(self, by: timedelta, moved: timedelta = timedelta()) -> Waiting:
        """The same by a clock that was set back."""
        return Waiting(self.message, self.until - by, self.since - by if self.since else None, moved)


@dataclass
class Carried:
    """An edge of the flow, as its carrier knows it."""

    edge: Edge
    strip: bool  # the body holds a secret: only the nudge is handed over
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    waiting: Waiting | None = None
    last: datetime | None = None  # when it was last followed, for `every`

    def journaled(self) -> dict[str, Any]:
        """As it is written down. No secret can be in it: bodies that hold one are left behind."""
        held = self.waiting
        return {
            "counts": self.counts,
            "last": stamp(self.last) if self.last else None,
            "until": stamp(held.until) if held else None,
            "since": stamp(held.since) if held and held.since else None,
            "message": held.message.dumps().decode() if held else None,
        }


class Carrier:
    """Carries the edges with `after`, `every` or `times` of one flow. Its journal is the truth about what waits."""

    def __init__(self, flow: Flow, *, saved: Mapping[str, Any] | None = None, now: datetime | None = None,
                 chance: Callable[[], float] = lambda: 0.0) -> None:  # fmt: skip
        """`now` is needed where a clock may have been set since the journal was written."""
        self.flow, self._whole, self._chance = flow.name, flow, chance
        self._now: datetime | None = None
        self._untold = False  # the journal is out of date about what waits
        self._left: list[Carried] = []  # edges that have no `after` any more, and still hold a message
        self.unread: list[str] = []  # edges whose part of the journal makes no sense
        self.edges = {e.name: Carried(e, secret(flow.carries(e.source))) for e in flow.carried()}
        self._order: list[tuple[datetime, str]] = []  # a heap of what waits, and of what no longer does
        before = (saved or {}).get("edges", {})
        self._changed = set[str]()  # edges, since the journal was written
        plain = {e.name: Carried(e, secret(flow.carries(e.source))) for e in flow.edges if e.plain and e.name in before}
        for name, kept in before.items():
            try:
                if (it := self.edges.get(name) or plain.get(name)) is not None:
                    self._restore(it, kept, now)
            except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
                self.unread.append(name)
        gone = before.keys() - self.edges.keys() - {it.edge.name for it in self._left}
        self._changed |= {*self.unread, *gone}
        self._untold |= bool(gone)

    def take(self, name: str, message: Envelope, now: datetime) -> Work:
        """A message has come to an edge."""
        if name not in self.edges:
            return self._hand_over(name, message)
        it, edge = self.edges[name], self.edges[name].edge
        self._changed.add(name)
        tried = message.attempts.get(name, 0)
        if edge.times is not None and tried >= edge.times:
            it.counts["spent"] += 1
            attempts = {e: n for e, n in message.attempts.items() if e != name}
            return Work([self._handed(it, edge.spent or "", message, attempts)], changed=True)
        if edge.every and it.last is not None and timedelta() <= now - it.last < edge.every:
            it.counts["held_back"] += 1
            return Work()
        if it.waiting is not None and (edge.times is not None or edge.every):
            it.counts["dropped" if edge.times is not None else "held_back"] += 1
            return Work()
        it.last = now if edge.every else None
        counts = edge.times is not None or (edge.after is not None and edge.after.factor != 1)
        counted = {**message.attempts, name: tried + 1} if counts else message.attempts
        held = message.carried(name, counted, None if it.strip else message.body)
        if edge.after is None:
            it.counts["followed"] += 1
            return Work([self._handed(it, edge.to, held, counted)], changed=True)
        it.counts["displaced"] += it.waiting is not None
        self._wait(it, Waiting(held, now + wait(edge.after, tried + 1, self._chance, message.body), now))
        return Work([self._mirror(it)], changed=True)

    def _hand_over(self, name: str, message: Envelope) -> Work:
        """What came along an edge before it was plain. Its node knows it as a repetition if it heard it itself, too."""
        edge = next(e for e in self._whole.edges if e.name == name)
        it = Carried(edge, secret(self._whole.carries(edge.source)))
        return Work([self._handed(it, edge.to, message, message.attempts)])

    def due(self, now: datetime) -> Work:
        """Hand over what has waited long enough, the longest due first."""
        work, self._untold = Work(changed=self._untold), False
        for it in self._left:
            self._over(it, work)
        self._left = []
        while (at := self.next_due()) is not None and at <= now:
            it = self.edges[heappop(self._order)[1]]
            self._over(it, work)
        return work

    def watch(self, now: datetime) -> bool:
        """Keeps a clock that is set back from making anything wait longer; call it every second or so. True: the
        journal needs an update; `due` makes it."""
        back = self._now - now if self._now is not None else timedelta()
        self._now = now
        for it in self.edges.values() if back > SMALL or -back > LEAP else ():
            if (held := it.waiting) is not None and back > SMALL:
                self._put_right(it, held.earlier(back, held.moved))
            elif held is not None and held.moved:  # no clock of its own: it knows the time only now
                again = min(-back, held.moved)
                self._put_right(it, held.earlier(-again, held.moved - again))
        return self._untold

    def next_due(self) -> datetime | None:
        if self._left:
            return AT_ONCE
        while self._order and not self._waits(*self._order[0]):
            heappop(self._order)
        return self._order[0][0] if self._order else None

    def snapshot(self) -> dict[str, Any]:
        """What must outlive the process."""
        return {"edges": {name: it.journaled() for name, it in self.edges.items()}}

    def changes(self) -> dict[str, Any]:
        """What of it has changed since this was last asked; None for edges that are gone."""
        changed, self._changed = self._changed, set()
        return {"edges": {n: self.edges[n].journaled() if n in self.edges else None for n in sorted(changed)}}

    def _over(self, it: Carried, work: Work) -> None:
        if it.waiting is None:
            return
        message, it.waiting = it.waiting.message, None
        it.counts["followed"] += 1
        self._changed.add(it.edge.name)
        work.sent += [self._handed(it, it.edge.to, message, message.attempts), self._mirror(it)]
        work.changed = True

    def _wait(self, it: Carried, waiting: Waiting) -> None:
        self._changed.add(it.edge.name)
        self._hold(it, waiting)

    def _hold(self, it: Carried, waiting: Waiting) -> None:
        it.waiting = waiting
        heappush(self._order, (waiting.until, it.edge.name))
        if len(self._order) > 2 * len(self.edges):  # each time that a message was displaced leaves one behind
            self._order = sorted(entry for entry in set(self._order) if self._waits(*entry))

    def _waits(self, until: datetime, name: str) -> bool:
        return (waiting := self.edges[name].waiting) is not None and waiting.until == until

    def _put_right(self, it: Carried, waiting: Waiting) -> None:
        self._untold = True
        self._wait(it, waiting)

    def _restore(self, it: Carried, kept: Mapping[str, Any], now: datetime | None) -> None:
        it.counts.update({k: v for k, v in kept["counts"].items() if k in COUNTS})
        it.last = instant(kept["last"]) if kept["last"] else None
        if kept["until"]:
            until, since = instant(kept["until"]), instant(kept["since"]) if kept.get("since") else None
            held = Waiting(loads(kept["message"].encode(), until), until, since)
            if it.edge.after is None:
                it.waiting = held
                self._left.append(it)
            elif now is not None and since is not None and since - now > SMALL:
                self._put_right(it, held.earlier(since - now, since - now))
            else:
                self._hold(it, held)

    def _handed(self, it: Carried, to: str, message: Envelope, attempts: Mapping[str, int]) -> Sent:
        node, _, port = to.partition(".")
        body = None if it.strip else message.body
        return Sent(topics.into(self.flow, node, port), message.carried(it.edge.name, attempts, body), body)

    def _mirror(self, it: Carried) -> Sent:
        topic = topics.waiting(self.flow, it.edge.name)
        if it.waiting is None:
            return Sent("", Envelope("", "", "", "", datetime.min, None), None, clears=(topic,))
        return Sent(topic, it.waiting.message, it.waiting.message.body, retain=True, until=it.waiting.until)


def wait(backoff: Backoff, attempt: int, chance: Callable[[], float], body: Any = None) -> timedelta:
    """How long an edge waits for the given attempt, 1 being the first; never less than a Fault's `retry_after`."""
    state = tenacity.RetryCallState(retry_object=NOBODY, fn=None, args=(), kwargs={})
    state.attempt_number = attempt
    most = (backoff.most or timedelta(days=365)).total_seconds()
    grows = tenacity.wait_exponential(multiplier=backoff.first.total_seconds(), exp_base=backoff.factor, max=most)
    span = timedelta(seconds=min(grows(state) * (1 + backoff.jitter * chance()), most))
    asked = body.get("retry_after") if isinstance(body, Mapping) else None
    return max(span, timedelta(seconds=min(asked, LONGEST))) if isinstance(asked, int | float) else span


def sources(edges: Iterable[Edge]) -> list[str]:
    """The out ports that a carrier listens to, each once."""
    return list(dict.fromkeys(e.source for e in edges))
