"""python -m tests.chaos.real_clock: somebody sets the clock by hours, forward and back, under a running flow.

The clock on the wall is one of our own, for the supervisor, its nodes and its broker alike. After each setting numbers
must go on in every lane, those that wait on an edge too, and at the end none may be lost or doubled.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from fast_clock import COMPILER, SetClock

from wattwire.broker.doors import free_port
from wattwire.broker.envelope import stamp
from wattwire.broker.private import find_mosquitto

from .real_ground import adopt
from .real_harm import Done, after
from .real_site import LOOPS, Chain, Site

HOURS = (1, 0, -1, 1, -2, 0, 25, 0)
MORE, PATIENCE = 10, 30.0  # numbers in each lane after a setting, and seconds they may take


def until(site: Site, done: Done, seconds: float) -> bool:
    late = after(seconds)
    while not done():
        if late():
            return False
        site.link.step(0.01)
        site.turn()
    return True


def go(site: Site, chain: Chain, clock: SetClock, chance: random.Random) -> list[str]:
    if not until(site, lambda: site.link.up and len(site.status) >= 7, 60):
        return ["it did not start"]
    for node, body in LOOPS.values():
        site.say(chain.name, node, "again", {**body, "at": stamp(datetime.now(UTC))})
    chain.kept.on = True
    lanes, wrong = [lane for name, lane in chain.lanes.items() if name != "bare"], list[str]()
    for hours in (0, *HOURS):
        until(site, lambda: False, chance.uniform(0, 2))
        clock.set(hours)
        began, goals = time.monotonic(), [(lane, len(lane.ids) + MORE) for lane in lanes]
        if not until(site, lambda: all(len(lane.ids) >= goal for lane, goal in goals), PATIENCE):  # noqa: B023
            still = [f"{lane.name} {goal - len(lane.ids)}" for lane, goal in goals if len(lane.ids) < goal]
            wrong.append(f"{hours} h ahead: stands still, missing in {PATIENCE:g} s: {', '.join(still)}")
        if abs(chain.lanes["own"].last - time.time() - hours * 3600) > 600:
            wrong.append(f"{hours} h ahead: the clock was not set at all")
        print(f"{hours} h ahead: {MORE} more numbers in each lane in {time.monotonic() - began:.2f} s", flush=True)
    chain.kept.on = False
    for node in ("source", "patient", "stubborn"):
        site.say(chain.name, node, "halt", {"on": True})
    if not until(site, lambda: len(chain.over) == 3 and not chain.kept.waiting, 60):
        wrong.append(f"did not come to an end, but for {chain.over}")
    until(site, lambda: not any(lane.lost for lane in lanes), 20)
    until(site, lambda: False, 1)
    wrong += [f"{lane.name}: lost {len(lane.lost)}, doubled {len(lane.doubled)}, wrong {len(lane.wrong)}, miscounted "
              f"{lane.miscounted}" for lane in lanes if not lane.good]  # fmt: skip
    wrong += chain.crashed + site.surprises
    print(f"{sum(len(lane.sent) for lane in lanes)} sent, {sum(len(lane.ids) for lane in lanes)} effects", flush=True)
    return wrong


def main(args: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.chaos.real_clock", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked = parser.parse_args(args)
    if not find_mosquitto() or not COMPILER:
        print("mosquitto or a C compiler is not installed. NO CLOCK WAS SET.")
        return 2
    adopt()
    folder, chain = Path(tempfile.mkdtemp(prefix="realclock")), Chain("clock", (40, 10, 0))
    clock, port = SetClock(folder), free_port(0)
    options = ["--state", str(folder / "state"), "--port", str(port), "--prefer", "mosquitto"]
    site = Site("house", folder, [chain], f"mqtt://127.0.0.1:{port}", options, clock.inside)
    wrong = ["ended in the middle"]
    try:
        wrong = go(site, chain, clock, random.Random(asked.seed))
    finally:
        site.end()
        if not wrong:
            shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(wrong or ["nothing lost, nothing doubled, nothing stood still"]), f"(seed {asked.seed})", folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
