"""What a soak measured, as a table; and what of it grew further than it may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

HOUR, DAY = 3600.0, 86400.0
LONG = 9 * DAY  # in a shorter run what fills up cannot be told from what grows for ever


@dataclass(frozen=True)
class Bounds:
    """How much more there may be in the last hour than in the first one after the warm-up."""

    private: int = 3072  # kB of a process, whatever the length of the run: caches of a fixed size fill up for days
    daily: int = 96  # kB a day of a process, over the second half of the run: less than 100 bytes kept at each minute
    fds: int = 2
    threads: int = 1
    retained: int = 8
    queue: int = 200
    file: int = 1_000_000  # bytes
    log: int = 5_000_000  # bytes, of a file that is written ahead: SQLite begins it anew at 1000 pages of 4 kB
    files: int = 4


@dataclass(frozen=True)
class Process:
    """One at one instant of the run."""

    at: float  # seconds lived
    pss: int
    private: int
    fds: int
    threads: int


@dataclass(frozen=True)
class Whole:
    """The run at one instant: what no single process holds."""

    at: float
    retained: int
    queue: int
    files: Mapping[str, int]


@dataclass(frozen=True)
class Measured:
    processes: Mapping[str, Sequence[Process]]  # `name pid` -> its looks
    whole: Sequence[Whole]
    ended: Sequence[str]  # processes that are no more, though nobody ended them
    warm: float  # seconds of warm-up
    lived: float

    def first(self, looks: Sequence[Process]) -> Sequence[Process]:
        warmed = [it for it in looks if it.at >= self.warm]  # an hour without a look is none of what a start takes
        return [it for it in warmed if it.at < self.warm + HOUR] or warmed[:1] or looks[:1]

    def last(self, looks: Sequence[Process]) -> Sequence[Process]:
        return [it for it in looks if it.at > self.lived - HOUR] or looks[-1:]

    def daily(self, looks: Sequence[Process]) -> float:
        """kB a day, by a straight line through the second half: what only fills up first does not count."""
        half = self.warm + (self.lived - self.warm) / 2
        return slope([(it.at / DAY, float(it.private)) for it in looks if it.at >= half])


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line with the least squares."""
    if len(points) < 2:
        return 0.0
    x = sum(p[0] for p in points) / len(points)
    y = sum(p[1] for p in points) / len(points)
    spread = sum((p[0] - x) ** 2 for p in points)
    return sum((p[0] - x) * (p[1] - y) for p in points) / spread if spread else 0.0


def grown(it: Measured, bounds: Bounds) -> Iterator[str]:
    """What went beyond its bound, in words; nothing where all is flat."""
    yield from (f"{name}: its process ended" for name in it.ended)
    for name, looks in it.processes.items():
        first, last = it.first(looks), it.last(looks)
        more = middle(last, "private") - middle(first, "private")
        if more > bounds.private:
            yield f"{name}: {more} kB more private memory than in the first hour; at most {bounds.private}"
        if it.lived - it.warm >= LONG and (daily := it.daily(looks)) > bounds.daily:
            yield f"{name}: {daily:.0f} kB a day in the second half; at most {bounds.daily}"
        for what, most in (("fds", bounds.fds), ("threads", bounds.threads)):
            if (more := middle(last, what) - middle(first, what)) > most:
                yield f"{name}: {more} {what} more; at most {most}"
    begun, end = _ends(it)
    if (more := end.retained - begun.retained) > bounds.retained:
        yield f"{more} retained topics more; at most {bounds.retained}"
    if end.queue > bounds.queue:
        yield f"a queue of {end.queue}; at most {bounds.queue}"
    if (more := len(end.files) - len(begun.files)) > bounds.files:
        yield f"{more} files more; at most {bounds.files}"
    for name, size in end.files.items():
        if name.endswith("-wal"):
            if size > bounds.log:
                yield f"{name}: {size} bytes; at most {bounds.log}"
        elif (more := size - begun.files.get(name, 0)) > bounds.file:
            yield f"{name}: {more} bytes more; at most {bounds.file}"


def table(it: Measured) -> Iterator[str]:
    """First and last hour of each process, and of the whole."""
    title = ("process", "PSS kB first", "last", "private kB first", "last", "kB/day", "fds", "last", "threads", "last")
    rows = [title, *(_row(it, name, looks) for name, looks in sorted(it.processes.items()))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(title))]
    for row in rows:
        yield "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))  # noqa: B905
    total = {end: sum(middle(of(looks), "pss") for looks in it.processes.values())
             for end, of in (("first", it.first), ("last", it.last))}  # fmt: skip
    begun, end = _ends(it)
    yield f"all processes: PSS {total['first']} kB in the first hour, {total['last']} kB in the last"
    yield f"retained topics {begun.retained}, {end.retained}; longest queue {begun.queue}, {end.queue}"
    yield f"files {len(begun.files)}, {len(end.files)}; bytes {sum(begun.files.values())}, {sum(end.files.values())}"
    for name, size in sorted(end.files.items(), key=lambda f: -f[1])[:8]:
        yield f"  {name}: {begun.files.get(name, 0)}, {size}"


def middle(looks: Sequence[Process], what: str) -> int:
    return int(median(getattr(it, what) for it in looks))


def _row(it: Measured, name: str, looks: Sequence[Process]) -> tuple[str, ...]:
    first, last = it.first(looks), it.last(looks)
    pairs = [f"{middle(of, what)}" for what in ("pss", "private") for of in (first, last)]
    rest = [f"{middle(of, what)}" for what in ("fds", "threads") for of in (first, last)]
    return (name, *pairs, f"{it.daily(looks):+.1f}", *rest)


def _ends(it: Measured) -> tuple[Whole, Whole]:
    return next((w for w in it.whole if w.at >= it.warm), it.whole[0]), it.whole[-1]
