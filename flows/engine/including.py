"""A flow that includes another: nodes, edges and ends are put together, the outer file has the last word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .drafts import SHARED, Draft, EdgeDraft, NodeDraft
from .reading import Read
from .reasons import Faults, Mark, unknown

Resolve = Callable[[EdgeDraft, "dict[str, NodeDraft]"], tuple[str, str]]
"""An edge's two ends in full, where a bare node means its one fitting port."""


def side_by_side(drafts: list[Draft], faults: Faults) -> Draft:
    """Several included flows as one. Where they share a third, whatever any of them changed or took out counts."""
    if len(drafts) == 1:
        return drafts[0]
    whole = Draft(all_nodes=all(d.all_nodes for d in drafts), all_edges=all(d.all_edges for d in drafts))
    whole.lost, seen = {mark for d in drafts for mark in d.lost}, set[Mark]()
    for draft in drafts:
        for name, node in draft.nodes.items():
            there = whole.nodes.get(name)
            if there and there.at != node.at and not {there.at, node.at} & whole.lost:
                told = f"node {name!r} is also in {there.at.file}, which is included beside this file"
                faults.add(node.at, told)
            if node.at not in whole.lost:
                whole.nodes[name] = _both(there, node) if there and there.at == node.at else node
        lost = seen | whole.lost
        whole.edges += [e for e in draft.edges if e.at not in lost]
        whole.ends += [e for e in draft.ends if e.at not in lost]
        seen |= {e.at for e in draft.edges} | {e.at for e in draft.ends}
        whole.host = whole.host or draft.host
        whole.durability = "disk" if "disk" in (whole.durability, draft.durability) else draft.durability
    return whole


def put_over(inner: Draft, outer: Draft, resolve: Resolve, faults: Faults) -> Draft:
    """The outer flow over what it includes."""
    whole = Draft(outer.name, nodes=dict(inner.nodes))
    whole.all_nodes = inner.all_nodes and outer.all_nodes
    whole.all_edges = inner.all_edges and outer.all_edges
    whole.durability, whole.host = outer.durability or inner.durability, outer.host or inner.host
    for name, node in outer.nodes.items():
        if node.dropped:
            if whole.nodes.pop(name, None) is None and inner.all_nodes:
                faults.add(node.at, f"{unknown('node', name, inner.nodes)}: nothing to drop")
        elif node.type is None and name in inner.nodes:
            whole.nodes[name] = _overridden(inner.nodes[name], node)
        else:
            whole.nodes[name] = node
    gone = inner.nodes.keys() - whole.nodes.keys()
    ours = {resolve(e, whole.nodes): e for e in outer.edges}
    theirs = [(resolve(e, inner.nodes), e) for e in inner.edges]
    for ends, edge in ours.items():
        if edge.dropped and ends not in dict(theirs) and inner.all_edges:
            faults.add(edge.at, f"no edge from {ends[0]} to {ends[1]}: nothing to drop")
    kept = [e for ends, e in theirs if ends not in ours and not gone & {_node(p) for p in ends}]
    replaced = {n.at for name, n in inner.nodes.items() if name in gone or n.at != whole.nodes[name].at}
    whole.edges = [*kept, *(e for e in outer.edges if not e.dropped)]
    wired = {e.source.value for e in outer.edges if not e.dropped}
    whole.ends = [e for e in inner.ends if e.value not in wired and _node(e.value) not in gone]
    left = {e.at for e in kept} | {e.at for e in whole.ends}
    whole.lost = inner.lost | replaced | ({e.at for e in inner.edges} | {e.at for e in inner.ends}) - left
    whole.ends += [e for e in outer.ends if e.value not in {w.value for w in whole.ends}]
    return whole


def _both(one: NodeDraft, other: NodeDraft) -> NodeDraft:
    """A node that two files change: each setting as the file that gives it has it; where both do, the later one."""
    given = {name: value for name, value in other.config.value.items() if value.over or name not in one.config.value}
    config = Read(one.config.value | given, one.config.at, {**one.config.keys, **other.config.keys})
    return replace(
        one,
        config=config,
        host=other.host or one.host,
        isolation=other.isolation or one.isolation,
        memory=other.memory or one.memory,
    )


def _overridden(inner: NodeDraft, outer: NodeDraft) -> NodeDraft:
    if outer.host == SHARED:
        inner = replace(inner, isolation=None, memory=None)
    over = {name: replace(value, over=True) for name, value in outer.config.value.items()}
    config = Read(inner.config.value | over, inner.config.at, {**inner.config.keys, **outer.config.keys})
    return replace(
        inner,
        config=config,
        host=outer.host or inner.host,
        isolation=outer.isolation or inner.isolation,
        memory=outer.memory or inner.memory,
    )


def _node(port: str) -> str:
    return port.partition(".")[0]
