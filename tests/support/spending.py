"""Calls that spend a budget, made at given times."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.counts import Counts
from wattwire.flows.engine.ledger import Ledger
from wattwire.flows.engine.tally import Tally
from wattwire.nodes import Budget, Request

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MEMORY = "/dev/shm"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """`12:00:30` of the day, or a whole time."""
    return datetime.fromisoformat(text if "T" in text else f"2026-11-20T{text}").replace(tzinfo=UTC)


def asks(*budgets: Budget, url: str = "https://octopus.example/", tag: str = "") -> Request:
    return Request(method="GET", url=url, budgets=budgets, tag=tag)


def per(span: object, most: float = 2, name: str = "plan", cost: float = 1) -> Budget:
    return Budget(name=name, most=most, per=span, cost=cost)  # type: ignore[arg-type]


def hasty(path: Path) -> Ledger:
    """Does not wait for the disk."""
    ledger = Ledger(path)
    ledger._db.execute("PRAGMA synchronous=OFF")
    return ledger


@contextmanager
def anew() -> Iterator[Ledger]:
    """For as long as one case of several in a test; on a disk in memory where there is one."""
    with TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        ledger = hasty(Path(folder) / "b.db")
        yield ledger
        ledger.close()


def made(budget: Budget, *times: str, ledger: Ledger | None = None) -> list[int | None]:
    """For each call: None if it is made, else the seconds to wait."""
    if ledger:
        return _waits(budget, times, ledger)
    with anew() as fresh:
        waits = _waits(budget, times, fresh)
    assert waits == _waits(budget, times, Tally())
    return waits


def _waits(budget: Budget, times: Sequence[str], counts: Counts) -> list[int | None]:
    budgets = Budgets("f")
    budgets._ledger = counts
    replies = [budgets.refusal(asks(budget), at(time)) for time in times]
    return [None if reply is None else int(reply.headers["retry-after"]) for reply in replies]
