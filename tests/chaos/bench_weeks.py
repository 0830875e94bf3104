"""Weeks of the whole house in made-up time with everything that goes wrong, each from a seed, on every core."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, process_time
from typing import TypeAlias

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from shrink import shrunk
from week import Week, week
from week_checks import complaints

EVERY = 30.0  # seconds, a line of progress
SHOWN = 5  # failing seeds that are made short
KINDS = {
    "delay": "messages late",
    "double": "messages that came twice",
    "crash": "nodes killed",
    "link": "connections cut",
    "down": "brokers killed",
    "clock": "clocks set",
    "reply": "odd answers, and spans of them",
    "simOctopus.fault": "faults of Octopus",
    "simTesla.fault": "faults of Tesla",
    "simGx.fault": "faults of the GX",
}


@dataclass
class Sum:
    """What so many weeks came to."""

    weeks: int = 0
    seconds: float = 0.0  # of computing
    seen: int = 0
    known: int = 0
    injected: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, list[str]] = field(default_factory=dict)


Lived: TypeAlias = tuple[int, float, int, int, Counter[str], list[str]]


def lived(seed: int, days: int) -> Lived:
    began = process_time()
    it = week(seed, rough=True, days=days)
    return seed, process_time() - began, it.calls, it.known, injected(it), complaints(it)


def injected(it: Week) -> Counter[str]:
    """By kind; what chance did is told one by one, in place of the line that leaves it to chance."""
    return Counter(kind for line in [*map(json.loads, it.script), *it.happened] for kind in _kind(line))


def _kind(line: dict[str, object]) -> Iterator[str]:
    if "to" in line:
        body = line["body"]
        if isinstance(body, dict) and body.get("kind", "none") != "none":
            yield str(line["to"])
    elif line.get("broker") == "down":
        yield "down"
    else:
        yield from line.keys() & KINDS.keys()


def main(weeks: int, seed: int, jobs: int, days: int = 7) -> int:
    """Returns how many weeks were not as they should be."""
    total, stopped = Sum(), False
    with ProcessPoolExecutor(jobs) as pool:
        done = as_completed([pool.submit(lived, n, days) for n in range(seed, seed + weeks)])
        try:
            add(total, (it.result() for it in done), weeks)
        except KeyboardInterrupt:
            stopped = True
            pool.shutdown(cancel_futures=True)
    tell(total)
    if stopped:
        raise KeyboardInterrupt
    for number in sorted(total.wrong)[:SHOWN]:
        print(f"\nseed {number} made short:\n{shrunk(number, days, rough=True).again()}", flush=True)
    return len(total.wrong)


def add(total: Sum, weeks: Iterable[Lived], many: int) -> None:
    """Add them up as they come, with a line now and then."""
    began, told = monotonic(), 0.0
    for number, seconds, seen, known, kinds, wrong in weeks:
        total.weeks, total.seconds = total.weeks + 1, total.seconds + seconds
        total.seen, total.known, total.injected = total.seen + seen, total.known + known, total.injected + kinds
        if wrong:
            total.wrong[number] = wrong
            print(f"seed {number}:", *wrong, sep="\n    ", flush=True)
        if (now := monotonic()) - told > EVERY or total.weeks == many:
            told, rate = now, f"{total.seconds / total.weeks:.1f} s of computing each"
            count = f"{total.weeks} of {many} weeks, {len(total.wrong)} with complaints"
            print(f"{count}, {rate}, {now - began:.0f} s", flush=True)


def tell(total: Sum) -> None:
    rows = [("weeks lived", total.weeks), ("messages and calls seen", total.seen)]
    rows += [(told, total.injected[kind]) for kind, told in KINDS.items()]
    rows += [("inputs known as repetitions", total.known), ("weeks with complaints", len(total.wrong))]
    print()
    for told, count in rows:
        print(f"{told:32} {count:12,}")
