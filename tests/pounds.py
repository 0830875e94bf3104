"""make pounds: what weeks cost without control, with a timer set by hand, with wattwire, and with perfect foresight."""

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
STEP = 0.25  # kWh, of what the best plan tells apart
TIMER = "  rateResolver: {config: {trust: window}}\n  victronController: {config: {hold_for_car: false}}\n"


def pounds(billed: Sequence[Billed]) -> float:
    """The bill; what the battery holds more or less than at the start is worth the cheap price."""
    soc = billed[-1].metered.soc
    stored = (soc - START) / 100 * CAPACITY / LOSS
    return (sum(b.cost for b in billed) - stored * min(b.house_price for b in billed)) / 100


def best(billed: Sequence[Billed]) -> float:
    """The least that anybody could pay who knew all, with the same battery, and sold nothing out of it.

    Backwards over the half hours: what each level of the battery is worth then. Both are straight between the levels.
    """
    levels = round(CAPACITY * (1 - FLOOR / 100) / STEP)
    first = (START - FLOOR) / 100 * CAPACITY / STEP
    lowest = min(b.house_price for b in billed)
    value = [-(level - first) * STEP / LOSS * lowest for level in range(levels + 1)]
    for b in reversed(billed):
        value = [_least(level, b.metered.house - b.metered.pv, b.house_price, value) for level in range(levels + 1)]
    return (_at(value, first) + sum(map(_car, billed))) / 100


def _least(level: int, net: float, price: float, value: list[float]) -> float:
    """Pence from here on, if the best is done in this half hour: `net` kWh are used beyond what the panels give."""
    exact = level - net / LOSS / STEP if net > 0 else level - net * LOSS / STEP  # the grid is not used at all
    down = max(0.0, level - DISCHARGE / LOSS / STEP, min(float(level), exact))
    up = min(len(value) - 1.0, level + CHARGE * LOSS / STEP)
    ends = {down, up, min(max(exact, down), up), *map(float, range(-int(-down // 1), int(up) + 1))}
    return min(max(net + _power(end - level), 0.0) * price + _at(value, end) for end in ends)


def _power(change: float) -> float:
    """kWh into the battery, or out of it, for so many levels."""
    return change * STEP / LOSS if change > 0 else change * STEP * LOSS


def _at(value: list[float], level: float) -> float:
    low = min(int(level), len(value) - 2)
    return value[low] + (value[low + 1] - value[low]) * (level - low)


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
