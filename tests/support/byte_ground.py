"""Where bad bytes are put, and what every complaint about them owes to a person."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from wattwire.flows.engine.loading import FlowError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REASON = re.compile(r"[^\n]+:\d+:\d+: \S[^\n]*")
LONG = 5000  # characters of a line that quotes what was given


@cache
def ground() -> tempfile.TemporaryDirectory[str]:
    """Of this process, which it ends with; on a disk in memory where there is one."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="fuzz", dir=memory if os.access(memory, os.W_OK) else None)


def folder() -> Path:
    return Path(ground().name)


def filed(name: str, data: bytes) -> Path:
    file = folder() / name
    file.write_bytes(data)
    return file


def tells_where(wrong: FlowError) -> None:
    """Every reason has a place and fits on a line."""
    assert wrong.reasons
    for reason in wrong.reasons:
        assert REASON.fullmatch(str(reason)), str(reason)
        assert reason.line >= 1, reason
        assert reason.col >= 1, reason
        str(reason).encode()


def tells_why(wrong: Exception, begin: str = "") -> None:
    """Words for a person, of a bearable length, that a terminal can show."""
    assert all(line.startswith(begin) and len(line) < 3 * LONG for line in str(wrong).splitlines() or [""])
    assert str(wrong)
    str(wrong).encode()
