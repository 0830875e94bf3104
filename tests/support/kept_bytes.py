"""What we keep in files or say to ourselves, as bytes: whatever has become of it since."""

from __future__ import annotations

import os
import shutil
from functools import cache

from byte_ground import NOW, filed, folder

from wattwire.flows.engine import ownership, statefolder, work
from wattwire.flows.engine.inhand import InHand
from wattwire.flows.engine.logbook import FILE, Logbook
from wattwire.flows.engine.store import Damaged, Store


def database(data: bytes) -> None:
    """A node's own file: what is damaged is said to be, and nothing else is raised, then or later."""
    for name in ("node.db", "node.db-wal", "node.db-shm"):
        (folder() / name).unlink(missing_ok=True)
    try:
        it = Store(filed("node.db", data))
    except Damaged:
        return
    try:
        it.snapshot(), list(it.seen()), it.owed(), it.aside(), it.was_asking()
        it.commit(snapshot={"a": 1}, key="k", owed=[work.Owed(1, "t", b"p", False)])
        it.set_aside("now", "in", b"payload", "why")
        it.settle(10)
    except Damaged:
        pass
    finally:
        it.close()


@cache
def a_node_s_file() -> bytes:
    file = folder() / "seed.db"
    it = Store(file)
    it.commit(snapshot={"state": {"n": 1}, "held": {}}, key="id|edge|port", owed=[work.Owed(1, "t", b"p", False)])
    it.set_aside("2026-11-20T12:00:00Z", "body", b"{}", "a bug")
    it._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    it.close()
    data = file.read_bytes()
    shutil.rmtree(file, ignore_errors=True)
    return data


def hand(data: bytes) -> None:
    """The file of tries: damaged, they are counted anew."""
    it = InHand(filed("node.hand", data))
    assert it.take("a") >= 1
    it.done("a")
    it.spare("a")
    filed("node.why", data)
    it.why.encode()
    os.close(it._file)


def note_of_a_run(data: bytes) -> None:
    (folder() / "a").mkdir(exist_ok=True)
    filed(f"a/{statefolder.RUNNING}", data)
    statefolder.running(folder(), "a")


def claim(data: bytes) -> None:
    mine = ownership.Claim("me", 2, "here", 7, "boot", "presence")
    claims = ownership.Claims(mine, statefolder.alive, lambda: 0.0)
    claims.heard("n", mine.dumps())
    claims.heard("n", data)
    claims.heard("m", data)
    claims.presence("p", data)
    for node in ("n", "m"):
        claims.mine(node), str(claims.other(node)).encode(), claims.next(node).dumps()


def log(data: bytes) -> None:
    for entry in Logbook(filed(FILE, data).parent).entries(NOW):
        entry.plain()
