"""What was sent, what had its effect, and how long it took after each fault. Knows nothing of processes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Lane:
    """Numbers from 1 on, each of which should have one effect."""

    name: str
    sent: set[int] = field(default_factory=set)  # the broker confirmed it, or its sender kept it durably
    void: set[int] = field(default_factory=set)  # confirmed by a broker that was killed before it saved
    ids: dict[int, str] = field(default_factory=dict)  # number -> the message that told its effect
    doubled: set[int] = field(default_factory=set)
    wrong: set[int] = field(default_factory=set)  # not as it should have been
    copies: int = 0  # of a message that was known already: no harm
    latest: float = 0.0  # when the newest number that had its effect was sent
    last: float = 0.0  # when the last one that had its effect was sent
    counted: int = 0  # what the sink itself counted

    def told(self, n: int, id: str, at: float, count: int = 0) -> None:
        """An effect."""
        known = self.ids.get(n)
        self.copies += known == id
        if known is None:
            self.ids[n] = id
        elif known != id:
            self.doubled.add(n)
        self.last = at
        self.latest, self.counted = max(self.latest, at), max(self.counted, count)

    @property
    def missing(self) -> set[int]:
        return self.sent - self.ids.keys()

    @property
    def lost(self) -> set[int]:
        return self.missing - self.void

    @property
    def unpromised(self) -> set[int]:
        return self.missing & self.void

    @property
    def miscounted(self) -> int:
        """By how many the sink's own count is wrong; 0 where it keeps none."""
        return abs(self.counted - len(self.ids)) if self.counted else 0

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.wrong or self.miscounted)


@dataclass
class Fault:
    kind: str
    at: float
    lanes: list[Lane]
    took: float | None = None  # seconds, until a number sent after it came through on each lane
    until: float = 0.0  # when the harm ended; 0: at once

    def look(self, now: float) -> bool:
        if self.took is None and all(lane.latest > self.at for lane in self.lanes):
            self.took = now - self.at
        return self.took is not None


def by_kind(faults: list[Fault]) -> Iterator[tuple[str, int, str, str, str]]:
    """Kind, count, median and worst time to recovery, and of the worst how much of it after the harm had ended."""
    for kind in dict.fromkeys(f.kind for f in faults):
        of = [f.took for f in faults if f.kind == kind]
        took = [t for t in of if t is not None]
        worst = "never" if None in of else f"{max(took):.2f} s"
        late = [max(0.0, f.at + f.took - max(f.at, f.until)) for f in faults if f.kind == kind and f.took is not None]
        after = "never" if None in of else f"{max(late):.2f} s"
        yield kind, len(of), f"{median(took):.2f} s" if took else "never", worst, after


def table(head: list[str], rows: list[list[object]]) -> str:
    texts = [head, *([str(cell) for cell in row] for row in rows)]
    wide = [max(len(row[i]) for row in texts) for i in range(len(head))]

    def line(cells: list[str]) -> str:
        padded = [cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(cells, wide, strict=True))]
        return f"| {' | '.join(padded)} |"

    rule = "|" + "|".join("-" * (w + 2) if not i else "-" * (w + 1) + ":" for i, w in enumerate(wide)) + "|"
    return "\n".join([line(texts[0]), rule, *map(line, texts[1:])])
