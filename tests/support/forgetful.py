"""A ledger that forgets each call at once: for flows whose waits a test has shortened, as budgets are of real time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from wattwire.flows.engine.ledger import Ledger


def forgetful(state: Path) -> None:
    """In a state folder that no run has used yet."""
    state.mkdir(mode=0o700, parents=True)
    Ledger(state / "budgets.db").close()
    with closing(sqlite3.connect(state / "budgets.db")) as file:
        for table in ("calls", "days"):
            file.execute(f"CREATE TRIGGER forget_{table} AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END")
