"""What the broker shows of a node that runs. While it does not run the supervisor says how it is; then the node itself,
by another connection: what was said first may come last, and is retained."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from .minder import Minder

SOON = 1.0  # seconds in which what was said by the one comes after what was said by the other
OURS = b'"pid": null'  # in what the supervisor says
LOOKS = 10


class Shown:
    """Says it again if the supervisor's word is the last that the broker has of a node that has spoken since."""

    def __init__(self, publish: Callable[[Minder], None], later: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self._publish, self._later = publish, later
        self._last: dict[str, bytes] = {}
        self._looking = set[str]()

    def heard(self, minder: Minder, payload: bytes) -> None:
        self._last[minder.name] = payload
        if OURS in payload and minder.name not in self._looking:
            self._looking.add(minder.name)
            self._later(self._look(minder))

    async def _look(self, minder: Minder) -> None:
        for _ in range(LOOKS):
            await asyncio.sleep(SOON)
            if self._right(minder):
                break
            self._publish(minder)  # so it is looked at once more: the node may have said something meanwhile
        self._looking.discard(minder.name)

    def _right(self, minder: Minder) -> bool:
        if minder.process is None or not minder.own_word:
            return True
        try:
            told = json.loads(self._last[minder.name])
            return [told["state"], told["text"], told["fill"]] == [minder.state, minder.text, minder.fill]
        except (ValueError, LookupError, TypeError, RecursionError):  # anybody may have written there
            return False
