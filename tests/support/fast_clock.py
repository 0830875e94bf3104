"""A wall clock that runs fast, shows another time or is set, for the processes of one run; every wait stays true."""

from __future__ import annotations

import os
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import pytest

HERE = Path(__file__).parent / "fast"
COMPILER = which("cc")


def built(folder: Path) -> Path:
    """The clock, by the C compiler, into a folder of the run."""
    library, source = folder / "fast.so", str(HERE / "fast.c")
    subprocess.run([COMPILER or "cc", "-O2", "-shared", "-fPIC", "-o", str(library), source, "-ldl"], check=True)
    return library


class FastClock:
    """So many times as fast, from an instant on."""

    def __init__(self, speed: int, folder: Path, at: datetime | None = None, seen: int = 0) -> None:
        self.speed, self.begun, self._seen = speed, time.time_ns(), seen
        self.shown = self.begun if at is None else int(at.timestamp() * 1e9)
        self._built = built(folder)

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


class SetClock:
    """It goes as it should, but somebody sets it by hours."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "clock"
        self.set(0)
        self.inside = ["env", f"LD_PRELOAD={built(folder)}", f"FAST_AHEAD={self.file}"]

    def set(self, hours: int) -> None:
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("q", hours * 3600))


@contextmanager
def living_by(environment: Mapping[str, str]) -> Iterator[None]:
    """Whatever is started meanwhile lives by a clock, or whatever else is said of it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@contextmanager
def beginning_at(at: datetime, folder: Path) -> Iterator[None]:
    """Whatever is started meanwhile is as if it were begun at that instant: no half hour ends in the middle of it, and
    no night begins. Without a C compiler it is begun now, and that may be so."""
    with living_by(FastClock(1, folder, at=at).environment() if COMPILER else {}):
        yield
