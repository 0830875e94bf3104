"""What mosquitto has saved: one file, read when it starts. One that it cannot read is set aside."""

from __future__ import annotations

import contextlib
import signal
from datetime import UTC, datetime
from pathlib import Path

NAME = "mosquitto.db"
SPEED = 1024 * 1024  # bytes that the slowest card and processor read in a second
LONGEST = 60.0  # seconds; the supervisor hears nothing else meanwhile
FAULTS = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}


def unreadable(code: int, said: str) -> bool:
    """Whether it ended because of that file: every version ends with 1 and these words. A kill says nothing of it."""
    if code < 0:
        return -code in FAULTS  # a program does this to itself
    return code > 0 and any("Error" in line and "database" in line for line in said.splitlines())


def set_aside(folder: Path) -> str:
    """An unreadable file must not keep the house dark: move it away. What to tell people; empty if there is none."""
    file = folder / NAME
    if not file.exists():
        return ""
    aside = folder / f"{NAME}.unreadable-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    file.rename(aside)
    return (
        f"the broker could not read what it had saved; it begins empty (earlier retained and queued messages are "
        f"gone, the nodes send again what they hold), and the file is kept as {aside}"
    )


def reading(folder: Path) -> float:
    """Seconds that reading it may take, as nobody is answered before that."""
    with contextlib.suppress(OSError):
        return min(float((folder / NAME).stat().st_size // SPEED), LONGEST)
    return 0.0


def identity(folder: Path) -> tuple[int, int] | None:
    """A different one after each save."""
    with contextlib.suppress(OSError):
        found = (folder / NAME).stat()
        return found.st_ino, found.st_mtime_ns
    return None
