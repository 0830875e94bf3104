"""A flow that includes another: nodes, edges and ends are put together, the outer file has the last word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .drafts import Draft, EdgeDraft, NodeDraft
from .reading import Read
from .reasons import Faults, Mark, unknown

Resolve = Callable[[EdgeDraft, "dict[str, NodeDraft]"], tuple[str, str]]
"""An edge's two ends in full, where a bare node means its one fitting port."""


def side_by_side(drafts: list[Draft], faults: Faults) -> Draft:
    """Several included flows as one; none of them has a say over another."""
    if len(drafts) == 1:
        return drafts[0]
    whole = Draft(all_nodes=all(d.all_nodes for d in drafts), all_edges=all(d.all_edges for d in drafts))
    seen = set[Mark]()
    for draft in drafts:
        for name, node in draft.nodes.items():
            if name in whole.nodes and whole.nodes[name].at != node.at:
                told = f"node {name!r} is also in {whole.nodes[name].at.file}, which is included beside this file"
                faults.add(node.at, told)
            whole.nodes[name] = node
        whole.edges += [e for e in draft.edges if e.at not in seen]
        whole.ends += [e for e in draft.ends if e.at not in seen]
        seen |= {e.at for e in draft.edges} | {e.at for e in draft.ends}
        whole.durability = "disk" if "disk" in (whole.durability, draft.durability) else draft.durability
    return whole


def put_over(inner: Draft, outer: Draft, resolve: Resolve, faults: Faults) -> Draft:
    """The outer flow over what it includes."""
    whole = Draft(outer.name, nodes=dict(inner.nodes))
    whole.all_nodes = inner.all_nodes and outer.all_nodes
    whole.all_edges = inner.all_edges and outer.all_edges
    whole.durability = outer.durability or inner.durability
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
    whole.edges = [*kept, *(e for e in outer.edges if not e.dropped)]
    wired = {e.source.value for e in outer.edges if not e.dropped}
    whole.ends = [e for e in inner.ends if e.value not in wired and _node(e.value) not in gone]
    whole.ends += [e for e in outer.ends if e.value not in {w.value for w in whole.ends}]
    return whole


def _overridden(inner: NodeDraft, outer: NodeDraft) -> NodeDraft:
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
