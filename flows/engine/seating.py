"""Seats: all nodes' sessions and subscriptions are made before any of them runs, so that none misses a word."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wattwire.broker import topics
from wattwire.broker.link import Link, Message

from . import statefolder
from .edges import Carrier
from .graph import Flow
from .journal import Journal
from .routes import EDGES, processes, routes
from .store import Damaged, Full

LEDGER = "seats.json"
PATIENCE = 10.0  # seconds for one seat


@dataclass(frozen=True)
class Seat:
    """What the broker keeps for a node."""

    client: str
    topics: tuple[str, ...]  # subscribed to
    retained: tuple[str, ...]  # that it may leave behind


@dataclass(frozen=True)
class Plan:
    """What is to be done before a flow of this shape may run."""

    seats: Mapping[str, Seat]
    stale: Mapping[str, tuple[str, ...]]  # node -> subscriptions of an earlier revision
    gone: tuple[str, ...] = ()  # client ids that are no node's any more
    clear: tuple[str, ...] = ()  # retained topics that nobody will renew


@dataclass
class Outcome:
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)  # node -> filters
    failed: dict[str, str] = field(default_factory=dict)  # node -> why
    new: set[str] = field(default_factory=set)  # nodes whose session begins here: its message ids do, too


def seat(flow: Flow, node: str) -> Seat:
    retained = [topics.status(flow.name, node), topics.owner(flow.name, node), topics.poison(flow.name, node)]
    if node == EDGES:
        retained += [topics.waiting(flow.name, edge.name) for edge in flow.carried() if edge.after]
    else:
        retained += [topics.out(flow.name, node, p.name) for p in flow.nodes[node].type.outs.values() if p.keep]
    return Seat(topics.client(flow.name, node), tuple(routes(flow, node)), tuple(retained))


def plan(flow: Flow, nodes: Iterable[str], ledger: Mapping[str, Any]) -> Plan:
    """`nodes` are those that run here; the flow's others are somebody else's to seat."""
    wanted = {node: seat(flow, node) for node in nodes}
    stale = {n: tuple(t for t in ledger.get(n, {}).get("topics", ()) if t not in s.topics) for n, s in wanted.items()}
    gone = [node for node in ledger if node not in processes(flow)]
    left = {node: entry.get("client", _former(flow, node)) for node, entry in ledger.items()}
    closed = [left[n] for n in ledger if n in gone or (n in wanted and left[n] != wanted[n].client)]
    clear = [t for node in gone for t in ledger[node].get("retained", ())]
    clear += [t for n, s in wanted.items() for t in ledger.get(n, {}).get("retained", ()) if t not in s.retained]
    return Plan(wanted, stale, tuple(closed), tuple(clear))


def _former(flow: Flow, node: str) -> str:
    """The client id that a node had in releases which did not note it: nodes of two flows could have the same."""
    return f"{topics.BASE}-{flow.name}-{node}"


def ledger(folder: Path) -> dict[str, Any]:
    return statefolder.read(folder / LEDGER)


def remember(flow: Flow, folder: Path, done: Plan, failed: Container[str] = ()) -> None:
    """Once the plan is carried out; where that failed for a node, it is rid of old subscriptions the next time.

    Raises Unusable.
    """
    kept = {node: entry for node, entry in ledger(folder).items() if node in processes(flow)}
    for node, s in done.seats.items():
        if node in failed:
            continue
        kept[node] = {"client": s.client, "topics": list(s.topics), "retained": list(s.retained)}
    statefolder.write(folder / LEDGER, kept)


def renew(folder: Path, outcome: Outcome) -> None:
    """Nodes name their session, so as to know a bare message that is delivered again; a new one needs a new name."""
    for node in outcome.new:
        (folder / f"{node}.epoch").unlink(missing_ok=True)


async def emptied(
    folder: Path, flow: Flow, published: Callable[[Iterable[tuple[str, bytes, bool]]], Awaitable[bool]]
) -> None:
    """Where no edge is carried any more, hand over what waited. Else it would come as old news once one is again."""
    if flow.carried() or not (file := folder / f"{EDGES}.db").exists():
        return
    unreadable = Damaged, Full, sqlite3.Error  # it is damaged, or somebody else's edges run by an older flow
    with suppress(*unreadable), closing(await asyncio.to_thread(Journal, file)) as store:
        carrier, owed = Carrier(flow, saved=store.snapshot()), store.owed()
        handed = [(it.topic, it.payload, False) for it in owed if not it.retain]
        handed += [(s.topic, s.envelope.dumps(), False) for s in carrier.due(datetime.now(UTC)).sent if s.topic]
        if await published(handed):
            store.commit(snapshot=carrier.changes())
            store.settle(max((it.number for it in owed), default=0))


async def carry_out(url: str, todo: Plan) -> Outcome:
    """All seats at once, as far as threads help."""
    outcome, loop = Outcome(), asyncio.get_running_loop()

    def one(node: str, it: Seat) -> None:
        try:
            refused, session = take(url, it.client, it.topics, todo.stale.get(node, ()))
        except ConnectionError as wrong:
            outcome.failed[node] = str(wrong)
        else:
            if refused:
                outcome.refused[node] = refused
            if not session:
                outcome.new.add(node)

    def leave(client: str) -> None:
        try:
            take(url, client, (), (), clean=True)
        except ConnectionError as wrong:
            outcome.failed[client] = str(wrong)

    with ThreadPoolExecutor(4, thread_name_prefix="seat") as pool:
        work = [loop.run_in_executor(pool, one, node, it) for node, it in todo.seats.items()]
        work += [loop.run_in_executor(pool, leave, client) for client in todo.gone]
        await asyncio.gather(*work)
    return outcome


def take(url: str, client: str, filters: Sequence[str], stale: Sequence[str], *, clean: bool = False,
         patience: float = PATIENCE) -> tuple[tuple[str, ...], bool]:  # fmt: skip
    """Take one seat and leave it to its node: which filters the broker refused, and whether it was there before.

    Raises ConnectionError.
    """
    done: list[tuple[str, ...]] = []
    sessions: list[bool] = []

    def up(session: bool) -> None:
        sessions.append(session)
        if stale:
            link.unsubscribe(stale)
        if not link.subscribe(filters, done.append):
            done.append(())

    def heard(message: Message) -> None:
        if message.retain:
            link.ack(message)  # the node is shown these again; all else stays queued for it

    link = Link(url, client, on_up=up, on_down=lambda _: None, on_message=heard, clean=clean)
    link.connect()
    until = time.monotonic() + patience
    while not done and (left := until - time.monotonic()) > 0:
        link.step(left)
    why = link.why
    link.close()
    if not done:
        raise ConnectionError(why or "the broker does not answer")
    return done[0], sessions[-1]
