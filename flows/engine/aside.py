"""Inputs that no call could process: kept where a person can see them, and hand them in again once the bug is fixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from wattwire.broker import topics
from wattwire.broker.envelope import loads, stamp

from .inputs import Input
from .routes import Route
from .setup import Setup
from .store import Store

SHOWN = 20  # of those that lie here, the newest


class Aside:
    """In the node's own file, as a token may be in them; what stands on `$aside` says how many, where and why."""

    def __init__(self, setup: Setup, store: Store | None, say: Callable[[str, bytes], object]) -> None:
        self._setup, self._store, self._say = setup, store, say
        self._in_hand = set[int]()  # on their way through the node: asking again changes nothing

    def put(self, it: Input, why: str) -> None:
        port, at = it.route.port if it.route is not None else "", stamp(datetime.now(UTC))
        if it.lay:  # it stays where it lay
            self._open().set_aside_again(it.lay, at, why)
            self._in_hand.discard(it.lay)
            it.done = lambda: None
        else:
            self._open().set_aside(at, port, it.payload, why)
        self.tell()

    def tell(self) -> None:
        """Say what lies here, or that nothing does any more."""
        count, last = self._open().lies_aside(SHOWN)
        kept = [{"number": n, "at": at, "port": port, "why": why} for n, at, port, why in last]
        topic = topics.poison(self._setup.flow.name, self._setup.node)
        self._say(topic, json.dumps({"count": count, "inputs": kept}).encode() if kept else b"")

    def take(self, number: int | None) -> list[Input]:
        """One of them, or all, to be tried again as if new. Each stays here until that has gone well."""
        now, found = datetime.now(UTC), list[Input]()
        for n, _, port, payload, _ in self._open().aside():
            if number in (None, n) and n not in self._in_hand:
                self._in_hand.add(n)
                route = Route(f"again{n}.{uuid4().hex}", port)  # each time as if new
                message = loads(payload or b"null", now)
                found.append(Input(message, route, payload=payload, done=partial(self._done, n), lay=n))
        return found

    def close(self) -> None:
        """Let go of the file, the node's own or the one that it came to need."""
        if self._store is not None:
            self._store.close()

    def _done(self, number: int) -> None:
        self._in_hand.discard(number)
        self._open().forget(number)
        self.tell()

    def _open(self) -> Store:
        """Nodes that only compute have no file until they need one."""
        if self._store is None:
            self._store = Store(self._setup.store)
        return self._store
