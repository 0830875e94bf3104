"""By which inputs a node knows a repetition: the last ones, and in a burst all that may come again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from time import monotonic

LEAST, MOST = 20_000, 200_000
AGAIN = 120.0  # seconds; whoever sent a message sends it again for so long at most, after it was taken


class Seen:
    """Keeps 64 bits of each: among so many a message is taken for another once in 10^14."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._known: dict[int, None] = dict.fromkeys(map(hash, keys))
        self._at = monotonic()
        self._order = deque(self._known)  # a dict's own first key is dear to find once many were deleted before it
        self._times = deque([self._at] * len(self._known))

    def __contains__(self, key: str) -> bool:
        return hash(key) in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, key: str) -> None:
        if (known := hash(key)) in self._known:
            return
        if (now := monotonic()) - self._at > 1.0:  # one number for all of a second takes less room
            self._at = now
        self._known[known] = None
        self._order.append(known)
        self._times.append(self._at)
        for _ in range(2):  # so that after a burst they become fewer again
            if (many := len(self._known)) > LEAST and (many > MOST or now - self._times[0] > AGAIN):
                del self._known[self._order.popleft()]
                self._times.popleft()
