"""A node's own file: its state, what it has seen, what it still owes. One transaction per input, in SQLite."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from .seen import AGAIN, LEAST, LINES, MOST, line_of
from .statefolder import begin
from .work import Owed

SOME = 256  # inputs, after which it is looked which keys to forget
ASIDE = 1000  # inputs that no call could process: more are somebody's mistake, not something to look at
ROOM = 20_000_000  # bytes of them
STEP = 128  # bytes by which what is kept becomes longer
SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seen (number INTEGER PRIMARY KEY, key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY, topic TEXT, payload BLOB, retain INTEGER);
CREATE TABLE IF NOT EXISTS aside (number INTEGER PRIMARY KEY, at TEXT, port TEXT, payload BLOB, why TEXT);
"""
TABLES = {"outbox": "number, topic, payload, retain", "aside": "number, at, port, payload, why"}


class Damaged(Exception):
    """The file is not a database, or part of it is missing or wrong."""


class Full(Exception):
    """There is no room on the disk; nothing of what was to be kept has been."""


class Store:
    """Nobody else can open it meanwhile. What is committed survives the process; with `full`, the power as well.

    Raises Full and Damaged.
    """

    KEPT = "kept"  # the table of what has a name

    def __init__(self, path: Path, full: bool = False) -> None:
        with room():
            begin(path)  # for our eyes only: a token may be in it
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                self._begin(full)
            except MemoryError:  # of a length that stands in it: what a store begins with is small
                self._db.close()
                raise Damaged("to read it would take more memory than there is") from None
            except BaseException:
                self._db.close()  # at once: as long as it is open, it cannot be tried again
                raise

    def _begin(self, full: bool) -> None:
        self._db.execute("PRAGMA page_size=1024")  # bytes: each page that an input touches is written whole
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")  # else its log has an index, as a file: twice the writes
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA cache_size=-256")  # kB: what is read again is in the kernel's cache as well
        self._db.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
        self._furnish()
        self._db.execute("DELETE FROM outbox WHERE number IS NULL")  # a damaged version: it would only be read
        if self._db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise Damaged
        self._last_seen, self._newest = 0, dict[str, int]()  # line -> the number of the newest that came along it
        for number, key in self._db.execute("SELECT number, key FROM seen ORDER BY number"):
            if not (type(key) is str and type(number) is int and 0 < number < 2**62):
                raise Damaged("what was seen makes no sense")
            self._came(line_of(key), number)
        self._marks, self._old = deque[tuple[float, int]]([(monotonic(), self._last_seen)], MOST // SOME + 2), 0
        self.snapshot(), self.was_asking()
        for table, columns in TABLES.items():
            deque(self._db.execute(f"SELECT {columns} FROM {table}"), maxlen=0)  # else bad text comes up later

    def snapshot(self) -> dict[str, Any] | None:
        row = self._db.execute("SELECT value FROM kept WHERE name = 'snapshot'").fetchone()
        found = json.loads(row[0]) if row else None
        if not isinstance(found, dict | None) or (found and not isinstance(found.get("held", {}), dict)):
            raise Damaged("the state in it makes no sense")
        return found

    def seen(self) -> Iterator[str]:
        """Oldest first, one at a time: there may be very many."""
        return (key for (key,) in self._db.execute("SELECT key FROM seen ORDER BY number"))

    def owed(self) -> list[Owed]:
        rows = self._db.execute("SELECT number, topic, payload, retain FROM outbox ORDER BY number")
        return [Owed(number, topic, payload, bool(retain)) for number, topic, payload, retain in rows]

    def commit(self, *, snapshot: Mapping[str, Any] | None = None, key: str = "", line: str = "",
               owed: Iterable[Owed] = (), asking: str | None = None) -> None:  # fmt: skip
        """Keep the new state, that the input is done, and what it led to: all of it, or nothing. Raises Full.

        `asking` is the input for which a call that must not be repeated is about to be made; empty when it has ended.
        """
        with room(), self._transaction():
            if snapshot is not None:
                self._change(snapshot)
            if asking is not None:
                self._put(self.KEPT, "asking", json.dumps(asking))
            if key:
                number = self._last_seen + 1
                self._db.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (number, key))
                if number % SOME == 0:
                    self._forget(number)
            self._db.executemany(
                "INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, ?)",
                ((o.number, o.topic, o.payload, o.retain) for o in owed),
            )
        if key:  # it is kept
            self._came(line, number)

    def settle(self, number: int) -> None:
        """Forget what was owed, up to and including this number: the broker has surely saved it."""
        with suppress(Full), room():  # the next time does it
            self._db.execute("DELETE FROM outbox WHERE number <= ?", (number,))

    def shelve(self) -> None:
        """What was kept of the state cannot be read any more: it stays, for a person to look at."""
        with suppress(Full), room():
            self._put(self.KEPT, "unread", json.dumps(self.snapshot()))

    def was_asking(self) -> str | None:
        row = self._db.execute("SELECT value FROM kept WHERE name = 'asking'").fetchone()
        return json.loads(row[0]) if row else None

    def set_aside(self, at: str, port: str, payload: bytes, why: str) -> None:
        """Keep an input that no call could process; of very many, the newest. Raises Full."""
        with room():
            self._db.execute("INSERT INTO aside (at, port, payload, why) VALUES (?, ?, ?, ?)", (at, port, payload, why))
            self._db.execute("DELETE FROM aside WHERE number <= (SELECT max(number) FROM aside) - ?", (ASIDE,))
            while self._db.execute("SELECT sum(length(payload)) FROM aside").fetchone()[0] > ROOM:
                self._db.execute("DELETE FROM aside WHERE number = (SELECT min(number) FROM aside)")

    def set_aside_again(self, number: int, at: str, why: str) -> None:
        """It was tried once more, in vain. Raises Full."""
        with room():
            self._db.execute("UPDATE aside SET at = ?, why = ? WHERE number = ?", (at, why, number))

    def forget(self, number: int) -> None:
        """One that was set aside is handed in again."""
        with suppress(Full), room():
            self._db.execute("DELETE FROM aside WHERE number = ?", (number,))

    def lies_aside(self, most: int) -> tuple[int, list[tuple[int, str, str, str]]]:
        """How many, and the newest of them, without what they hold."""
        newest = self._db.execute("SELECT number, at, port, why FROM aside ORDER BY number DESC LIMIT ?", (most,))
        return self._db.execute("SELECT count(*) FROM aside").fetchone()[0], list(newest)[::-1]

    def aside(self) -> list[tuple[int, str, str, bytes, str]]:
        return list(self._db.execute("SELECT number, at, port, payload, why FROM aside ORDER BY number"))

    def close(self) -> None:
        self._db.close()

    def _came(self, line: str, number: int) -> None:
        self._newest.pop(line, None)  # so that it is the last: the first is the one that goes
        self._newest[line] = self._last_seen = number

    def _forget(self, last: int) -> None:
        """The keys that can come no more."""
        self._marks.append((now := monotonic(), last))
        while now - self._marks[0][0] > AGAIN:
            self._old = self._marks.popleft()[1]
        past = max(min(self._old, last - LEAST), last - MOST)
        while len(self._newest) > LINES:
            del self._newest[next(iter(self._newest))]
        newest = json.dumps([*self._newest.values()])
        old = "number <= ? AND number NOT IN (SELECT value FROM json_each(?))"
        self._db.execute(f"DELETE FROM seen WHERE {old}", (past, newest))

    def _furnish(self) -> None:
        self._db.executescript(SCHEMA)

    def _change(self, snapshot: Mapping[str, Any]) -> None:
        self._put(self.KEPT, "snapshot", json.dumps(snapshot))

    def _put(self, table: str, name: str, value: str) -> None:
        """In place, and of a length that seldom changes: only pages that differ are written."""
        put = f"INSERT INTO {table} VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        self._db.execute(put, (name, value.ljust(-(-len(value) // STEP) * STEP)))

    def _transaction(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db


@contextmanager
def room() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as wrong:
        match getattr(wrong, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
                raise Full("the disk is full") from None
            case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR | sqlite3.SQLITE_READONLY:
                raise Damaged(str(wrong)) from None
            case 0 if isinstance(wrong, sqlite3.OperationalError):  # raised by Python itself: text that is not UTF-8
                raise Damaged(str(wrong)) from None
        raise
    except OSError as wrong:
        if wrong.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Full("the disk is full") from None
    except ValueError as wrong:  # no JSON, or no text
        raise Damaged(str(wrong)) from None
