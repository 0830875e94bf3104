"""What was measured, against whom, and what it should have been: a row each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEAD = ("figure", "wattwire", "against", "theirs", "ratio", "target", "")
BEGIN, END = "<!-- written by tests.bench -->", "<!-- end -->"


@dataclass(frozen=True)
class Target:
    """Of the ratio where there is a peer, else of our own figure."""

    bound: float
    least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.bound if self.least else value <= self.bound


def most(bound: float) -> Target:
    return Target(bound)


def least(bound: float) -> Target:
    return Target(bound, least=True)


@dataclass(frozen=True, kw_only=True)
class Row:
    subject: str
    what: str
    ours: float | None
    unit: str = ""
    peer: str = ""
    theirs: float | None = None  # None with a peer: it could not be measured here
    target: Target | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.ours is not None and self.theirs else None

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        value = self.ratio if self.peer else self.ours
        if value is None:
            return "not measured"
        return "met" if self.target.met(value) else "missed"

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else shown(self.ratio)
        theirs = shown(self.theirs) if self.theirs is not None else ("absent" if self.peer else "")
        return (self.what, f"{shown(self.ours)} {self.unit}".strip(), self.peer, theirs, ratio, self._wanted(),
                self.verdict)  # fmt: skip

    def _wanted(self) -> str:
        if self.target is None:
            return ""
        sign = "≥" if self.target.least else "≤"
        return f"{sign} {shown(self.target.bound)}{' times' if self.peer else f' {self.unit}'.rstrip()}"


def shown(value: float | None) -> str:
    """Three figures; nobody measures more."""
    if value is None:
        return "?"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def text(rows: Iterable[Row]) -> str:
    """For a terminal: a heading for each subject, columns as wide as they need."""
    rows = list(rows)
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]

    def line(of: tuple[str, ...]) -> str:
        parts = (c.ljust(w) if i in (0, 2) else c.rjust(w) for i, (c, w) in enumerate(zip(of, widths, strict=True)))
        return "  ".join(parts).rstrip()

    said, subject = [line(HEAD)], ""
    for row, of in zip(rows, cells[1:], strict=True):
        if row.subject != subject:
            subject = row.subject
            said.append(f"\n{subject}")
        said.append(line(of))
    return "\n".join(said)


def markdown(rows: Iterable[Row]) -> str:
    said, subject = list[str](), ""
    for row in rows:
        if row.subject != subject:
            subject = row.subject
            said += ["", f"**{subject}**", "", f"| {' | '.join(HEAD)} |", "|---|--:|---|--:|--:|--:|---|"]
        *others, verdict = row.cells()
        said.append(f"| {' | '.join(others)} | {f'**{verdict}**' if verdict == 'missed' else verdict} |")
    return "\n".join(said).strip()


def put(page: str, table: str) -> str:
    """A page with the table between its two marks."""
    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"
