"""A wall clock that runs fast, or shows another time, for the processes of one run; every wait stays true."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

HERE = Path(__file__).parent / "fast"
COMPILER = which("cc")


class FastClock:
    """Built with the C compiler into a folder of the run."""

    def __init__(self, speed: int, folder: Path, at: datetime | None = None, seen: int = 0) -> None:
        self.speed, self.begun, self._seen = speed, time.time_ns(), seen
        self.shown = self.begun if at is None else int(at.timestamp() * 1e9)
        self._built = folder / "fast.so"
        source = str(HERE / "fast.c")
        subprocess.run(
            [COMPILER or "cc", "-O2", "-shared", "-fPIC", "-o", str(self._built), source, "-ldl"], check=True
        )

    def environment(self, *python_path: Path) -> Mapping[str, str]:
        """For the processes that shall live by it."""
        return {
            **os.environ,
            "LD_PRELOAD": str(self._built),
            "PYTHONPATH": ":".join(map(str, [HERE, *python_path])),
            "FAST_SPEED": str(self.speed),
            "FAST_FROM": str(self.begun),
            "FAST_AT": str(self.shown),
            "FAST_SEEN": str(self._seen),  # inputs that a node remembers at least; 0: as many as in life
        }

    @property
    def lived(self) -> float:
        """Seconds that have passed by it."""
        return (time.time_ns() - self.begun) * self.speed / 1e9

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.shown / 1e9 + self.lived, UTC)
