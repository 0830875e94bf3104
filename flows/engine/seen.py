"""The inputs by which a node knows a repetition: the last ones, and in a burst all that may come again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from time import monotonic

LEAST, MOST = 20_000, 200_000
AGAIN = 1800.0  # seconds; a node that was cut off for so long resends what it had sent just before
LINES = 256  # edges, each into a port, of which the newest is never forgotten: others can make up as many as they like
COPY = "\n"  # in a key: what follows is the key of a copy that the broker may have retained


class Seen:
    """Keeps 64 bits of each: among so many a message is taken for another once in 10^14."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._order = deque[int]()  # a dict's own first key is slow to find once many were deleted before it
        self._newest = Newest()
        for key in keys:
            self._order.append(hash(key))
            if COPY in key:
                self._order.append(hash(copied(key)))
            self._newest.put(key, hash(copied(key)))
        self._known: dict[int, int] = dict(Counter(self._order))  # how often it stands there; 0: only the newest
        self._at = monotonic()
        self._times = deque([self._at] * len(self._order))

    def __contains__(self, key: str) -> bool:
        return hash(key) in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, key: str) -> None:
        if (now := monotonic()) - self._at > 1.0:  # one number for all of a second takes less room
            self._at = now
        known, lasting = hash(key), hash(copied(key))
        if (former := self._newest.put(key, lasting)) is not None and self._known.get(former) == 0:
            del self._known[former]
        self._known.setdefault(lasting, 0)
        self._known[known] = self._known.get(known, 0) + 1  # one that comes anew is kept for as long as a new one
        self._order.append(known)
        self._times.append(self._at)
        for _ in range(2):  # so that after a burst they become fewer again
            if (many := len(self._order)) > LEAST and (many > MOST or now - self._times[0] > AGAIN):
                old = self._order.popleft()
                self._times.popleft()
                if (left := self._known.pop(old) - 1) > 0 or old in self._newest.held:
                    self._known[old] = left


class Newest:
    """The newest of each edge into each port: it may be retained, and then it comes again, however much came since."""

    def __init__(self) -> None:
        self._by_line: dict[str, int] = {}
        self.held = set[int]()

    def put(self, key: str, it: int) -> int | None:
        """Returns what is the newest of its line no more."""
        line = copied(key).partition("|")[2]
        former = self._by_line.pop(line, None)
        self._by_line[line] = it
        if len(self._by_line) > LINES:
            former = self._by_line.pop(next(iter(self._by_line)))
        if former is not None:
            self.held.discard(former)
        self.held.add(it)
        return former


def copied(key: str) -> str:
    """The key of the retained copy of what has this key; of most, the same."""
    return key.rpartition(COPY)[2]
