"""The inputs by which a node knows a repetition: the last ones, in a burst all that may come again, and the newest of
each edge into each port."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from time import monotonic

LEAST, MOST = 20_000, 200_000
AGAIN = 1800.0  # seconds; a node that was cut off for so long resends what it had sent just before
LINES = 256  # edges into ports of which the newest is never forgotten: others can make up edges
COPY = "\n"  # in a key: what follows is the key of a copy that the broker may have retained


class Seen:
    """Keeps 64 bits of each: among so many a message is taken for another once in 10^14. A line is an edge into a port,
    as text; the newest of each may be retained, and then it comes again, however much came since."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._order = deque[int]()  # a dict's own first key is slow to find once many were deleted before it
        self._newest: dict[str, int] = {}  # line -> the newest that came along it
        self._lasting = set[int]()  # the same
        for key in keys:
            self._order.append(known := hash(key))
            if COPY in key:
                self._order.append(known := hash(copied(key)))
            self._newest.pop(line := line_of(key), None)
            self._newest[line] = known
        while len(self._newest) > LINES:
            del self._newest[next(iter(self._newest))]
        self._lasting |= set(self._newest.values())
        self._known: dict[int, int] = dict(Counter(self._order))  # how often it stands there; 0: it only lasts
        self._at = monotonic()
        self._times = deque([self._at] * len(self._order))

    def __contains__(self, key: str) -> bool:
        return hash(key) in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, key: str, line: str = "") -> None:
        if (now := monotonic()) - self._at > 1.0:  # one number for all of a second takes less room
            self._at = now
        known = hash(key)
        self._known[known] = self._known.get(known, 0) + 1  # one that comes anew is kept for as long as a new one
        self._last(line, hash(copied(key)) if COPY in key else known)
        self._order.append(known)
        self._times.append(self._at)
        for _ in range(2):  # so that after a burst they become fewer again
            if (many := len(self._order)) > LEAST and (many > MOST or now - self._times[0] > AGAIN):
                old = self._order.popleft()
                self._times.popleft()
                if (left := self._known.pop(old) - 1) > 0 or old in self._lasting:
                    self._known[old] = left

    def _last(self, line: str, known: int) -> None:
        former = self._newest.pop(line, None)
        self._newest[line] = known  # as the last: the first is the one that goes
        if former == known:
            return
        if former is None and len(self._newest) > LINES:
            former = self._newest.pop(next(iter(self._newest)))
        self._known.setdefault(known, 0)
        self._lasting.add(known)
        if former is not None:
            self._lasting.discard(former)
            if self._known.get(former) == 0:
                del self._known[former]


def copied(key: str) -> str:
    """The key of the retained copy of what has this key; of most, the same."""
    return key.rpartition(COPY)[2]


def line_of(key: str) -> str:
    """Which edge into which port it came along. Whoever sends may choose an id with bars in it."""
    return "|".join(copied(key).rsplit("|", 2)[1:])
