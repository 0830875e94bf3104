"""What was retained and what was queued: a node ends up with the newest, whatever the order in which they come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.broker.envelope import begin
from wattwire.broker.link import Message
from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.callers import Caller
from wattwire.flows.engine.desk import Desk
from wattwire.flows.engine.graph import FlowNode
from wattwire.flows.engine.inhand import InHand
from wattwire.flows.engine.intake import Intake
from wattwire.flows.engine.meters import Meters
from wattwire.flows.engine.outbox import Outbox
from wattwire.flows.engine.routes import Route
from wattwire.flows.engine.store import Store
from wattwire.nodes import Emit, Node, Port, Ports

T = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Price:
    pence: int


@dataclass(frozen=True)
class Config:
    pass


class Out(Ports):
    seen: Port[Price]


def run(cfg: Config, go: Price | None, again: Price | None = None, *, price: Price | None = None) -> Emit:
    return Out.seen(Price((go or again or Price(0)).pence * 100 + (price.pence if price else 0)))


NODE = Node("reader", Config, Out, run)


class Reader:
    """A node's desk without a broker: what is offered comes out as it would be published."""

    def __init__(self, tmp_path: Any, store: Store | None = None) -> None:
        self.got: list[int] = []
        self.ids: list[str] = []  # of what came out
        self.acked: list[int] = []
        actor = Actor("f", FlowNode("reader", NODE, Config()))
        outbox = Outbox(self._publish, lambda: 0.0, None)
        outbox.open = True
        self.desk = Desk(actor, outbox, store, InHand(tmp_path / "x.hand"), Caller({}, Budgets("f")), Meters(),
                         post=lambda act: act(), act=lambda actions: None, aside=lambda it, why: None,
                         full=lambda full: None)  # fmt: skip
        routes = {p: (Route(f"a.{p}>reader.{p}", p),) for p in ("go", "again", "price")}
        self.refused: list[str] = []
        self.intake = Intake(self.desk, routes, NODE.ins, lambda m: self.acked.append(m.mid), self.refused.append)
        self.intake.begin("a session")

    def _publish(self, topic: str, payload: bytes, retain: bool, on_sent: Any) -> None:
        said = json.loads(payload)
        self.got.append(said["body"].get("pence", -1))
        self.ids.append(said["id"])
        on_sent()

    def comes(self, port: str, pence: int, retain: bool = False) -> None:
        """The message that says so many pence; it was sent in that minute."""
        payload = begin(f"a.{port}", {"pence": pence}, T + timedelta(minutes=pence), str(pence)).dumps()
        self.intake.offer(Message(port, payload, retain, 1, pence, False, 1))
        if not self.intake.gathering:
            self.desk.work()

    def pressed(self, mid: int, retain: bool = False, dup: bool = False) -> None:
        """The same bare body each time; by QoS 0 if it has no message id."""
        self.intake.offer(Message("go", b'{"pence": 4}', retain, int(mid > 0), mid, dup, 1))
        if not self.intake.gathering:
            self.desk.work()

    def gathered(self, all_here: bool = True) -> None:
        self.intake.gathered(all_here)
        self.desk.work()


@pytest.fixture
def reader(tmp_path: Any) -> Reader:
    return Reader(tmp_path)


def test_what_was_queued_while_the_node_was_away_does_not_bring_back_an_older_value(reader: Reader) -> None:
    reader.comes("price", 1)
    reader.comes("price", 2)
    reader.comes("price", 2, retain=True)
    reader.gathered()
    reader.comes("go", 7)

    assert reader.got == [702]


def test_a_retained_trigger_that_is_queued_as_well_has_its_turn_after_what_is_older(reader: Reader) -> None:
    reader.comes("go", 1)
    reader.comes("go", 2)
    reader.comes("go", 2, retain=True)
    reader.gathered()

    assert reader.got == [100, 200]


def test_a_retained_value_that_comes_late_is_remembered_all_the_same(reader: Reader) -> None:
    reader.gathered(all_here=False)
    reader.comes("price", 3, retain=True)
    reader.gathered()
    reader.comes("go", 1)

    assert reader.got == [103]


def test_a_late_retained_value_does_not_take_the_place_of_a_newer_one(reader: Reader) -> None:
    reader.gathered(all_here=False)
    reader.comes("price", 5)
    reader.comes("price", 3, retain=True)
    reader.gathered()
    reader.comes("go", 1)

    assert reader.got == [105]


def test_old_news_that_did_not_trigger_at_one_start_does_not_trigger_at_the_next(reader: Reader) -> None:
    for _ in range(2):
        reader.comes("go", 1, retain=True)
        reader.comes("again", 2, retain=True)
        reader.gathered()
        reader.intake.begin("a session")

    assert reader.got == [200]


def test_a_bare_body_that_somebody_retained_triggers_once(reader: Reader) -> None:
    for mid in (5, 6):
        reader.intake.offer(Message("go", b'{"pence": 4}', True, 1, mid, False, 1))
        reader.gathered()
        reader.intake.begin("a session")

    assert reader.got == [400]


@pytest.mark.parametrize("mids", [(0, 0, 0), (5, 6, 7)], ids=["QoS 0", "QoS 1"])
def test_a_bare_body_that_is_sent_three_times_leads_to_three_messages(reader: Reader, mids: tuple[int, ...]) -> None:
    reader.gathered()
    for mid in mids:
        reader.pressed(mid)

    assert (reader.got, len(set(reader.ids))) == ([400, 400, 400], 3)


def test_so_it_does_where_the_broker_s_message_ids_begin_anew_with_each_connection(reader: Reader) -> None:
    for _ in range(3):
        reader.gathered()
        reader.pressed(1)
        reader.intake.begin("a session")

    assert (reader.got, len(set(reader.ids))) == ([400, 400, 400], 3)


def test_a_bare_body_that_comes_again_after_a_kill_leads_to_the_same_message(tmp_path: Any) -> None:
    before, after = Reader(tmp_path), Reader(tmp_path)  # without a store: it knows nothing of what it did
    before.gathered()
    before.pressed(5)
    after.pressed(5, dup=True)
    after.gathered()

    assert (after.got, after.ids) == ([400], before.ids)


@pytest.mark.parametrize("mid", [0, 5], ids=["QoS 0", "QoS 1"])
def test_a_bare_body_that_came_live_is_old_news_when_it_is_read_as_retained(tmp_path: Any, mid: int) -> None:
    got = list[list[int]]()
    for _ in range(2):  # starts
        store = Store(tmp_path / "node.db")
        reader = Reader(tmp_path, store)
        for connection in range(3):
            if got or connection:
                reader.pressed(9, retain=True)
            reader.gathered()
            if connection == 0:
                reader.pressed(mid)
            reader.intake.begin("a session")
        store.close()
        got.append(reader.got)

    assert got == [[400], [400]]


def test_a_bare_body_that_is_retained_is_remembered_though_it_is_known(tmp_path: Any) -> None:
    """It flips between a few values, and by QoS 0 the last change while the node is away is nowhere else."""
    got = list[list[int]]()
    for live in (1, 2, 3):
        store = Store(tmp_path / "node.db")
        reader = Reader(tmp_path, store)
        reader.intake.offer(Message("price", b'{"pence": 1}', True, 0, 0, False, 1))
        reader.gathered()
        reader.comes("go", live)
        reader.intake.offer(Message("price", b'{"pence": 2}', False, 0, 0, False, 1))
        reader.desk.work()
        reader.comes("go", 10 + live)
        store.close()
        got.append(reader.got)

    assert got == [[101, 1102], [201, 1202], [301, 1302]]


def test_what_is_retained_and_no_such_body_is_set_aside_once(tmp_path: Any) -> None:
    found = list[int]()
    for _ in range(3):
        store = Store(tmp_path / "node.db")
        reader = Reader(tmp_path, store)
        reader.intake.offer(Message("price", b'{"pence": "many"}', True, 0, 0, False, 1))
        reader.gathered()
        store.close()
        found.append(reader.desk.meters.set_aside)

    assert found == [1, 0, 0]


def test_a_bare_body_that_waits_in_the_session_and_is_retained_triggers_once(reader: Reader) -> None:
    reader.pressed(5)
    reader.pressed(6, retain=True)
    reader.gathered()
    reader.intake.begin("a session")
    reader.pressed(7, retain=True)
    reader.gathered()

    assert reader.got == [400]


def test_what_still_waits_does_not_wait_twice_when_the_broker_delivers_it_again(reader: Reader) -> None:
    messages = [begin("x.y", {"pence": n}, T, str(n)).dumps() for n in (1, 2, 3)]
    reader.gathered()
    for connection in (1, 2, 3):
        for n, payload in enumerate(messages):
            reader.intake.offer(Message("go", payload, False, 1, 10 * connection + n, connection > 1, connection))
        waiting = len(reader.desk.queue)
        reader.intake.begin("a session")
        reader.intake.gathered()
    reader.desk.work()

    assert (waiting, reader.got, reader.acked) == (3, [100, 200, 300], [30, 31, 32])


@pytest.mark.parametrize(
    "change",
    [{"id": "\ud800"}, {"at": "0001-01-01T00:00:00+14:00"}, {"id": "x" * 10_000}, {"edge": "\ud800"}],
    ids=["half a character", "no such time", "an id without end", "half an edge"],
)
def test_what_is_no_envelope_is_refused_and_let_go(reader: Reader, change: dict[str, str]) -> None:
    fields = {"id": "a", "from": "x.y", "at": "2026-11-21T12:00:00Z", "body": {"pence": 1}}
    reader.gathered()
    reader.intake.offer(Message("go", json.dumps({**fields, **change}).encode(), False, 1, 9, False, 1))
    reader.desk.work()

    assert (reader.got, reader.acked) == ([], [9])


def test_what_waited_for_an_edge_that_is_gone_is_let_go_and_said_once(reader: Reader) -> None:
    for pence in (1, 2):
        reader.comes("gone", pence)
    reader.comes("go", 7)
    reader.gathered()
    reader.comes("gone", 3)

    assert (reader.got, sorted(reader.acked)) == ([700], [1, 2, 3, 7])
    assert reader.refused == ["gone: no edge brings this here any more; what had come along it is dropped"]
