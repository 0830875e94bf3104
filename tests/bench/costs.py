"""What a hop costs in a run, whatever else goes on there."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from .ends import Ends
from .processes import Run, busy, share


def a_hop(run: Run, ends: Ends, rounds: int, hops: int, passed: int = 4000) -> float:
    """µs of processor time, of the whole run, for a message and hop; beyond what it uses when nothing happens."""
    count, costs = max(passed // hops, 50), []
    idle = share(run.pids, 2) / 100
    for _ in range(rounds + 1):  # the first is to warm up
        before, began = busy(run.pids), time.monotonic()
        ends.saturated(count)
        ends.rest(0.2)
        used = busy(run.pids) - before - idle * (time.monotonic() - began)
        costs.append(used / (count * hops) * 1e6)
    return median(costs[1:])


def written(folder: Path, name: str, flow: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(flow)
    return path
