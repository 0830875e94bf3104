"""By which inputs a node knows a repetition: the last ones, and in a burst all that may come again."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic

LEAST, MOST = 20_000, 200_000
AGAIN = 120.0  # seconds; whoever sent a message sends it again for so long at most, after it was taken


class Seen:
    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys: dict[str, float] = dict.fromkeys(keys, monotonic())

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: str) -> None:
        self._keys[key] = now = monotonic()
        for _ in range(2):  # so that after a burst they become fewer again
            if len(self._keys) > LEAST:
                oldest = next(iter(self._keys))
                if len(self._keys) > MOST or now - self._keys[oldest] > AGAIN:
                    del self._keys[oldest]
