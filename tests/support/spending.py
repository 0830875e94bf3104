"""Calls that spend a budget, made at given times."""

from datetime import UTC, datetime, timedelta

from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.ledger import Ledger
from wattwire.flows.engine.tally import Tally
from wattwire.nodes import Budget, Request

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """`12:00:30` of the day, or a whole time."""
    return datetime.fromisoformat(text if "T" in text else f"2026-11-20T{text}").replace(tzinfo=UTC)


def asks(*budgets: Budget, url: str = "https://octopus.example/", tag: str = "") -> Request:
    return Request(method="GET", url=url, budgets=budgets, tag=tag)


def per(span: object, most: float = 2, name: str = "plan", cost: float = 1) -> Budget:
    return Budget(name=name, most=most, per=span, cost=cost)  # type: ignore[arg-type]


def made(budget: Budget, *times: str, ledger: Ledger | None = None) -> list[int | None]:
    """For each call: None if it is made, else the seconds to wait."""
    waits = []
    for counts in (ledger,) if ledger else (Ledger(), Tally()):
        budgets = Budgets("f")
        budgets._ledger = counts
        replies = [budgets.refusal(asks(budget), at(time)) for time in times]
        waits.append([None if reply is None else int(reply.headers["retry-after"]) for reply in replies])
    assert waits[0] == waits[-1]
    return waits[0]
