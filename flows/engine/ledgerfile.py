"""The file in which all processes count their calls: how it is opened, and what may be wrong with it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from .statefolder import BUDGETS, begin

TRIES = 20
DAMAGED = f"{BUDGETS} is damaged; move {BUDGETS}* away to count anew"
SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (number INTEGER PRIMARY KEY, flow TEXT, name TEXT, at REAL, again REAL, cost REAL);
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (flow, name, at);
CREATE TABLE IF NOT EXISTS days (number INTEGER PRIMARY KEY, flow TEXT, name TEXT, day TEXT, again TEXT, cost REAL,
    UNIQUE (flow, name, day));
CREATE TABLE IF NOT EXISTS budgets (flow TEXT, name TEXT, per TEXT, most REAL, seen REAL,
    PRIMARY KEY (flow, name, per, most));
"""


class Unreliable(Exception):
    """The calls cannot be counted; the text says why."""


def opened(path: Path, patience: float) -> sqlite3.Connection:
    """`patience` is how long to wait for others that write. Raises Unreliable."""
    with trouble():
        begin(path)
        usable(path)
        db = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        for more in reversed(range(TRIES)):  # of several that make the file at once, one is told to come again
            try:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=FULL")  # calls are rare, and a ban is dear
                db.executescript(SCHEMA)
                break
            except sqlite3.OperationalError as wrong:
                if not more or wrong.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                sleep(patience / TRIES)
        return db


def usable(path: Path) -> None:
    """Raises OSError, which says more than SQLite does."""
    code = errno.EISDIR if path.is_dir() else 0 if os.access(path, os.R_OK | os.W_OK) else errno.EACCES
    if code:
        raise OSError(code, os.strerror(code))


@contextmanager
def trouble() -> Iterator[None]:
    """Whatever goes wrong with the file, said so that a person can help."""
    try:
        yield
    except sqlite3.Error as wrong:
        match getattr(wrong, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
                raise Unreliable("the disk is full") from None
            case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
                raise Unreliable(DAMAGED) from None
        raise Unreliable(f"{BUDGETS}: {wrong}") from None
    except (UnicodeDecodeError, MemoryError):  # SQLite quotes what it finds there, or makes room for its length
        raise Unreliable(DAMAGED) from None
    except OSError as wrong:
        raise Unreliable(f"{BUDGETS} cannot be opened: {wrong.strerror or wrong}") from None
