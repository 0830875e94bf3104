"""Where a node's inputs are worked on, one after the other: kept, published, and only then acknowledged."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from wattwire.broker.envelope import stamp
from wattwire.nodes import Reply, Request, secret
from wattwire.nodes.linked import Action

from .actor import Actor, Asking, Sent, Work
from .bodies import BadBody
from .callers import Caller
from .edges import Carrier
from .inputs import Done, Input
from .meters import Meters
from .outbox import Outbox
from .store import Full, InHand, Store

TRIES = 3
ROOM = 1.0  # seconds between tries to keep something on a full disk


class Crash(Exception):
    """The node has a bug; the process ends and its supervisor starts another."""


class Desk:
    """Takes inputs in order. While a call is under way the next one waits."""

    def __init__(self, actor: Actor | Carrier, outbox: Outbox, store: Store | None, hand: InHand, caller: Caller,
                 meters: Meters, *, post: Callable[[Callable[[], None]], None],
                 act: Callable[[list[Action]], None], aside: Callable[[Input, str], None],
                 full: Callable[[bool], None]) -> None:  # fmt: skip
        self.actor, self.outbox, self.store, self.hand = actor, outbox, store, hand
        self.caller, self.meters, self._post, self._act, self._aside = caller, meters, post, act, aside
        self._full, self._stuck = full, False  # the disk
        self.queue: deque[Input] = deque()
        self.seen: dict[str, None] = dict.fromkeys(store.seen() if store else ())
        self._unsure = store.was_asking() if store else None
        self._asking: tuple[Input, list[Sent]] | None = None
        self._unkept: deque[Done] = deque()
        self._again = 0.0  # when to try to keep them; monotonic
        self._last_kept: dict[tuple[str, ...], str] = {}
        self.quiet = False  # paused: events wait

    @property
    def busy(self) -> bool:
        return self._asking is not None or bool(self._unkept)

    def push(self, it: Input) -> None:
        self.queue.append(it)

    def work(self) -> None:
        """Everything that can be done now."""
        if self._unkept and monotonic() >= self._again:
            self._keep()
        while self.queue and not self.busy and not (self.quiet and self.queue[0].event is not None):
            self._one(self.queue.popleft())

    def hold(self, it: Input, again: bool = False) -> None:
        """Remember a retained value without being triggered by it; `again`: it will come once more in its turn."""
        if it.route is None or it.message is None or not isinstance(self.actor, Actor):
            return
        try:
            held = self.actor.hold(it.route.port, it.message)
        except BadBody as wrong:
            self._poison(it, self._told(it, wrong))
            return
        if not again:
            self.settle(it, Work(changed=held))

    def repeatable(self, it: Input) -> bool:
        """A bare body from outside is a repetition only if the broker says so: who sends it twice means it twice."""
        return it.message is not None and (bool(it.message.source) or it.again)

    def _one(self, it: Input) -> None:
        key = it.key
        if key and key in self.seen and self.repeatable(it):
            self.meters.repetitions += 1
            it.done()
            return
        if it.message is not None and it.route is not None:
            self.meters.came(it.route.edge or it.message.edge, it.route.port)
            tries = self.hand.take(key)
            if tries > TRIES:
                self._poison(it, self.hand.why or "the process died of it")
                return
        now = datetime.now(UTC)
        try:
            if it.event is not None and isinstance(self.actor, Actor):
                work = self.actor.happen(it.event, now)
            elif key and key == self._unsure and it.message is not None and isinstance(self.actor, Actor):
                self._unsure = None
                unsure = Reply(0, at=now, unknown=True, why="the process died between the call and its reply")
                work = self.actor.resume(Asking(Request(method="", url=""), it.message), unsure, now)
            elif it.message is not None and it.route is not None:
                work = self.actor.take(it.route.port, it.message, now)
            else:
                return
        except BadBody as wrong:
            self._poison(it, self._told(it, wrong))
            return
        except Exception as wrong:
            self._crash(it, wrong, now)
            raise
        self.settle(it, work)

    def settle(self, it: Input, work: Work, before: list[Sent] | None = None) -> None:
        sent = [*(before or []), *work.sent]
        if work.held:
            self._asking = (it, sent)
            return
        if work.asking is not None and isinstance(self.actor, Actor):
            if self.store is not None and work.changed:
                self.store.commit(snapshot=self.actor.snapshot())
            self._ask(it, work.asking, sent)
            return
        owed = self.outbox.number(message for s in sent for message in self._messages(s))
        snapshot = self.actor.snapshot() if self.store is not None and work.changed else None
        self._unkept.append(Done(it, work, sent, owed, snapshot))
        if len(self._unkept) == 1:
            self._keep()

    def _keep(self) -> None:
        """Keep what was done, publish what came of it, and only then acknowledge. On a full disk all of that waits."""
        while self._unkept:
            it, work, sent, owed, snapshot = self._unkept[0]
            key = it.key
            if self.store is not None and (work.changed or owed or key):
                try:
                    self.store.commit(snapshot=snapshot, key=key, owed=owed)
                except Full:
                    self._again = monotonic() + ROOM
                    self._waits(True)
                    return
            self._unkept.popleft()
            self._waits(False)
            if key:
                self.seen[key] = None
                if len(self.seen) > 20_000:
                    del self.seen[next(iter(self.seen))]
            for s in sent:
                if isinstance(self.actor, Actor):
                    self.meters.left(s.envelope.source.partition(".")[2], s.body)
            if it.message is not None:
                self.hand.done(key)
            self.meters.took(monotonic() - it.arrived)
            if work.actions:
                (it.acts or self._act)(work.actions)
            self.outbox.send(owed, it.done)

    def _waits(self, stuck: bool) -> None:
        if stuck != self._stuck:
            self._stuck = stuck
            self._full(stuck)

    def _messages(self, sent: Sent) -> list[tuple[str, bytes, bool]]:
        found: list[tuple[str, bytes, bool]] = []
        if sent.clears:
            group = tuple(sorted((sent.topic, *sent.clears)))
            if not sent.topic or self._last_kept.get(group) != sent.topic:
                self._last_kept[group] = sent.topic
                found += [(topic, b"", True) for topic in sent.clears]
        if sent.until is not None:
            mirror = {"until": stamp(sent.until), "message": json.loads(sent.envelope.dumps())}
            found.append((sent.topic, json.dumps(mirror).encode(), True))
        elif sent.topic:
            found.append((sent.topic, sent.envelope.dumps(), sent.retain))
        return found

    def _ask(self, it: Input, asking: Asking, sent: list[Sent]) -> None:
        self._asking = (it, sent)
        once = isinstance(self.actor, Actor) and self.actor.node.once and self.store is not None
        if once and self.store is not None:
            self.store.asking(it.key)
        self.caller.start(asking.request, lambda reply: self._post(lambda: self._replied(asking, reply)))

    def _replied(self, asking: Asking, reply: Reply) -> None:
        if self._asking is None or not isinstance(self.actor, Actor):
            return
        (it, sent), self._asking = self._asking, None
        self.meters.replies[reply.status] += 1
        now = datetime.now(UTC)
        try:
            work = self.actor.resume(asking, reply, now)
        except Exception as wrong:
            self._crash(it, wrong, now)
            raise
        self.settle(it, work, sent)
        if self.store is not None and self.actor.node.once and self._asking is None:
            self.store.asking(None)

    def handled(self) -> None:
        """What an adapter was given is done with: it wants the next."""
        if self._asking is not None:
            (it, sent), self._asking = self._asking, None
            self.settle(it, Work(), sent)

    def broke(self, wrong: Exception) -> None:
        """A bug in an adapter's own `serve`."""
        self._crash(self._asking[0] if self._asking else Input(), wrong, datetime.now(UTC))

    def _crash(self, it: Input, wrong: Exception, now: datetime) -> None:
        """Note what went wrong. An input comes again with the next process; an event does not, so it is told now."""
        if not isinstance(self.actor, Actor):
            return
        sent = self.actor.crashed(it.message, wrong, now)
        if it.message is not None:
            self.hand.note(getattr(sent.body, "why", ""))
        elif self.store is not None:
            self.store.commit(owed=self.outbox.number(self._messages(sent)))

    def _told(self, it: Input, wrong: BadBody) -> str:
        """What is wrong with a body; of one that may hold a secret, only what it should have been."""
        kind = self.actor.node.ins[it.route.port].carries if isinstance(self.actor, Actor) and it.route else object
        return f"not a {kind.__name__}" if secret(kind) else str(wrong)

    def _poison(self, it: Input, why: str) -> None:
        """Three tries were enough: put it aside, say so, go on."""
        self.meters.set_aside += 1
        now = datetime.now(UTC)
        self._aside(it, why)
        work = Work()
        if isinstance(self.actor, Actor):
            work.sent.append(self.actor.crashed(it.message, Crash(why), now, why))
        self.settle(it, work)
