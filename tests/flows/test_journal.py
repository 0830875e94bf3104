"""What waits is kept as a row for each edge; earlier releases, which kept all as one value, are understood."""

from __future__ import annotations

import json
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker.envelope import begin, instant
from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.graph import Backoff, Edge, Flow, FlowNode
from wattwire.flows.engine.host import Host
from wattwire.flows.engine.journal import Journal
from wattwire.flows.engine.routes import EDGES
from wattwire.flows.engine.setup import Setup
from wattwire.flows.engine.store import Damaged
from wattwire.nodes import debug

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LINE = {"counts": {"followed": 3}, "last": None, "until": None, "message": None}


def flow(edges: int) -> Flow:
    nodes = {f"n{i}": FlowNode(f"n{i}", debug.NODE, None) for i in range(edges)}
    hour = Backoff(timedelta(hours=1))
    return Flow("f", nodes, tuple(Edge("n0.crashed", f"n{i}.body", after=hour) for i in range(edges)))


def waiting(path: Path, edges: int, store: Journal | None = None) -> tuple[Carrier, Journal]:
    """A message waits on each edge, and is kept."""
    store = store or Journal(path)
    carrier = Carrier(flow(edges), saved=store.snapshot())
    for n, name in enumerate(carrier.edges):
        take(carrier, store, name, f"m{n}")
    return carrier, store


def take(carrier: Carrier, store: Journal, name: str, text: str) -> None:
    carrier.take(name, begin("n0.crashed", {"why": text}, NOON, text), NOON)
    store.commit(snapshot=carrier.changes(), key=text)


def held(carrier: Carrier) -> dict[str, Any]:
    return {name: it.waiting and it.waiting.message.body for name, it in carrier.edges.items()}


def written(edges: int, folder: Path) -> int:
    """Bytes that go to the file for one more message, where so many wait."""
    carrier, store = waiting(folder / f"{edges}.db", edges)
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    take(carrier, store, "n0.crashed>n1.body", "more")
    return (folder / f"{edges}.db-wal").stat().st_size


def test_what_waits_is_there_again(tmp_path: Path) -> None:
    carrier, store = waiting(tmp_path / "edges.db", 5)
    store.close()

    assert held(Carrier(flow(5), saved=Journal(tmp_path / "edges.db").snapshot())) == held(carrier)


def test_what_a_message_writes_does_not_grow_with_what_waits(tmp_path: Path) -> None:
    assert written(300, tmp_path) <= written(5, tmp_path) + 4096


def test_only_what_has_changed_is_handed_to_the_journal(tmp_path: Path) -> None:
    carrier, _ = waiting(tmp_path / "edges.db", 3)
    carrier.take("n0.crashed>n2.body", begin("n0.crashed", None, NOON, "x"), NOON)

    assert list(carrier.changes()["edges"]) == ["n0.crashed>n2.body"]
    assert carrier.changes() == {"edges": {}}


def test_what_was_handed_over_waits_no_more(tmp_path: Path) -> None:
    carrier, store = waiting(tmp_path / "edges.db", 3)
    carrier.due(NOON + timedelta(hours=1))
    store.commit(snapshot=carrier.changes())

    assert set(held(Carrier(flow(3), saved=store.snapshot())).values()) == {None}


def test_an_edge_that_left_the_flow_is_forgotten_with_the_next_message(tmp_path: Path) -> None:
    _, store = waiting(tmp_path / "edges.db", 3)
    fewer = Carrier(flow(2), saved=store.snapshot())
    take(fewer, store, "n0.crashed>n0.body", "later")

    assert set((store.snapshot() or {})["edges"]) == {"n0.crashed>n0.body", "n0.crashed>n1.body"}


def test_what_an_earlier_release_kept_as_one_value_is_taken_up(tmp_path: Path) -> None:
    whole = {"edges": {"a>b": LINE, "c>d": LINE}}
    with closing(earlier(tmp_path / "edges.db")) as db:
        db.execute("CREATE TABLE seen (number INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL)")
        db.execute("INSERT INTO kept VALUES ('snapshot', ?)", (json.dumps(whole),))
        db.execute("INSERT INTO seen VALUES (1, 'k')")
    now = Journal(tmp_path / "edges.db")

    assert now.snapshot() == whole
    assert list(now.seen()) == ["k"]


def earlier(path: Path) -> sqlite3.Connection:
    """An earlier release has opened the file."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    return db


def test_an_earlier_release_finds_what_waits_as_it_knows_it(tmp_path: Path) -> None:
    carrier, store = waiting(tmp_path / "edges.db", 3)
    carrier.due(NOON + timedelta(hours=1))
    take(carrier, store, "n0.crashed>n1.body", "ä newer")
    store.close()

    with closing(earlier(tmp_path / "edges.db")) as db:
        [(kept,)] = db.execute("SELECT value FROM kept WHERE name = 'snapshot'")
    assert json.loads(kept) == carrier.snapshot()


def test_what_an_earlier_release_writes_is_found_by_whoever_comes_forward_again(tmp_path: Path) -> None:
    waiting(tmp_path / "edges.db", 3)[1].close()
    with closing(earlier(tmp_path / "edges.db")) as db:
        for line in (LINE, {**LINE, "last": "2026-11-20T12:00:00Z"}):
            whole = json.dumps({"edges": {"a>b": line}})
            db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", ("snapshot", whole))
        db.execute("INSERT OR REPLACE INTO kept SELECT 'unread', value FROM kept WHERE name = 'snapshot'")
    again = Journal(tmp_path / "edges.db")

    assert again.snapshot() == {"edges": {"a>b": {**LINE, "last": "2026-11-20T12:00:00Z"}}}
    assert again.was_asking() is None


def test_a_state_that_cannot_be_read_is_shelved_whole(tmp_path: Path) -> None:
    store = Journal(tmp_path / "edges.db")
    store.commit(snapshot={"edges": {"a>b": {"strange": 1}}})
    store.shelve()
    [(kept,)] = store._db.execute("SELECT value FROM kept WHERE name = 'unread'")

    assert json.loads(kept) == {"edges": {"a>b": {"strange": 1}}}


def test_an_edge_whose_row_cannot_be_read_is_written_anew_with_the_next_message(tmp_path: Path) -> None:
    store = Journal(tmp_path / "edges.db")
    store.commit(snapshot={"edges": {"n0.crashed>n0.body": {"strange": 1}}})
    carrier = Carrier(flow(2), saved=store.snapshot())
    take(carrier, store, "n0.crashed>n1.body", "m")

    assert carrier.unread == ["n0.crashed>n0.body"]
    assert Carrier(flow(2), saved=store.snapshot()).unread == []


@pytest.mark.parametrize("value", ["no JSON", '{"edges": '])
def test_a_row_that_is_no_json_is_damage(tmp_path: Path, value: str) -> None:
    Journal(tmp_path / "edges.db").close()
    with closing(earlier(tmp_path / "edges.db")) as db:
        db.execute("INSERT INTO edges VALUES ('a>b', ?)", (value,))

    with pytest.raises(Damaged):
        Journal(tmp_path / "edges.db")


def test_of_messages_that_displace_each_other_nothing_is_left_behind() -> None:
    carrier = Carrier(flow(2))
    for n in range(1000):
        at = NOON + timedelta(seconds=n)
        carrier.take("n0.crashed>n0.body", begin("n0.crashed", n, at, str(n)), at)

    assert len(carrier._order) <= 4
    assert [sent.envelope.body for sent in carrier.due(NOON + timedelta(hours=2)).sent if sent.topic] == [999]


def test_a_process_that_starts_by_a_clock_that_was_set_back_keeps_when_its_message_is_due(tmp_path: Path) -> None:
    (ours, theirs), ahead = socket.socketpair(), datetime.now(UTC) + timedelta(hours=3)
    it = Setup(flow=flow(2), node=EDGES, broker="mqtt://127.0.0.1:1", state=tmp_path)
    carrier, store = Carrier(it.flow), Journal(it.store)
    carrier.take("n0.crashed>n1.body", begin("n0.crashed", None, ahead, "x"), ahead)
    store.commit(snapshot=carrier.changes())
    store.close()
    host = Host(it, theirs)
    host._ring()
    kept = (host.store.snapshot() if host.store else None) or {}
    ours.close()

    until = instant(kept["edges"]["n0.crashed>n1.body"]["until"])
    assert timedelta() < until - datetime.now(UTC) <= timedelta(hours=1)
