"""Instants at a steady distance: the k-th is origin + k * every, and a little later by its own, lasting jitter."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Cadence:
    every: timedelta
    origin: datetime
    jitter: timedelta = timedelta(0)  # at most `every`, or instants would change places
    seed: str = ""

    def at(self, k: int) -> datetime:
        at = self.origin + k * self.every
        return at + self._late(k) if self.jitter >= MILLISECOND else at

    def reached(self, now: datetime) -> int:
        """The number of the latest instant that is not after `now`."""
        k = (now - self.origin) // self.every
        return k if self.jitter < MILLISECOND or self.at(k) <= now else k - 1

    def _late(self, k: int) -> timedelta:
        """Drawn from the seed and the number alone, so that a restart draws the same."""
        drawn = int.from_bytes(blake2b(f"{self.seed}/{k}".encode(), digest_size=8).digest(), "big")
        return drawn % (self.jitter // MILLISECOND) * MILLISECOND


def whole(at: datetime) -> datetime:
    """The next whole millisecond: finer times do not survive being written down."""
    return at + timedelta(microseconds=-at.microsecond % 1000)
