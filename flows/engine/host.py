"""What a node lives in: one link to the flow's broker, one loop, and on it the node."""

from __future__ import annotations

import os
import random
import socket
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from wattwire.broker import topics
from wattwire.broker.link import Link, Message
from wattwire.broker.will import Will as LinkWill
from wattwire.nodes import Answer, Due, Event, Heard, Started, Status, Timer
from wattwire.nodes.linked import Action

from .actor import Actor
from .aside import Aside
from .budgets import Budgets
from .callers import Caller
from .desk import Desk
from .edges import Carrier
from .inputs import Input, thin
from .intake import Intake
from .keeping import epoch, opened, unread
from .lifeline import Lifeline
from .meters import Meters
from .outbox import Outbox
from .outcomes import Outcomes
from .outer import Outer
from .presence import Presence
from .routes import EDGES, former, routes
from .setup import Setup
from .timers import Timers

if TYPE_CHECKING:
    from .listening import Listening
    from .serving import Serving

GATHER = 2.0  # seconds at most to wait for retained messages


class Host:
    """Takes turns until it is told to stop, its supervisor is gone, or its node has a bug."""

    def __init__(self, setup: Setup, channel: socket.socket) -> None:
        self.setup, self.lifeline, flow = setup, Lifeline(channel), setup.flow
        self._posts: deque[Callable[[], None]] = deque()
        self._timers, self.addresses = Timers(), dict[str, str]()
        self._ends, self._beat, self._gather_until, self._stopping = 0.0, 0.0, 0.0, False
        self.presence = Presence(setup, self._retain, self.lifeline.tell)
        lost = LinkWill(self.presence.topic, self.presence.lost())
        self.link = Link(setup.broker, topics.client(flow.name, setup.node), on_up=self._up, on_down=self._down,
                         on_message=self._heard, will=lost)  # fmt: skip
        self.store, hand = opened(setup, self.lifeline)
        saved = self.store.snapshot() if self.store else None
        self.actor: Actor | Carrier
        if setup.node == EDGES:
            self.actor = Carrier(flow, saved=saved, now=datetime.now(UTC), chance=random.random)
        else:
            self.actor = Actor(flow.name, flow.nodes[setup.node], saved=saved, salt=f"{os.getpid()}.{monotonic()}.",
                               shadow=setup.shadow)  # fmt: skip
        unread(self.store, self.actor.unread, self.lifeline)
        carrier, node = (self.actor, None) if isinstance(self.actor, Carrier) else (None, self.actor.node)
        self.meters = Meters(edges=frozenset(e.name for e in flow.edges), carrier=carrier)
        heed = Outcomes(node, self.lifeline.tell, self.presence.set).heed
        self.outbox = Outbox(self.link.publish, lambda: self.link.heard, self.store)
        budgets = Budgets(flow.name, setup.ledger, lambda why: self.post(lambda: self.lifeline.log("error", why)))
        self.desk = Desk(
            self.actor, self.outbox, self.store, hand, Caller(self.addresses, budgets),
            self.meters, post=self.post, act=self.act, aside=self._set_aside, full=self._full, heed=heed,
        )  # fmt: skip
        self.routes = routes(flow, setup.node)
        known, ins = former(flow, setup.node) | self.routes, node.ins if node else {}
        self.intake = Intake(self.desk, known, ins, self.link.ack, lambda why: self.lifeline.log("warning", why))
        self.outer: Outer | None = None
        self.beside: list[Listening | Serving] = []  # what has threads of its own
        self.aside = Aside(setup, self.store, self._retain)
        self._asked, self._probe = b"", topics.into(flow.name, setup.node, "$probe")

    def turn(self, patience: float) -> bool:
        """One round of the loop, waiting at most this long for something to do. False: it was the last."""
        if self._ends and (monotonic() >= self._ends or self._finished()):
            self._leave()
            return False
        fds = [self.lifeline.fileno(), *(self.outer.fds() if self.outer else ())]
        if self.lifeline.fileno() in self.link.step(patience, fds, more=True) and not self._hear():
            return False  # the supervisor is dead: so are we
        if self.outer is not None:
            self.outer.step()
        while self._posts:
            self._posts.popleft()()
        if self._timers or isinstance(self.actor, Carrier):
            self._ring()
        if self.intake.gathering and self._gather_until and monotonic() >= self._gather_until:
            self.intake.gathered(all_here=False)
        if not self.intake.gathering:
            self.desk.work()
        if monotonic() >= self._beat:
            self._alive()
        return True

    def fds(self) -> list[int]:
        """What to wait for before the next turn, where another's loop does the waiting. Sends what is waiting first."""
        return [self.lifeline.fileno(), *self.link.fds(), *(self.outer.fds() if self.outer else ())]

    def post(self, act: Callable[[], None]) -> None:
        """From any thread."""
        self._posts.append(act)
        self.link.wake()

    def happen(self, event: Event, acts: Callable[[list[Action]], None] | None = None) -> None:
        if isinstance(event, Heard):
            thin(self.desk.queue, event)
        self.desk.push(Input(event=event, acts=acts))

    def act(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Timer):
                self._timers.set(action)
            elif isinstance(action, Status):
                self.presence.set(text=action.text, fill=action.fill)
            elif not isinstance(action, Answer) and self.outer is not None:
                self.outer.act(action)

    def begin(self) -> None:
        self.link.connect()
        if not isinstance(actor := self.actor, Actor):
            return
        node = actor.node
        if node.listen is not None:
            from .listening import Listening

            self.beside.append(Listening(node.listen(actor.config), self))
        if node.serve is not None:
            from .serving import Serving

            self.beside.append(Serving(node.serve, actor, self))
        for it in self.beside:
            it.start()
        self.happen(Started())
        if node.dial is not None:
            client = topics.outer(self.setup.flow.name, self.setup.node)
            self.outer = Outer(node.dial(actor.config), self.setup.broker, client, self.happen, self.desk.queue)

    def _up(self, session: bool) -> None:
        self.intake.begin(epoch(self.setup.store.with_suffix(".epoch"), renew=not session))
        self._asked, self._gather_until = b"", monotonic() + GATHER
        self.link.subscribe([*self.routes, self._probe], lambda refused: self._subscribed(session, refused))

    def _subscribed(self, session: bool, refused: tuple[str, ...]) -> None:
        if refused:
            self.presence.set("crashed", f"the broker does not let it read {', '.join(refused)}", "red")
            return
        self._asked = f"{os.getpid()} {monotonic()}".encode()
        self.link.publish(self._probe, self._asked)  # comes back after everything that is retained
        self.presence.again()
        self.lifeline.tell({"seated": {"session": session}})

    def _heard(self, message: Message) -> None:
        if message.topic == self._probe:
            self.link.ack(message)
            if message.payload == self._asked:  # an older one may still lie in the session
                self.intake.gathered()
        else:
            self.intake.offer(message)

    def _down(self, why: str) -> None:
        self.outbox.open = False
        self._gather_until = min(self._gather_until, monotonic())  # nothing more is to be waited for
        self.lifeline.log("warning", f"broker: {why}")

    def _retain(self, topic: str, payload: bytes) -> None:
        self.link.publish(topic, payload, retain=True)

    def _hear(self) -> bool:
        """Do what the supervisor says; False when it is gone."""
        said = self.lifeline.hear()
        for one in said or ():
            self._told(one)
        return said is not None

    def _told(self, said: dict[str, Any]) -> None:
        if said.get("go"):
            if self.link.up and not self.outbox.open:  # said to all whenever one more is there
                self.outbox.replay()
            if not self._stopping:
                self.presence.ready()
        if "addresses" in said:
            self.addresses.update({name.lower(): where for name, where in said["addresses"].items()})
        if "again" in said:
            self.desk.queue.extend(found := self.aside.take(said["again"]))
            self.lifeline.tell({"answer": [it.lay for it in found], "number": said.get("number")})
        if "pause" in said:
            self.desk.quiet = bool(said["pause"])
        if "metrics" in said:
            self.meters.queued, self.meters.waiting = len(self.desk.queue), len(self.outbox)
            self.lifeline.tell({"answer": self.meters.text(), "number": said["metrics"]})
        if said.get("stop") and not self._stopping:
            self._stopping, self._ends = True, monotonic() + 3.0
            self.desk.stop()

    def _set_aside(self, it: Input, why: str) -> None:
        self.aside.put(it, why)
        self.presence.set(text=f"set an input of {it.route.port if it.route else '?'} aside: {why}", fill="red")

    def _full(self, full: bool) -> None:
        told = "the disk is full: nothing goes on until there is room" if full else "there is room on the disk again"
        self.presence.set(text=told, fill="red" if full else "green")

    def _ring(self) -> None:
        for name in self._timers.take(now := datetime.now(UTC)):
            self.happen(Due(name))
        if isinstance(carrier := self.actor, Carrier) and (
            carrier.watch(now) or (self.outbox.open and (due := carrier.next_due()) is not None and due <= now)
        ):
            self.desk.settle(Input(), carrier.due(now))

    def patience(self) -> float:
        """Seconds until there is something to do without any input."""
        if self._posts or (self.desk.queue and not self.desk.busy and not self.intake.gathering):
            return 0.0 if not self.desk.quiet else 0.1
        wait = self._beat - monotonic()
        if self._timers and (timer := self._timers.next()) is not None:
            wait = min(wait, timer - time())
        if isinstance(self.actor, Carrier) and (due := self.actor.next_due()) is not None and self.outbox.open:
            wait = min(wait, due.timestamp() - time())
        return max(0.0, min(wait, 0.02) if self._ends else wait)

    def _alive(self) -> None:
        self._beat = (monotonic() // (beat := self.setup.beat) + 1) * beat  # all at once, which is cheaper
        self.lifeline.tell({"beat": monotonic()})
        self.desk.tidy()

    def _finished(self) -> bool:
        waits = self.desk.quiet or self.intake.gathering
        return not self.desk.busy and (waits or not self.desk.queue) and (not self.link.up or len(self.outbox) == 0)

    def _leave(self) -> None:
        if self.outer is not None:
            self.outer.close()
        self.desk.leave()
        self.presence.set("stopped", "stopped in good order", "grey")
        self.link.close()
        if self.store is not None:
            self.store.close()
        self.lifeline.tell({"stopped": True})
