"""What the process that carries edges leaves behind, when the flow has no such edge any more."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from edge_trial import NODES, NOON, Trial, flow, said, seconds

from wattwire.flows.engine.graph import Backoff, Edge, Flow
from wattwire.flows.engine.journal import Journal
from wattwire.flows.engine.seating import emptied
from wattwire.flows.engine.work import Owed

INTO, SAME, OTHER = "wattwire/f/plan/in/poll", Edge("plan.failed", "plan.poll"), Edge("plan.failed", "alarm.why")
Messages = list[tuple[str, str, bool]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A message waits; one is owed, and so is a retained word about what waits."""
    edge = Trial(after=Backoff(seconds(10)))
    edge.carrier.take(edge.name, said("waits"), NOON)
    owed = [Owed(1, INTO, said("owed").dumps(), False), Owed(2, "wattwire/f/$waiting/it", b"{}", True)]
    with closing(Journal(tmp_path / "edges.db")) as store:
        store.commit(snapshot=edge.carrier.changes(), owed=owed)
    return tmp_path


def emptied_by(folder: Path, flow: Flow, arrives: bool = True) -> Messages:
    told: Messages = []

    async def published(messages: Iterable[tuple[str, bytes, bool]]) -> bool:
        told.extend((topic, json.loads(payload)["body"]["why"], retain) for topic, payload, retain in messages)
        return arrives

    asyncio.run(emptied(folder, flow, published))
    return told


def kept(folder: Path) -> int:
    with closing(Journal(folder / "edges.db")) as store:
        return len((store.snapshot() or {"edges": ()})["edges"]) + len(store.owed())


@pytest.mark.parametrize(
    ("edge", "told"),
    [(SAME, [(INTO, "owed", False), (INTO, "waits", False)]), (OTHER, [(INTO, "owed", False)])],
    ids=["the edge is plain now", "it is gone"],
)
def test_it_is_handed_over_once(folder: Path, edge: Edge, told: Messages) -> None:
    now = Flow("f", NODES, (edge,))

    assert emptied_by(folder, now) == told
    assert (kept(folder), emptied_by(folder, now)) == (0, [])


def test_it_stays_where_the_broker_did_not_take_it(folder: Path) -> None:
    emptied_by(folder, Flow("f", NODES, (SAME,)), arrives=False)

    assert kept(folder) == 3


def test_while_an_edge_is_carried_it_is_left_to_the_process_that_does_so(folder: Path) -> None:
    assert emptied_by(folder, flow(every=seconds(10))) == []
    assert kept(folder) == 3


def test_a_file_that_somebody_has_open_or_that_is_none_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
    with closing(Journal(folder / "edges.db")) as store:
        assert emptied_by(folder, Flow("f", NODES, (SAME,))) == []
        assert len(store.owed()) == 2
    (folder / "edges.db").write_bytes(b"no database" * 1000)

    assert emptied_by(folder, Flow("f", NODES, (SAME,))) == []
    assert emptied_by(folder / "none", Flow("f", NODES, (SAME,))) == []
