"""Which topics a node listens to, and where on the node each of them leads."""

from __future__ import annotations

from dataclasses import dataclass, field

from wattwire.broker import topics
from wattwire.nodes import secret

from .edges import sources
from .graph import EDGES as EDGES
from .graph import Edge, Flow


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message on a topic goes: the edge it comes along, and the in port (for the carrier: the edge again)."""

    edge: str
    port: str
    strip: bool = False  # a nudge from a port that carries a secret: the body is left behind
    line: str = field(init=False, repr=False)  # the edge and the port, as text

    def __post_init__(self) -> None:
        object.__setattr__(self, "line", f"{self.edge}|{self.port}")


def routes(flow: Flow, node: str) -> dict[str, tuple[Route, ...]]:
    """Topic -> routes, for a node of the flow or for its edges process."""
    if node == EDGES:
        return _over(flow, flow.carried())
    found = _along(flow, flow.plain_into(node))
    ins = flow.nodes[node].type.ins
    for port in ins:
        found[topics.into(flow.name, node, port)] = [Route("", port)]
    # one message that is to be remembered and triggers as well is remembered first
    return {topic: tuple(sorted(along, key=lambda r: ins[r.port].triggers)) for topic, along in found.items()}


def former(flow: Flow, node: str) -> dict[str, tuple[Route, ...]]:
    """Of edges that are carried now and may once have been plain: a node does not subscribe to these topics, but what
    came before a deploy may lie in its session still. So it is with `edges` and those that are plain now."""
    if node == EDGES:
        return _over(flow, [e for e in flow.edges if e.plain])
    carried = [e for e in flow.carried() if e.to.partition(".")[0] == node]
    return {topic: tuple(along) for topic, along in _along(flow, carried).items()}


def _over(flow: Flow, edges: list[Edge]) -> dict[str, tuple[Route, ...]]:
    return {
        topics.out(flow.name, *source.split(".")): tuple(Route(e.name, e.name) for e in edges if e.source == source)
        for source in sources(edges)
    }


def _along(flow: Flow, edges: list[Edge]) -> dict[str, list[Route]]:
    found: dict[str, list[Route]] = {}
    for edge in edges:
        nudge = flow.carries(edge.to) is object and secret(flow.carries(edge.source))
        into = Route(edge.name, edge.to.partition(".")[2], nudge)
        found.setdefault(topics.out(flow.name, *edge.source.split(".")), []).append(into)
    return found


def processes(flow: Flow) -> list[str]:
    """Every process of a flow, the edges' carrier first as it must not miss what the others send."""
    return [EDGES, *flow.nodes] if flow.carried() else list(flow.nodes)
