"""Inputs that a node cannot process: counted, reported, set aside for a person."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wattwire.nodes import secret

from .actor import Actor, Work, where
from .bodies import BadBody
from .inputs import Input
from .store import Full

if TYPE_CHECKING:
    from .desk import Desk


class Poison:
    """Of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def body(self, it: Input, wrong: BadBody) -> None:
        """It is not what its port carries; of a body that may hold a secret, only what it should have been is said."""
        actor = self._desk.actor
        kind = actor.node.ins[it.route.port].carries if isinstance(actor, Actor) and it.route else object
        self.aside(it, f"not a {kind.__name__}" if secret(kind) else str(wrong))

    def aside(self, it: Input, why: str) -> None:
        """No further try: put it aside, say so, go on."""
        self._desk.meters.set_aside += 1
        now, actor = datetime.now(UTC), self._desk.actor
        sent = [actor.crashed(it.message, RuntimeError(), now, why)] if isinstance(actor, Actor) else []
        self._desk.settle(it, Work(sent), why=why)

    def bug(self, it: Input, wrong: Exception, state: Any = None) -> bool:
        """Note what went wrong. An input comes again with the next process; an event does not, so it is told now.

        Returns True where a person had handed it in: it is set aside again, and the node need not end for it.
        """
        desk = self._desk
        if not isinstance(actor := desk.actor, Actor):
            return False
        if it.lay:
            actor.state = actor.state if state is None else state
            self.aside(it, where(wrong))
            return True
        sent = actor.crashed(it.message, wrong, datetime.now(UTC))
        with suppress(Full):
            if it.message is not None:
                desk.hand.note(getattr(sent.body, "why", ""))
            elif desk.store is not None:
                desk.store.commit(owed=desk.outbox.number(desk.letters.of(sent)))
        return False
