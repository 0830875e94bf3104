"""Where a node's inputs are worked on, one after the other: kept, published, and only then acknowledged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from wattwire.nodes import Reply, Request, Stopping
from wattwire.nodes.linked import Action

from .actor import Actor, Asking, Sent, Work
from .bodies import BadBody
from .callers import Caller
from .edges import Carrier
from .inhand import InHand
from .inputs import Done, Input, Queue
from .letters import Letters
from .meters import Meters
from .outbox import Outbox
from .poison import Poison
from .seen import Seen
from .store import Full, Store

TRIES = 3
ROOM = 1.0  # seconds between tries to keep something on a full disk
SLICE = 0.2  # seconds of work, after which the network has its turn


class Desk:
    """Takes inputs in order. While a call is under way the next one waits. `heed` is shown what came of each."""

    def __init__(self, actor: Actor | Carrier, outbox: Outbox, store: Store | None, hand: InHand, caller: Caller,
                 meters: Meters, *, post: Callable[[Callable[[], None]], None],
                 act: Callable[[list[Action]], None], aside: Callable[[Input, str], None],
                 full: Callable[[bool], None], heed: Callable[[list[Sent]], object] = len) -> None:  # fmt: skip
        self.actor, self.outbox, self.store, self.hand, self.caller = actor, outbox, store, hand, caller
        self.meters, self._post, self._act, self._aside, self._full, self._heed = meters, post, act, aside, full, heed
        self.queue = Queue()
        self.seen = Seen(store.seen() if store else ())
        self._unsure = self._once = store.was_asking() if store else None
        self._asking: tuple[Input, list[Sent]] | None = None
        self._unasked: tuple[Asking, dict[str, Any] | None] | None = None  # what is to be kept before it is asked
        self._unkept: deque[Done] = deque()
        self._stuck, self._again = False, 0.0  # the disk is full; when to try again to keep them, monotonic
        self.letters, self._poison = Letters(), Poison(self)
        self.quiet = self._closed = False  # paused: events wait; closed: everything does

    @property
    def busy(self) -> bool:
        return self._asking is not None or bool(self._unkept)

    def push(self, it: Input) -> None:
        if not self._closed:
            self.queue.put(it)

    def work(self) -> None:
        """What can be done now, and soon."""
        ends = (now := monotonic()) + SLICE
        if now >= self._again:
            self._put()
            self._keep()
        while self.queue and not self.busy and not (self.quiet and self.queue[0].event is not None):
            self._one(self.queue.popleft())
            if monotonic() > ends:
                return

    def stop(self) -> None:
        """A node's last word, whatever else waits. Inputs still waiting come again to the next process."""
        if not (isinstance(self.actor, Actor) and Stopping in self.actor.node.events):
            return
        self._closed = True
        self.queue.clear()
        for done in self._unkept:
            done.work.actions.clear()
        work = self.actor.happen(Stopping(), datetime.now(UTC))
        self._act(work.actions)  # before anything is kept: there may be no room
        self.settle(Input(event=Stopping()), replace(work, actions=[]))

    def leave(self) -> None:
        """The process ends in good order: what it has in hand is not to blame."""
        if self._asking is not None:
            self.hand.spare(self._asking[0].key)
        self.hand.settle()

    def tidy(self) -> None:
        """Now and then, when there may be nothing else to do."""
        self.hand.settle()
        self.outbox.prune()

    def hold(self, it: Input, again: bool = False) -> None:
        """Remember a retained value without being triggered by it; `again`: it will come once more in its turn."""
        if it.route is None or it.message is None or not isinstance(self.actor, Actor):
            return
        try:
            held = self.actor.hold(it.route.port, it.message)
        except BadBody as wrong:
            return self._poison.body(it, wrong)
        if not again:
            self.settle(it, Work(changed=held))

    def repeatable(self, it: Input) -> bool:
        """A bare body from outside is a repetition only if the broker says so: who sends it twice means it twice."""
        return it.message is not None and (bool(it.message.source) or it.again)

    def _one(self, it: Input) -> None:
        key, it.taken = it.key, True
        if key and key in self.seen and self.repeatable(it):
            self.meters.repetitions += 1
            self.outbox.then(it.done)  # what it led to may not have left yet
            return
        if it.message is not None and it.route is not None:
            self.meters.came(it.route.edge or it.message.edge, it.route.port)
            tries = 1 if it.lay else self.hand.take(key)
            if tries > TRIES:
                return self._poison.aside(it, self.hand.why or "the process died of it")
        now, state = datetime.now(UTC), getattr(self.actor, "state", None) if it.lay else None
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
            return self._poison.body(it, wrong)
        except Exception as wrong:
            if not self._poison.bug(it, wrong, state):
                raise
            return
        self.settle(it, work)

    def settle(self, it: Input, work: Work, before: list[Sent] | None = None, why: str = "") -> None:
        sent = [*before, *work.sent] if before else work.sent
        if work.held:
            self._asking = (it, sent)
            return
        snapshot = None
        if self.store is not None and work.changed:
            snapshot = self.actor.changes() if isinstance(self.actor, Carrier) else self.actor.snapshot()
        if work.asking is not None:
            self._asking, self._unasked = (it, sent), (work.asking, snapshot)
            self._put()
            return
        try:
            found = self.letters.of(sent[0]) if len(sent) == 1 else [one for s in sent for one in self.letters.of(s)]
        except ValueError as wrong:
            if not self._poison.bug(it, wrong):
                raise
            return
        done = Done(it, work, sent, self.outbox.number(found), snapshot, why)
        if self._unkept:
            self._unkept.append(done)
        elif self._kept(done):
            self._end(done)
        else:
            self._unkept.append(done)
            self._waits(True)

    def _keep(self) -> None:
        """Those that could not be kept so far, in order."""
        while self._unkept:
            if not self._kept(self._unkept[0]):
                return self._waits(True)
            self._waits(False)
            self._end(self._unkept.popleft())

    def _kept(self, done: Done) -> bool:
        """Keep what was done; False if the disk is full."""
        try:
            if done.why:
                self._aside(done.it, done.why)
                done.why = ""
            key = done.it.key
            if self.store is not None and (done.work.changed or done.owed or key):
                asked = "" if key and key == self._once else None
                self.store.commit(snapshot=done.snapshot, key=key, line=done.it.line, owed=done.owed, asking=asked)
        except Full:
            return False
        return True

    def _end(self, done: Done) -> None:
        """Publish what came of an input, and only then acknowledge it."""
        it, sent = done.it, done.sent
        if it.message is not None:
            if it.key:
                self.seen.add(it.key, it.line)
            self.hand.done(it.key)
        if sent and isinstance(self.actor, Actor):
            self.meters.sent(sent)
            self._heed(sent)
        self.meters.took(monotonic() - it.arrived)
        if done.work.actions:
            (it.acts or self._act)(done.work.actions)
        self.outbox.send(done.owed, it.done)

    def _put(self) -> None:
        """Ask, once it is recorded that we do. On a full disk that waits too."""
        if self._unasked is None or self._asking is None or not isinstance(self.actor, Actor):
            return
        asking, snapshot = self._unasked
        noted = self._asking[0].key if self.actor.node.once else None
        try:
            if self.store is not None and (snapshot is not None or noted is not None):
                self.store.commit(snapshot=snapshot, asking=noted)
                self._once = noted
        except Full:
            return self._waits(True)
        self._waits(False)
        self._unasked = None
        self.caller.start(asking.request, lambda reply: self._post(lambda: self._replied(asking, reply)))

    def _waits(self, stuck: bool) -> None:
        self._again = monotonic() + ROOM if stuck else 0.0
        if stuck != self._stuck:
            self._stuck = stuck
            self._full(stuck)

    def _replied(self, asking: Asking, reply: Reply) -> None:
        if self._asking is None or not isinstance(self.actor, Actor):
            return
        (it, sent), self._asking = self._asking, None
        self.meters.answered(reply)
        now, state = datetime.now(UTC), self.actor.state
        try:
            work = self.actor.resume(asking, reply, now)
        except Exception as wrong:
            if not self._poison.bug(it, wrong, state):
                raise
            return
        if self._closed:
            work.actions = []  # its last word is said
        self.settle(it, work, sent)

    def handled(self) -> None:
        """What an adapter was given is done with: it wants the next."""
        if self._asking is not None:
            (it, sent), self._asking = self._asking, None
            self.settle(it, Work(), sent)

    def broke(self, wrong: Exception) -> None:
        """A bug in an adapter's own `serve`."""
        self._poison.bug(self._asking[0] if self._asking else Input(), wrong)
