"""From what is seen to what the GX does, with real processes over a real broker: a dispatch, and a car that draws.

Each step is a message that anybody can see. What the GX takes is told apart: it looks at its schedules every 5 s.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from .costs import written
from .ends import percentile
from .processes import running
from .progress import loud, say
from .street import HOUSE, House, Street
from .table import Row, most

NAME = "reaction"
SUBJECT = "reaction: real processes, a simulated GX"
HOUSES, TIMES = 4, 5  # a house charges eight times an hour at most, for the sake of its inverter


@dataclass
class Took:
    """Milliseconds from what was seen."""

    lease: list[float] = field(default_factory=list)  # until the wish was said
    written: list[float] = field(default_factory=list)  # until it stood in the GX, switched on, each value read back
    gx: list[float] = field(default_factory=list)  # from there until the GX showed that it works
    told: list[float] = field(default_factory=list)  # from there until it was confirmed

    @property
    def ours(self) -> list[float]:
        return [a + b for a, b in zip(self.written, self.told, strict=True)]


def measure(rounds: int, quick: bool) -> list[Row]:
    del rounds  # each house reacts as often as it may
    many, times = (1, 1) if quick else (HOUSES, TIMES)
    dispatch, draws = [f"dispatch{i}" for i in range(many)], [f"draws{i}" for i in range(many)]
    plan, car = Took(), Took()
    with tempfile.TemporaryDirectory() as folder:
        flows = [str(written(Path(folder), name, HOUSE.format(name=name))) for name in dispatch + draws]
        with running(*flows) as run:
            street = Street(run, dispatch + draws)
            street.rest(15)  # each GX is found, its last will set, and its slot looked at
            for i in range(times):
                say(f"{NAME}: {i + 1} of {times}")
                again(street, dispatch, lambda it, on: it.plan(on), "charge", "seen", plan)
                again(street, draws, lambda it, on: it.draw(7000 if on else 0), "hold", "draws", car)
            street.close()
    return [
        *rows("a dispatch is seen", "charging", plan, many * times),
        *rows("the car draws", "held", car, many * times),
    ]


def again(street: Street, names: list[str], do: Callable[[House, bool], None], mode: str, begin: str,
          took: Took) -> None:  # fmt: skip
    """Something is seen in each house, one by one; all wait for its GX together; then it is over."""
    away_from_half_hour()
    houses = [street.houses[name] for name in names]
    for house in houses:
        do(house, True)
        street.until(lambda house=house: house.lease == mode and "on" in house.at, 5)  # type: ignore[misc]
        street.rest(0.3)
    street.until(lambda: all(house.confirmed == mode for house in houses), 20)
    for house in houses:
        at = house.at
        if missing := [step for step in (begin, f"lease {mode}", "on", f"confirmed {mode}") if step not in at]:
            loud(f"{NAME}: {house.name} did not come to {', '.join(missing)}")
            continue
        works, end = max(at.get("works", 0.0), at["on"]), at[f"confirmed {mode}"]
        took.lease.append((at[f"lease {mode}"] - at[begin]) * 1000)
        took.written.append((at["on"] - at[begin]) * 1000)
        took.gx.append((works - at["on"]) * 1000)
        took.told.append((end - works) * 1000)
    for house in houses:
        do(house, False)
        street.until(lambda house=house: house.confirmed == "release", 10)  # type: ignore[misc]
        street.rest(0.3)


def away_from_half_hour() -> None:
    """Nobody begins to charge in the last minute of a cheap half hour."""
    left = 1800 - time.time() % 1800
    if left < 90:
        say(f"{NAME}: waits {left:.0f} s for the next half hour")
        time.sleep(left + 1)


def rows(seen: str, done: str, took: Took, expected: int) -> list[Row]:
    if len(took.ours) < expected:
        loud(f"{NAME}: {seen}: {len(took.ours)} times only, of {expected}")
    gx = f"the GX's own time until it shows: {done}"
    values = {
        f"{seen}: the wish is said": took.lease,
        f"{seen}: it stands in the GX, read back": took.written,
        f"{seen}: confirmed, without the GX's own time": took.ours,
        gx: took.gx,
    }
    said: list[Row] = []
    for what, times in values.items():
        if times:
            said.append(Row(subject=SUBJECT, what=f"{what}, p50 of {len(times)}", ours=median(times), unit="ms"))
        if times and what != gx:
            target = most(250) if "confirmed" in what else None
            p99 = percentile(times, 99)
            said.append(Row(subject=SUBJECT, what=f"{what}, p99", ours=p99, unit="ms", target=target))
    return said
