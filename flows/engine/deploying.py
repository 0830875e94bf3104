"""A changed flow put in the place of the running one: only what differs is stopped and started."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import leaving, seating
from .flowrun import FlowRun
from .graph import Flow
from .options import hosted
from .routes import EDGES, routes

DRAIN = 1.0  # seconds for what is under way to arrive


@dataclass(frozen=True)
class Difference:
    gone: tuple[str, ...]
    changed: tuple[str, ...]
    new: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.gone or self.changed or self.new)


def difference(old: Flow, new: Flow, before: Mapping[str, Any], after: list[str]) -> Difference:
    """`before` and `after` are the processes that run here."""
    kept = [name for name in after if name in before]
    changed = [name for name in kept if _shape(old, name) != _shape(new, name)]
    return Difference(
        tuple(name for name in before if name not in after), tuple(changed), tuple(n for n in after if n not in before)
    )


def _shape(flow: Flow, name: str) -> tuple[Any, ...]:
    """Everything a process was told when it started."""
    if name == EDGES:
        return flow.carried(), flow.durability
    node = flow.nodes[name]
    told = node.type.name, node.config, node.isolation, node.memory, node.through
    return *told, routes(flow, name), flow.durability


async def deploy(run: FlowRun, flow: Flow) -> Difference:
    """Pause the sources, drain, change what differs, drop what is gone, and go on. One at a time."""
    diff = difference(run.flow, flow, run.minders, hosted(flow, run.means.options))
    paused = run.paused
    run.pause(True)
    try:
        await asyncio.sleep(DRAIN)
        _lock(run, diff.new)
        try:
            await _change(run, flow, diff)
        except Exception:
            await run.launch([n for n in run.minders if n in run.owned and run.minders[n].state == "stopped"])
            raise
    finally:
        run.pause(paused)
    return diff


def _lock(run: FlowRun, new: Sequence[str]) -> None:
    """The new nodes that nobody else on this machine runs. If it cannot be done, all is as it was."""
    locks = [run.holding.lock(n) for n in new]
    try:
        for lock in locks:
            lock.take()
    except OSError:
        for lock in locks:
            lock.release()
        raise


async def _change(run: FlowRun, flow: Flow, diff: Difference) -> None:
    """Where another process is to hear an edge from now on, it does so before the former one stops listening."""
    old, leavers = run.flow, {n: run.minders[n] for n in (*diff.gone, *diff.changed)}
    again = [n for n in diff.changed if n in run.owned]
    await leaving.stop(old, {n: m for n, m in leavers.items() if n != EDGES})
    if EDGES in leavers:
        await _hear(run, flow, [n for n in again if n != EDGES])
        await leaving.stop(old, {EDGES: leavers[EDGES]})
    await run.holding.release(diff.gone)
    for n in diff.gone:
        del run.minders[n]
    run.flow = run.chronicle.flow = flow
    for n in (*diff.changed, *diff.new):
        run.minders[n] = run.minder(flow, n)
    mine = await run.holding.acquire(diff.new) + again
    if EDGES in mine:
        await run.seat([EDGES])
    nodes = [n for n in mine if n != EDGES]
    await run.seat(nodes)  # whoever goes on has its seat; a second one of its name would throw it off the broker
    run.announce()
    await run.launch(mine)


async def _hear(run: FlowRun, flow: Flow, nodes: Sequence[str]) -> None:
    """Seat nodes that do not run, for what is new to them; what is old still comes as well."""
    todo = seating.plan(flow, nodes, seating.ledger(run.folder))
    outcome = await seating.carry_out(run.means.url, replace(todo, stale={}, gone=(), clear=()))
    seating.renew(run.folder, outcome)
