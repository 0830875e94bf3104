"""Whether a call may be made: counted on every budget that it names, or refused with a reply that says why."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from wattwire.nodes import Reply, Request

from .counts import Counts
from .ledger import Ledger
from .ledgerfile import Unreliable
from .spans import told
from .tally import Tally


class Budgets:
    """Those of one process. The file is opened when a call first costs something, and again after trouble with it.
    Without a path they are counted in memory, by this process alone."""

    def __init__(self, flow: str, path: Path | None = None, say: Callable[[str], None] = lambda why: None) -> None:
        self._flow, self._path, self._say = flow, path, say
        self._ledger: Counts | None = None
        self._file, self._trouble = 0, ""

    def refusal(self, request: Request, now: datetime) -> Reply | None:
        """None where the call has been counted: then it may be made."""
        if not request.budgets:
            return None
        try:
            spent = self._opened().spend(request.budgets, now, self._flow if simulated(request.url) else "")
        except Unreliable as wrong:
            return self._refused(request, now, str(wrong))
        self._trouble = ""
        if spent is None:
            return None
        budget, wait = spent
        after = {"retry-after": str(max(1, ceil(round(wait, 3))))}
        return Reply(0, headers=after, at=now, tag=request.tag, why=told(budget), spent=budget.name)

    def _opened(self) -> Counts:
        if self._path is None:
            self._ledger = self._ledger or Tally()
            return self._ledger
        if self._ledger is not None and self._file != _file(self._path):
            self._close()  # somebody moved it away
        if self._ledger is None:
            self._ledger = Ledger(self._path)
            self._file = _file(self._path)
        return self._ledger

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def _refused(self, request: Request, now: datetime, why: str) -> Reply:
        self._close()
        why = f"not called, as calls cannot be counted: {why}"
        if why != self._trouble:
            self._trouble = why
            self._say(why)
        return Reply(0, at=now, tag=request.tag, why=why)


def _file(path: Path | None) -> int:
    """Which file it is, whatever its name; 0 if there is none."""
    with suppress(OSError):
        return path.stat().st_ino if path is not None else 0
    return 0


def simulated(url: str) -> bool:
    """A simulator's calls are counted apart: what a trial costs is nobody's money."""
    with suppress(ValueError):
        return (urlsplit(url).hostname or "").endswith(".flow")
    return False
