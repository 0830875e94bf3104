"""make year: a year of the simulated house in one run, how long it takes, and whether its memory grows.

`python tests/year.py 60` lives sixty days. It ends with 1 where more is in memory at the end than after four weeks.
"""

from __future__ import annotations

import gc
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parent / "support"))

from week import BEGINS, LONDON, house

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.record import Seen
from wattwire.nodes.sim_billing import Billed

DAYS = int(sys.argv[1]) if len(sys.argv) > 1 else 365
SEED = 1
SETTLED = 28  # days, after which everything that is kept for some days is there
GROWN = 1.05  # times as many objects are a leak


def main() -> int:
    start = datetime.combine(datetime.fromisoformat(BEGINS[SEED]), time(12), LONDON)
    pence, first, last = 0.0, 0, 0

    def watch(seen: Seen) -> None:
        nonlocal pence
        if isinstance(seen.body, Billed):
            pence += seen.body.cost

    bench = Bench(house(SEED), start, watch=watch, seed=SEED)
    for day in [*range(SETTLED, DAYS, SETTLED), DAYS]:
        bench.run(start + timedelta(days=day))
        gc.collect()
        last = len(gc.get_objects())
        first = first or last
        print(
            f"{day:3} days  {process_time():6.1f} s CPU  {last} objects  £{pence / 100:.2f}  {len(bench.faults)} faults"
        )
        sys.stdout.flush()
    return int(last > first * GROWN or bool(bench.faults))


if __name__ == "__main__":
    raise SystemExit(main())
