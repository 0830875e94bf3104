"""The log of a flow, in its state folder: for its owner's eyes, of a limited size, and never in anybody's way."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wattwire.broker.envelope import instant, parse, stamp

FILE = "log.jsonl"
MOST = 1_000_000  # bytes; then it becomes the older one, and the one before that goes: some ten thousand lines
TIME = re.compile(r"\b([01]\d|2[0-3]):([0-5]\d)(:[0-5]\d)? UTC\b")


@dataclass(frozen=True)
class Entry:
    at: datetime
    node: str  # none: it is about the flow
    level: str  # info, warning, error
    text: str  # one line; times in it are UTC and say so

    def plain(self) -> str:
        """For a person, whose clock is local."""
        return f"{self.node and f'{self.node}: '}{local(self.text, self.at)}"


class Logbook:
    """Written by one process, read by any."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self.path, self._most = folder / FILE, most

    def add(self, entry: Entry) -> None:
        """A full disk must not stop what the log is about: then the line is not kept."""
        row = {"at": stamp(entry.at), "node": entry.node, "level": entry.level, "text": entry.text}
        try:
            if self.path.exists() and self.path.stat().st_size > self._most:
                self.path.replace(older(self.path))
            with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8",
                           errors="replace") as out:  # fmt: skip
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError:
            return

    def entries(self, since: datetime | None = None) -> Iterator[Entry]:
        """Oldest first, without a half line left by a power cut. Raises OSError where a file cannot be read."""
        for path in (older(self.path), self.path):
            for row in path.read_text("utf-8", "replace").splitlines() if path.exists() else ():
                try:
                    told = parse(row)
                    it = Entry(instant(told["at"]), str(told["node"]), str(told["level"]), str(told["text"]))
                except (ValueError, TypeError, KeyError):
                    continue
                if since is None or it.at >= since:
                    yield it


def older(path: Path) -> Path:
    return path.with_name("log.1.jsonl")


def local(text: str, at: datetime) -> str:
    """`18:30 UTC` by the reader's clock; the instant is the one nearest to `at`."""

    def shown(found: re.Match[str]) -> str:
        day = at.astimezone(UTC).replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
        near = min((day + timedelta(days=d) for d in (-1, 0, 1)), key=lambda it: abs(it - at))
        return f"{near.astimezone():%H:%M}{found[3] or ''}"

    return TIME.sub(shown, text)
