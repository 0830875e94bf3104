"""Loops of edges in which nothing waits: a message would run round them as fast as it can."""

from __future__ import annotations

from collections.abc import Mapping

from wattwire.nodes import Node

from .graph import Edge


def loops(edges: list[Edge], known: Mapping[str, Node | None]) -> list[list[Edge]]:
    """One loop for each knot of edges, from its earliest edge on.

    A remembered port does not trigger, so no loop goes through it. Nor does one go through an adapter (a node that
    dials, listens or serves), as what it emits comes from its connection; one that answers itself is a loop, though.
    """
    out = dict[str, list[Edge]]()
    for edge in edges:
        if edge.after is None and edge.every is None and _passes(edge, known):
            out.setdefault(_node(edge.source), []).append(edge)
    found, knotted, circling = list[list[Edge]](), set[str](), _circling(out)
    for edge in edges:
        start = _node(edge.source)
        if start not in circling or start in knotted or edge not in out[start]:
            continue
        if way := _way(out, edge):
            found.append(way)
            knotted |= {_node(e.source) for e in way}
    return found


def _passes(edge: Edge, known: Mapping[str, Node | None]) -> bool:
    name, _, port = edge.to.partition(".")
    node = known.get(name)
    if node is None or not node.ins[port].triggers:
        return False
    return name == _node(edge.source) or not (node.dial or node.listen or node.serve)


def _circling(out: Mapping[str, list[Edge]]) -> set[str]:
    """The nodes left when those with no way on are taken away, again and again: none, if there is no loop."""
    ways = {node: {_node(e.to) for e in edges} for node, edges in out.items()}
    while dead := {node for node, to in ways.items() if not to & ways.keys()}:
        ways = {node: to for node, to in ways.items() if node not in dead}
    return set(ways)


def _way(out: Mapping[str, list[Edge]], first: Edge) -> list[Edge]:
    """The shortest way on which an edge comes back to its own node; empty if there is none."""
    ways, seen = [[first]], set[str]()
    for way in ways:
        at = _node(way[-1].to)
        if at == _node(first.source):
            return way
        ways += [[*way, e] for e in out.get(at, []) if at not in seen]
        seen.add(at)
    return []


def _node(port: str) -> str:
    return port.partition(".")[0]
