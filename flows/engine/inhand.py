"""How often the input that a node has in hand was tried, in a small file that outlives the process."""

from __future__ import annotations

import os
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path

from wattwire.broker.envelope import parse

from .store import room

SIZE = 4096  # bytes of the file


class InHand:
    """Written before the node is called, so that a death counts; to the page cache only, which outlives the process."""

    def __init__(self, path: Path) -> None:
        with room():
            self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._tries: dict[str, int] = {}
        with suppress(ValueError, TypeError, AttributeError):  # damaged: counted anew
            known = parse(os.pread(self._file, SIZE, 0).rstrip(b"\0 ").decode() or "{}")
            self._tries |= {k: n for k, n in known.items() if type(n) is int and abs(n) < SIZE}
        self._why = path.with_suffix(".why")
        self._written = SIZE  # bytes that what is written next has to cover
        self._stale = False  # the file counts what is done

    def take(self, key: str) -> int:
        """Which try this is, 1 being the first. Others that an earlier process died of stay counted."""
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        self._write()
        return tries

    def done(self, key: str) -> None:
        """It went well, or was set aside. The next `take` writes that, or `settle`."""
        self._tries.pop(key, None)
        self._stale = True

    def settle(self) -> None:
        """Write what is done and no `take` has written: when it comes again after a start, it must not count."""
        if self._stale:
            self._write()

    def spare(self, key: str) -> None:
        """This try does not count: the process was told to end."""
        self._tries[key] = self._tries.get(key, 1) - 1
        self._write()

    def note(self, why: str) -> None:
        """What went wrong this time."""
        with suppress(OSError):  # a full disk
            self._why.write_text(why, errors="replace")

    @property
    def why(self) -> str:
        return self._why.read_text(errors="replace") if self._why.exists() else ""

    def close(self) -> None:
        os.close(self._file)

    def _write(self) -> None:
        while len(text := "{" + ",".join([f"{quoted(key)}:{n}" for key, n in self._tries.items()]) + "}") > SIZE:
            del self._tries[next(iter(self._tries))]
        with suppress(OSError):  # a full disk: then a try is not counted
            os.pwrite(self._file, text.encode().ljust(self._written), 0)
            self._written, self._stale = len(text), False
