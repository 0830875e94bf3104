"""Made-up time: how fast `wattwire try` lives through weeks of the whole house, simulators included."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from statistics import median

from .progress import say
from .table import Row, most

NAME = "made_up"
SUBJECT = "made-up time: the whole simulated house by `wattwire try`, processor time"
BEGIN = datetime(2026, 11, 21, tzinfo=UTC)
HOUR, DAY, WEEK, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=365)
ENOUGH = {WEEK: 10.0, YEAR: 100.0}  # seconds; what would take longer is reckoned from what did not


def measure(rounds: int, quick: bool) -> list[Row]:
    if quick:
        return [Row(subject=SUBJECT, what="an hour, start included", ours=tried(HOUR), unit="s", target=most(10))]
    start = median(tried(timedelta(seconds=1)) for _ in range(rounds))
    day = median(tried(DAY) for _ in range(rounds)) - start
    say(f"made_up: a day takes {day:.2f} s")
    week, of_week = _long(WEEK, day, start, rounds)
    year, of_year = _long(YEAR, week / 7, start, 1)
    return [
        Row(subject=SUBJECT, what=f"a week{of_week}", ours=week, unit="s", target=most(1)),
        Row(subject=SUBJECT, what="weeks a second", ours=1 / week),
        Row(subject=SUBJECT, what=f"a year{of_year}", ours=year, unit="s", target=most(60)),
        Row(subject=SUBJECT, what="until the first message, which each command takes", ours=start, unit="s"),
    ]


def _long(span: timedelta, day: float, start: float, rounds: int) -> tuple[float, str]:
    if (reckoned := day * span.days) > ENOUGH[span]:
        return reckoned, ", reckoned from a shorter time"
    say(f"made_up: {span.days} days, {rounds} times")
    return median(tried(span) for _ in range(rounds)) - start, ""


def tried(span: timedelta) -> float:
    """Seconds of processor time, which is what it takes on a machine that does nothing else."""
    command = [sys.executable, "-m", "wattwire.flows", "try", "simulated_house", "--from", f"{BEGIN:%FT%TZ}",
               "--until", f"{BEGIN + span:%FT%TZ}", "--out", os.devnull]  # fmt: skip
    before = _used()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
