"""Which nodes of a flow are ours to run: the locks on this machine, and the claims on the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from wattwire.broker import topics

from .bus import Bus
from .ownership import Claim, Claims, Lock, of_node
from .statefolder import alive

WATCH = 2.0  # seconds between looks at nodes that somebody else runs


class Holding:
    def __init__(self, flow: str, folder: Path, me: Claim, bus: Bus, stand_by: Callable[[str, str], None]) -> None:
        self._flow, self._folder, self._bus, self._stand_by = flow, folder, bus, stand_by
        self.claims, self._locks = Claims(me, alive), dict[str, Lock]()
        self.owned: set[str] = set()

    async def settled(self) -> bool:
        """All claims that the broker knows have been heard."""
        return await self._bus.settled(f"{topics.BASE}/{self._flow}/$echo")

    async def acquire(self, names: Sequence[str]) -> list[str]:
        """Take what nobody else runs, and stand by for the rest."""
        held = [n for n in names if self.lock(n).take()]
        free = [n for n in held if self.claims.other(n) is None]
        for n in free:
            self._bus.publish(topics.owner(self._flow, n), self.claims.next(n).dumps(), retain=True)
        if free:
            await self.settled()
        mine = [n for n in free if self.claims.mine(n)]
        self.owned |= set(mine)
        for n in names:
            if n not in mine:
                other = self.claims.other(n)
                who = str(other) if other else f"process {self.lock(n).holder()} on this machine"
                self.lock(n).release()
                self._stand_by(n, who)
        return mine

    async def freed(self, waiting: Sequence[str]) -> list[str]:
        """Wait a while, then return those of the nodes that nobody else runs any more."""
        await asyncio.sleep(WATCH)
        if not self._bus.up.is_set():
            return []
        return [n for n in waiting if self.claims.other(n) is None and self.lock(n).take()]

    def heard(self, node: str, payload: bytes) -> None:
        """A word on a node's owner topic."""
        if self.claims.heard(node, payload):
            self._bus.publish(topics.owner(self._flow, node), self.claims.standing[node].dumps(), retain=True)
        elif node in self.owned and (other := self.claims.other(node)) is not None:
            self.owned.discard(node)
            self.lock(node).release()
            self._stand_by(node, str(other))

    def insist(self) -> None:
        """Say our claims again, to a broker that may have forgotten them."""
        for n in self.owned:
            self._bus.publish(topics.owner(self._flow, n), self.claims.next(n).dumps(), retain=True)

    async def release(self, names: Sequence[str] | None = None) -> None:
        """Nobody needs to wait for us."""
        names = list(self.owned) if names is None else [n for n in names if n in self.owned]
        mine = [n for n in names if self.claims.mine(n)]
        for n in mine:
            self.claims.released(n)
        await self._bus.published(((topics.owner(self._flow, n), b"", True) for n in mine), 1.0)
        for n in names:
            self.owned.discard(n)
            self.lock(n).release()

    def lock(self, node: str) -> Lock:
        return self._locks.setdefault(node, of_node(self._folder, node))
