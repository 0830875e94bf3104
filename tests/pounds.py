"""make pounds: what a week costs without control, with a timer set by hand, with wattwire, and with perfect foresight."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from week import week

from wattwire.nodes.sim_billing import Billed

SEEDS = range(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
CAPACITY, CHARGE, DISCHARGE, LOSS, FLOOR, START = 13.5, 2.5, 2.5, 0.95, 10.0, 40.0
"""kWh; kWh in a half hour; what is left of what goes in, and again of what comes out; %; % at the start."""
STEP = 0.125  # kWh, of what the best plan tells apart
TIMER = "  rateResolver: {config: {trust: window}}\n  victronController: {config: {hold_for_car: false}}\n"


def pounds(billed: Sequence[Billed]) -> float:
    """The bill; what the battery holds more or less than at the start is worth the cheap price."""
    soc = billed[-1].metered.soc
    stored = (soc - START) / 100 * CAPACITY / LOSS
    return (sum(b.cost for b in billed) - stored * min(b.house_price for b in billed)) / 100


def best(billed: Sequence[Billed]) -> float:
    """The least that any plan could pay that knew all, with the same battery, and sold nothing out of it."""
    levels = round(CAPACITY * (1 - FLOOR / 100) / STEP)
    first = round((START - FLOOR) / 100 * CAPACITY / STEP)
    worst = float("inf")
    value = [-(level - first) * STEP / LOSS * min(b.house_price for b in billed) for level in range(levels + 1)]
    for b in reversed(billed):
        m = b.metered
        net = m.house - m.pv
        price = b.house_price
        up, down = int(CHARGE * LOSS / STEP), int(DISCHARGE / LOSS / STEP)
        nothing = max(net, 0.0) * price
        then = []
        for level in range(levels + 1):
            least = worst
            for move in range(-min(down, level), min(up, levels - level) + 1):
                battery = move * STEP / LOSS if move > 0 else move * STEP * LOSS
                if move < 0 and -battery > max(net, 0.0) + 1e-9:
                    continue
                cost = max(net + battery, 0.0) * price if move else nothing
                least = min(least, cost + value[level + move])
            then.append(least)
        value = then
    return (value[first] + sum(_car(b) for b in billed)) / 100


def _car(b: Billed) -> float:
    by_plan = min(b.metered.car_smart, b.car)
    return by_plan * b.car_price + (b.car - by_plan) * b.rest_price


def one(seed: int) -> tuple[float, ...]:
    ours = week(seed, faults=False).billed
    clumsy = week(seed).billed
    timer = week(seed, faults=False, over=TIMER).billed
    nothing = week(seed, faults=False, shadow=True).billed
    return pounds(nothing), pounds(timer), pounds(ours), pounds(clumsy), best(ours)


def main() -> None:
    print("| week | without control | timer 23:30 to 05:30 | wattwire | wattwire, all goes wrong | perfect foresight |")
    print("|---|---|---|---|---|---|")
    with ProcessPoolExecutor(2) as pool:
        rows = list[tuple[float, ...]]()
        for seed, row in zip(SEEDS, pool.map(one, SEEDS), strict=True):
            rows.append(row)
            print(f"| {seed} | " + " | ".join(f"{p:.2f}" for p in row) + " |", flush=True)
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    print("| mean | " + " | ".join(f"**{p:.2f}**" for p in means) + " |")


if __name__ == "__main__":
    main()
