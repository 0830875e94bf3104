"""What calls have cost: for every node of the house in one file, counted before the call and kept over restarts.

A day and a month are UTC's and kept as totals of days; any other span slides, and is kept as the calls within it. What
was counted by a clock that has since been set back was none the less counted before now: it is taken as of the time
when that was first noticed, so that such a clock neither gives a budget anew nor closes it for longer than its span.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wattwire.nodes import Budget

from .counts import Counts
from .ledgerfile import Unreliable, opened, trouble
from .spans import CALENDAR, day, first, key, spelled

DAYS = 100  # totals kept of each name: by their number, as no clock is sure
KEPT = 86_400.0  # seconds that a call is kept at least; else twice the longest span that slides
SHOWN = 40 * KEPT  # longer than a month: then nobody asks with it any more


@dataclass(frozen=True)
class Account:
    """How a budget stands. `flow` is empty for calls into the world, else the flow whose simulators were called."""

    flow: str
    name: str
    per: str  # `day`, `month`, or a span: `1h`
    used: float
    most: float  # the largest that a node asks with; others leave some over


class Ledger(Counts):
    """One file for all processes. Raises Unreliable."""

    def __init__(self, path: Path, patience: float = 5.0) -> None:
        self._met = dict[tuple[str, str, str, float], float]()  # when a budget was last put down
        self._db = opened(path, patience)
        self._whole = self._transaction

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with trouble():
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:
                yield

    def accounts(self, now: datetime) -> list[Account]:
        """Every budget that a node has asked with lately."""
        with trouble():
            rows = self._db.execute(
                "SELECT flow, name, per, max(most) FROM budgets WHERE abs(seen - ?) < ? GROUP BY flow, name, per",
                (now.timestamp(), SHOWN),
            )
            return [Account(flow, name, spelled(per), self._used(flow, name, per, now), most)
                    for flow, name, per, most in rows.fetchall()]  # fmt: skip

    def month(self, now: datetime) -> list[tuple[str, str, float]]:
        """Flow, name, and what its calls have cost in this month, whatever span its budgets are for."""
        with trouble():
            names = self._db.execute("SELECT DISTINCT flow, name FROM days ORDER BY flow, name").fetchall()
            return [(flow, name, self._used(flow, name, "month", now)) for flow, name in names]

    def close(self) -> None:
        self._db.close()

    def _used(self, flow: str, name: str, per: str, now: datetime) -> float:
        if per not in CALENDAR:
            return sum(cost for _, cost in self._calls(flow, name, float(per), now))
        row = self._db.execute(
            "SELECT sum(cost) FROM days WHERE flow = ?1 AND name = ?2 AND day >= ?3"
            " AND (day <= ?4 OR coalesce(again, ?4) >= ?3)",
            (flow, name, str(first(per, now)), str(day(now))),
        ).fetchone()
        return float(row[0] or 0.0)

    def _calls(self, flow: str, name: str, span: float, now: datetime) -> list[tuple[float, float]]:
        return self._db.execute(
            "SELECT CASE WHEN at > ?1 THEN coalesce(again, ?1) ELSE at END AS real, cost FROM calls"
            " WHERE flow = ?2 AND name = ?3 AND at > ?4 AND (at <= ?1 OR coalesce(again, ?1) > ?4) ORDER BY real",
            (now.timestamp(), flow, name, now.timestamp() - span),
        ).fetchall()

    def _set_back(self, flow: str, name: str, now: datetime) -> None:
        later = "SELECT EXISTS (SELECT 1 FROM calls WHERE flow = ?1 AND name = ?2 AND at > ?3)"
        later += " OR EXISTS (SELECT 1 FROM days WHERE flow = ?1 AND name = ?2 AND day > ?4)"
        if not self._db.execute(later, (flow, name, now.timestamp(), str(day(now)))).fetchone()[0]:
            return
        for table, column, at in (("calls", "at", now.timestamp()), ("days", "day", str(day(now)))):
            self._db.execute(
                f"UPDATE {table} SET again = ?1 WHERE flow = ?2 AND name = ?3 AND {column} > ?1"
                " AND (again IS NULL OR again > ?1)",
                (at, flow, name),
            )

    def _count(self, flow: str, name: str, cost: float, now: datetime) -> None:
        made = self._db.execute(
            "INSERT INTO calls (flow, name, at, cost) VALUES (?, ?, ?, ?)", (flow, name, now.timestamp(), cost)
        )
        self._db.execute(
            "INSERT INTO days (flow, name, day, cost) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (flow, name, day) DO UPDATE SET cost = cost + excluded.cost",
            (flow, name, str(day(now)), cost),
        )
        if (made.lastrowid or 0) % 64 == 0:
            self._prune(flow, name, now.timestamp())

    def _prune(self, flow: str, name: str, at: float) -> None:
        longest = "SELECT max(CAST(per AS REAL)) FROM budgets WHERE flow = ? AND name = ?"
        span = float(self._db.execute(longest, (flow, name)).fetchone()[0] or 0.0)
        self._db.execute(
            "DELETE FROM calls WHERE flow = ?1 AND name = ?2 AND (at < ?3 OR (at > ?4 AND again < ?3))",
            (flow, name, at - max(KEPT, 2 * span), at),
        )
        self._db.execute(
            "DELETE FROM days WHERE flow = ?1 AND name = ?2 AND number <= (SELECT number FROM days"
            " WHERE flow = ?1 AND name = ?2 ORDER BY number DESC LIMIT 1 OFFSET ?3)",
            (flow, name, DAYS),
        )

    def _meet(self, flow: str, b: Budget, now: datetime) -> None:
        """Other limits on this budget with which nobody has asked for a day are those of an older flow."""
        of, at = (flow, b.name, key(b)), now.timestamp()
        if 0 <= at - self._met.get((*of, b.most), 0.0) < KEPT / 24:
            return
        self._met[*of, b.most] = at
        self._db.execute("INSERT OR REPLACE INTO budgets VALUES (?, ?, ?, ?, ?)", (*of, b.most, at))
        self._db.execute(
            "DELETE FROM budgets WHERE flow = ? AND name = ? AND per = ? AND abs(seen - ?) > ?", (*of, at, KEPT)
        )


def standing(path: Path, now: datetime) -> tuple[list[Account], list[tuple[str, str, float]]]:
    """What is used of each budget and what the month has cost, for people; nothing, where it cannot be told."""
    with suppress(Unreliable, OSError):
        if path.is_file():
            ledger = Ledger(path, patience=0.2)
            try:
                return ledger.accounts(now), ledger.month(now)
            finally:
                ledger.close()
    return [], []
