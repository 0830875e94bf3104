"""What Tesla asks for a call in the UK, and how many it lets through: shared by every node that calls one account."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from . import Budget

Kind = Literal["data", "command", "wake"]

POUNDS: dict[Kind, float] = {"data": 1 / 650, "command": 1 / 1300, "wake": 1 / 65}
PER_MINUTE: dict[Kind, int] = {"data": 60, "command": 30, "wake": 3}


def budgets(kind: Kind, spend_per_month: float) -> tuple[Budget, ...]:
    """Of a call that reaches the car. Asking Tesla's servers whether it is awake is free."""
    return (
        Budget(name=f"tesla {kind}", most=PER_MINUTE[kind], per=timedelta(minutes=1)),
        Budget(name="tesla spend", most=spend_per_month, per="month", cost=POUNDS[kind]),
    )
