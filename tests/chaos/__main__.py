"""make chaos: the whole house under every fault, first by the thousand weeks in made-up time, then for real."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec

from . import bench_weeks


def main() -> int:
    ask = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    ask.add_argument("--weeks", type=int, default=1000, help="to live in made-up time")
    ask.add_argument("--days", type=int, default=7, help="of each week")
    ask.add_argument("--seed", type=int, default=0, help="of the first week")
    ask.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    ask.add_argument("--minutes", type=float, default=30, help="of the part with real processes")
    ask.add_argument("--only", choices=("bench", "real"))
    said, wrong = ask.parse_args(), 0
    if said.only != "real":
        wrong += bench_weeks.main(said.weeks, said.seed, said.jobs, said.days)
    if said.only != "bench" and find_spec("tests.chaos.real"):
        from .real import main as real

        wrong += real(["--minutes", str(said.minutes)])
    return min(wrong, 1)


sys.exit(main())
