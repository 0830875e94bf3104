"""python -m tests.soak: a month of a house as real processes, with a clock that runs fast. Does anything grow?

Non-zero exit when something does: memory, open files, threads, retained topics, queues, files of the state.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from growth import HOUR, Bounds, grown, table
from soaking import soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--days", type=float, default=30.0, help="to live through (30)")
    parser.add_argument("--speed", type=int, default=720, help="lived seconds in a true one (720: a month in an hour)")
    parser.add_argument("--warm", type=float, default=24.0, help="hours of warm-up before the first look counts (24)")
    parser.add_argument("--seen", type=int, default=1000, help="inputs by which a node knows repetitions (1000; 0: "
                        "20000 as in life, which takes some weeks to fill, and until then grows)")  # fmt: skip
    parser.add_argument("--flow", default=str(Path(__file__).parent / "world" / "month.yaml"))
    parser.add_argument("--nodes", help="a folder of further nodes, as for wattwire run")
    parser.add_argument("--keep", type=Path, help="a folder to leave the state and all lines in")
    parser.add_argument("--out", type=Path, help="a file for every look, one JSON object a line")
    told = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # also in the background; and all is stopped
    if told.keep:
        told.keep.mkdir(parents=True, exist_ok=True)
    measured = soak(
        told.flow, told.days, told.speed, told.warm * HOUR, nodes=told.nodes, keep=told.keep, seen=told.seen
    )
    if told.out:
        with told.out.open("w") as out:
            for name, looks in measured.processes.items():
                out.writelines(json.dumps({"process": name, **vars(it)}) + "\n" for it in looks)
    print(*table(measured), sep="\n")
    wrong = list(grown(measured, Bounds()))
    print(*wrong or ["nothing grew"], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
