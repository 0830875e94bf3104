"""What the broker shows of a node that runs. While it does not run the supervisor says how it is; then the node itself,
by another connection: what was said first may come last, and is retained."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from .minder import Minder

SOON = 1.0  # seconds in which what was said by the one comes after what was said by the other


class Shown:
    """Says it again if the supervisor's word is the last that the broker has of a node that has spoken since."""

    def __init__(
        self,
        status: Callable[[Minder], bytes],
        publish: Callable[[Minder], None],
        later: Callable[[Coroutine[Any, Any, None]], object],
        over: Callable[[], bool],
    ) -> None:
        self._status, self._publish, self._later, self._over = status, publish, later, over
        self._ours: dict[str, bytes] = {}  # node -> what the supervisor said last
        self._last: dict[str, bytes] = {}  # node -> what came last
        self._minders: dict[str, Minder] = {}  # a deploy may bring another
        self._looking = set[str]()

    def says(self, minder: Minder) -> bytes:
        """What the supervisor is about to say."""
        told = self._ours[minder.name] = self._status(minder)
        return told

    def heard(self, minder: Minder, payload: bytes) -> None:
        name = minder.name
        self._last[name], self._minders[name] = payload, minder
        if payload == self._ours.get(name) and name not in self._looking:
            self._looking.add(name)
            self._later(self._look(name))

    async def _look(self, name: str) -> None:
        try:
            await asyncio.sleep(SOON)
            while not self._over() and self._stale(self._minders[name], self._last[name]):
                self._publish(self._minders[name])
                await asyncio.sleep(SOON)  # the node may have said something meanwhile
        finally:
            self._looking.discard(name)

    def _stale(self, minder: Minder, last: bytes) -> bool:
        """Only what the supervisor said can be: what a node says is in order."""
        running = minder.process is not None and minder.own_word
        return running and last == self._ours[minder.name] and last != self._status(minder)
