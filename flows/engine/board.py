"""What people see of a run: plain lines, or on a terminal a live table with the lines above it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TextIO

from wattwire.broker import topics

from .bus import Bus
from .flowrun import FlowRun
from .glance import Glance, time_of
from .minder import Minder

PACE = 0.25  # seconds between redrawings
COLOURS = {"red": "31", "yellow": "33", "green": "32", "grey": "90", "error": "31", "warning": "33", "bold": "1"}


class Lines:
    """For a log: what happens, a line each."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.out = out
        self.colour = out.isatty() and not os.environ.get("NO_COLOR")
        self.runs: list[FlowRun] = []

    def line(self, text: str, level: str = "info") -> None:
        mark = self.paint("" if level == "info" else f"{level}: ", level)
        for part in text.splitlines():
            self.put(f"{datetime.now():%H:%M:%S} {mark}{part}\n")

    def put(self, text: str) -> None:
        """Whoever was reading may have gone; the flow goes on, and its log is kept."""
        with contextlib.suppress(OSError):
            self.out.write(text)
            self.out.flush()

    def begin(self, runs: Sequence[FlowRun], bus: Bus) -> None:
        self.runs = list(runs)

    def changed(self) -> None:
        """Something that a table would show has changed."""

    def end(self) -> None:
        self.runs = []

    def paint(self, text: str, colour: str) -> str:
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.colour and colour in COLOURS and text else text


class Table(Lines):
    """Redrawn in place, with nothing but the terminal's own codes."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        super().__init__(out)
        self.glances: dict[str, Glance] = {}
        self._drawn, self._pending = 0, False

    def line(self, text: str, level: str = "info") -> None:
        self._wipe()
        super().line(text, level)
        self.changed()

    def begin(self, runs: Sequence[FlowRun], bus: Bus) -> None:
        super().begin(runs, bus)
        self.glances = {run.flow.name: Glance(run.flow) for run in runs}
        filters = [f"{topics.BASE}/{name}/+/+" for name in self.glances]
        self._subscribing = asyncio.ensure_future(bus.subscribe(filters, self._heard, qos=0))

    def changed(self) -> None:
        if self.runs and not self._pending:
            self._pending = True
            asyncio.get_running_loop().call_later(PACE, self._redraw)

    def end(self) -> None:
        if self.runs:
            self._redraw()
        super().end()

    def rows(self) -> list[str]:
        width, height = shutil.get_terminal_size()
        rows = [self.paint(f"{'node':<20} {'state':<9} {'last message':<{max(20, width - 58)}} next event", "bold")]
        for run in self.runs:
            rows += [self._row(self.glances[run.flow.name], m, width) for m in run.minders.values()]
        most = max(3, height - 2)
        return rows if len(rows) <= most else [*rows[: most - 1], f"… and {len(rows) - most + 1} more"]

    def _row(self, glance: Glance, m: Minder, width: int) -> str:
        room, now = max(20, width - 58), datetime.now(UTC)
        at, what = glance.last.get(m.name, (None, ""))
        last = f"{time_of(at, now)} {what}" if at else ""
        if m.text and (m.state != "ready" or m.fill in ("red", "yellow") or not last):
            last = m.text
        coming = glance.following(m.name, now)
        following = f"{time_of(coming[0], now)} {coming[1]}" if coming and coming[0] >= now else ""
        state = self.paint(f"{m.state:<9}", m.fill)
        return f"{m.name[:20]:<20} {state} {shortened(last, room):<{room}} {shortened(following, 25)}".rstrip()

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        flow = topic.split("/")[1]
        if flow in self.glances:
            self.glances[flow].hear(topic, payload, datetime.now(UTC))
            self.changed()

    def _redraw(self) -> None:
        self._pending = False
        if self.runs:
            self._wipe()
            rows = self.rows()
            self.put("\n".join(rows) + "\n")
            self._drawn = len(rows)

    def _wipe(self) -> None:
        if self._drawn:
            self.put(f"\x1b[{self._drawn}A\x1b[J")
            self._drawn = 0


def shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def display(out: TextIO = sys.stdout) -> Lines:
    """The table on a terminal that can move its cursor."""
    return Table(out) if out.isatty() and os.environ.get("TERM", "dumb") != "dumb" else Lines(out)
