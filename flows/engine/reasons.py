"""Why a flow cannot run: every fault with its place, all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file, counted from 1."""

    file: str
    line: int = 1
    col: int = 1


@dataclass(frozen=True, order=True)
class Reason:
    """One fault."""

    file: str
    line: int
    col: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}: {' '.join(self.text.split())}"


class FlowError(Exception):
    """The flow cannot run as written."""

    def __init__(self, reasons: Iterable[Reason], remedies: Iterable[str] = ()) -> None:
        self.reasons = sorted(set(reasons))
        super().__init__("\n".join([*map(str, self.reasons), *remedies]))


class Faults(list[Reason]):
    """Collects while a flow is read, so that one fault does not hide the next."""

    def add(self, at: Mark, text: str) -> None:
        self.append(Reason(at.file, at.line, at.col, text))

    def refuse(self, remedies: Iterable[str] = ()) -> None:
        if self:
            raise FlowError(self, remedies)


def meant(name: str, known: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    folded = {n.lower(): n for n in known}
    close = difflib.get_close_matches(name.lower(), folded, n=1)
    return folded[close[0]] if close else None


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """`no node type 'clok'; did you mean 'clock'?`, or the names there are, if they are few."""
    names = sorted(known)
    given = repr(name if len(name) <= 100 else f"{name[:99]}…")
    if close := meant(name, names):
        return f"no {what} {given}; did you mean {close!r}?"
    listed = f"; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}" if 0 < len(names) <= 12 else ""
    return f"no {what} {given}{listed}"
