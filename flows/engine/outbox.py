"""What a node has sent and the broker may not have saved yet: sent again, in order, when the broker comes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from .store import Store
from .work import Owed

SURE = 30.0  # seconds after a PUBACK: brokers save by time, ours every 5 s


class Several(list[Callable[[], None]]):
    """In a replay there may be thousands."""

    def __call__(self) -> None:
        for done in self:
            done()


class Outbox:
    """In memory, and in the node's store where it has one. Its clock is when the broker last said anything: one that
    is silent may be frozen, and saves nothing."""

    def __init__(self, publish: Callable[[str, bytes, bool, Callable[[], None]], object], clock: Callable[[], float],
                 store: Store | None) -> None:  # fmt: skip
        self._publish, self._clock, self._store = publish, clock, store
        self._entries = deque(store.owed() if store else ())
        self._number = self._entries[-1].number if self._entries else 0
        self.open = False  # may publish: everybody is seated

    def __len__(self) -> int:
        """How many the broker has not confirmed."""
        return sum(it.sent_at is None for it in self._entries)

    def number(self, messages: Iterable[tuple[str, bytes, bool]]) -> list[Owed]:
        """Give messages their place in the order of all that this node sends."""
        owed = []
        for topic, payload, retain in messages:
            self._number += 1
            owed.append(Owed(self._number, topic, payload, retain))
        return owed

    def send(self, owed: list[Owed], done: Callable[[], None]) -> None:
        """Publish; `done` is called once the broker has confirmed all of them."""
        if not owed:
            done()
            return
        if len(owed) == 1:
            owed[0].done = done
        else:
            left = len(owed)

            def one() -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    done()

            for it in owed:
                it.done = one
        self._entries.extend(owed)
        if self.open:
            for it in owed:
                self._send(it)

    def then(self, done: Callable[[], None]) -> None:
        """Call `done` once the broker has confirmed all that was given it so far; it does so in order."""
        if not self._entries or self._entries[-1].sent_at is not None:
            done()
            return
        entry = self._entries[-1]
        if not isinstance(entry.done, Several):
            entry.done = Several([entry.done] if entry.done is not None else [])
        entry.done.append(done)

    def replay(self) -> None:
        """Everything that the broker may have lost, oldest first; receivers know repetitions by their ids."""
        self.open = True
        for it in list(self._entries):
            it.sent_at = None
            self._send(it)

    def prune(self) -> None:
        """Forget what the broker has surely saved. One that is away may have died before it saved anything."""
        if not self.open:
            return
        sure, last = self._clock() - SURE, 0
        while self._entries and (at := self._entries[0].sent_at) is not None and at < sure:
            last = self._entries.popleft().number
        if last and self._store is not None:
            self._store.settle(last)

    def _send(self, it: Owed) -> None:
        self._publish(it.topic, it.payload, it.retain, partial(self._confirmed, it))

    def _confirmed(self, it: Owed) -> None:
        it.sent_at = self._clock()
        if (done := it.done) is not None:
            it.done = None
            done()
