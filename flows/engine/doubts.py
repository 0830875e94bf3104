"""Nodes that the broker threw off: whether they are still ours is known once all that others claimed is heard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container

from .bus import Bus


class Doubts:
    """`settled` hears all claims; `readmit` then lets back those of the nodes that are ours."""

    def __init__(
        self, bus: Bus, settled: Callable[[], Awaitable[bool]], readmit: Callable[[Container[str]], None]
    ) -> None:
        self._bus, self._settled, self._readmit = bus, settled, readmit
        self._asking, self._heard, self._busy = set[str](), set[str](), False

    async def ask(self, name: str) -> None:
        """Each is answered by what is heard after it asked: whoever took it over had said so before."""
        self._asking.add(name)
        if self._busy:
            return
        self._busy = True
        try:
            while self._asking and self._bus.up.is_set():
                self._heard, self._asking = self._asking, set()
                await self._settled()
                self._readmit(self._heard)
        finally:
            self._busy = False

    def drop(self) -> None:
        """We are cut off ourselves: nobody is answered before all is heard anew."""
        self._asking, self._heard = set(), set()
