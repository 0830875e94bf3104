"""Chance that is the same whenever it is asked: by a seed and what is asked."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=4096)
def chance(*of: object) -> float:
    """From 0 to 1."""
    return int.from_bytes(blake2b(repr(of).encode(), digest_size=6).digest()) / (1 << 48)


class Chances:
    """One after the other, about one thing."""

    def __init__(self, *of: object) -> None:
        self._of, self._turn = of, 0

    def next(self) -> float:
        self._turn += 1
        return chance(*self._of, self._turn)

    def happens(self, how_likely: float) -> bool:
        return self.next() < how_likely

    def between(self, least: float, most: float) -> float:
        return least + self.next() * (most - least)

    def seconds(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=round(self.between(least, most)))

    def minutes(self, least: float, most: float, step: int = 1) -> timedelta:
        return timedelta(minutes=round(self.between(least, most) / step) * step)
