"""What an earlier process or an earlier version kept: read where it can be, put aside where it cannot."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.bodies import salvaged
from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.graph import FlowNode
from wattwire.flows.engine.host import Host
from wattwire.flows.engine.inhand import InHand
from wattwire.flows.engine.keeping import epoch, opened
from wattwire.flows.engine.lifeline import Lifeline
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.room import Guest, dismiss
from wattwire.flows.engine.setup import Setup
from wattwire.flows.engine.store import Damaged, Full, Store
from wattwire.nodes import Node, Port, Ports, gx_memory

FLOW = """
flow: f
nodes:
  a:    {type: clock, config: {every: 10s}}
  last: {type: debug}
edges:
  - {from: a.tick, to: last.body, after: 10s}
"""
FILLS = """
import os, pathlib, sys
from wattwire.flows.engine.store import Store

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

store = Store(pathlib.Path(sys.argv[1]))
before = resident()
for _ in range(12_000):
    store.commit(key=os.urandom(30).hex())
print(resident() - before)
"""


@dataclass(frozen=True)
class Config:
    pass


@dataclass(frozen=True)
class Price:
    pence: float


@dataclass(frozen=True)
class Original:
    limit: float = 0.0


@dataclass(frozen=True)
class State:
    count: int = 0
    saved: Original = field(default_factory=Original)


class Out(Ports):
    seen: Port[Price]


def run(cfg: Config, state: State, go: Price, *, price: Price | None) -> Any:
    return state, None


NODE = FlowNode("it", Node("it", Config, Out, run, state=State), Config())


def setup(folder: Path, node: str = "a") -> Setup:
    return Setup(flow=load_text(FLOW), node=node, broker="mqtt://localhost", state=folder)


def heard(channel: socket.socket) -> list[Any]:
    channel.setblocking(False)
    said = [json.loads(line) for line in channel.recv(65536).split(b"\n") if line]
    return [one["log"]["text"] for one in said if "log" in one]


def test_of_a_state_of_an_earlier_shape_what_can_be_read_is_taken() -> None:
    actor = Actor("f", NODE, saved={"state": {"count": "three", "saved": {"limit": 5.0}}, "held": {}})

    assert (actor.state, actor.unread) == (State(0, Original(5.0)), ["count"])


def test_a_remembered_value_of_an_earlier_shape_is_not_known() -> None:
    actor = Actor("f", NODE, saved={"state": {"count": 3}, "held": {"price": {"pounds": 1}, "go": {"pence": 2.0}}})

    assert (actor.state, actor.unread) == (State(3), ["price"])


def test_of_a_later_version_s_state_what_is_known_is_taken_and_what_is_not_is_named() -> None:
    saved = {"state": {"count": 3, "saved": {"limit": 5.0, "beyond": "a word"}, "mood": "new"}, "held": {}}
    actor = Actor("f", NODE, saved=saved)

    assert (actor.state, actor.unread) == (State(3, Original(5.0)), ["mood"])


def test_of_originals_of_which_one_means_nothing_the_others_are_kept() -> None:
    state, lost = salvaged(gx_memory.State, {"portal": "c0", "originals": {"Day": -7, "Start": 7200, "Soc": "full"}})

    assert (state.originals, lost) == ({"Day": -7.0, "Start": 7200.0}, ["originals.Soc"])


def test_a_lease_of_which_one_value_means_nothing_is_none() -> None:
    held = {"mode": "charge", "until": "2026-11-20T12:00:00Z", "soc": "much", "reason": "cheap", "owner": ""}
    state, lost = salvaged(gx_memory.State, {"portal": "c0", "held": held})

    assert (state.portal, state.held, lost) == ("c0", None, ["held"])


def test_a_state_that_is_none_at_all_begins_anew() -> None:
    assert Actor("f", NODE, saved={"state": [1], "held": {}}).state == State()


def test_a_journal_that_cannot_be_read_does_not_stop_the_other_edges() -> None:
    flow = load_text(FLOW)
    (name,) = Carrier(flow).edges

    assert Carrier(flow, saved={"edges": {name: {"until": "never"}}}).unread == [name]


def test_a_damaged_file_is_put_out_of_the_way_and_said_so(tmp_path: Path) -> None:
    it, (ours, theirs) = setup(tmp_path), socket.socketpair()
    it.store.parent.mkdir(parents=True, exist_ok=True)
    it.store.write_bytes(b"no database at all" * 1000)
    store, _ = opened(it, Lifeline(theirs))
    damaged = [file.name for file in it.store.parent.iterdir() if ".damaged-" in file.name]

    assert store is not None
    assert store.snapshot() is None
    assert len(damaged) == 1
    assert heard(ours)[0].startswith(f"{it.store} is damaged (file is not a database): it begins empty; the old file")


def test_a_page_that_is_damaged_anywhere_is_damage_and_nothing_else(tmp_path: Path) -> None:
    path, found = tmp_path / "node.db", 0
    Store(path).close()
    whole = path.read_bytes()
    for at in range(96, 1024, 2):
        path.write_bytes(whole[:at] + b"\xff" * 8 + whole[at + 8 :])
        try:
            Store(path).close()
        except Damaged:  # not for want of memory, as SQLite has it where a length is absurd
            found += 1

    assert found


def test_a_file_that_is_damaged_in_the_middle_is_put_out_of_the_way_too(tmp_path: Path) -> None:
    it, (_, theirs) = setup(tmp_path), socket.socketpair()
    it.store.parent.mkdir(parents=True, exist_ok=True)
    store = Store(it.store)
    store.commit(snapshot={"state": "x" * 50_000}, key="k")
    store.close()
    with it.store.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 16_384)
    again, _ = opened(it, Lifeline(theirs))

    assert again is not None
    assert again.snapshot() is None


def written(folder: Path, snapshot: dict[str, Any]) -> int:
    """Bytes that one more input writes, where so much is kept and little of it changes."""
    store = Store(folder / "it.db")
    store.commit(snapshot={**snapshot, "n": 1}, key="a")
    before = (folder / "it.db-wal").stat().st_size
    store.commit(snapshot={**snapshot, "n": 2}, key="b")
    return (folder / "it.db-wal").stat().st_size - before


def test_of_what_is_kept_only_what_changes_is_written(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()

    assert written(tmp_path, {"held": {}, "state": "x" * 20_000}) <= written(tmp_path / "small", {}) + 2 * 1048


def test_a_file_that_could_not_be_opened_can_be_tried_again_at_once(tmp_path: Path) -> None:
    Store(tmp_path / "it.db").close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wattwire.flows.engine.store.TABLES", {"kept": "nothing"})
        with pytest.raises(Damaged) as kept_with_all_its_frames:
            Store(tmp_path / "it.db")

    assert not list(Store(tmp_path / "it.db").seen())
    assert kept_with_all_its_frames


def test_the_file_of_a_node_is_its_own_and_has_no_index_of_its_log_beside_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "it.db")
    store.commit(key="k")

    assert not (tmp_path / "it.db-shm").exists()
    with closing(sqlite3.connect(tmp_path / "it.db", timeout=0)) as other, pytest.raises(sqlite3.OperationalError):
        other.execute("SELECT * FROM seen")


def test_where_the_counts_of_tries_find_no_room_it_is_tried_again(tmp_path: Path) -> None:
    it, (ours, theirs), rooms = setup(tmp_path), socket.socketpair(), iter([Full(), None])
    it.store.parent.mkdir(parents=True, exist_ok=True)

    def in_hand(path: Path) -> InHand:
        if (full := next(rooms)) is not None:
            raise full
        return InHand(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wattwire.flows.engine.keeping.InHand", in_hand)
        patch.setattr("wattwire.flows.engine.keeping.ROOM", 0.0)
        store, _ = opened(it, Lifeline(theirs))

    assert store is not None
    assert heard(ours) == ["the disk is full: it starts when there is room"]


def test_of_a_node_that_has_left_a_shared_process_nothing_keeps_its_file(tmp_path: Path) -> None:
    it, (_, theirs) = setup(tmp_path, "last"), socket.socketpair()
    it.store.parent.mkdir(parents=True, exist_ok=True)
    host = Host(it, theirs)
    host.aside.take(None)
    dismiss(Guest(1, it, theirs, host))
    with closing(sqlite3.connect(it.store, timeout=0)) as other:
        found = other.execute("SELECT * FROM aside").fetchall()

    assert (host.store, found) == (None, [])


def test_damaged_counts_of_tries_begin_anew(tmp_path: Path) -> None:
    (tmp_path / "x.hand").write_bytes(b'["no counts"]')

    assert InHand(tmp_path / "x.hand").take("k") == 1


def test_a_session_s_name_that_was_half_written_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "x.epoch").write_text("")
    name = epoch(tmp_path / "x.epoch", renew=False)

    assert name
    assert epoch(tmp_path / "x.epoch", renew=False) == name


def test_a_file_that_has_filled_up_takes_little_memory(tmp_path: Path) -> None:
    told = subprocess.check_output([sys.executable, "-c", FILLS, str(tmp_path / "node.db")], text=True)

    assert int(told) < 1000
