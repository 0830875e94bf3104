"""What all flows of one supervisor share, and what of a flow one node's process may know."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from .bus import Bus
from .graph import Edge, Flow
from .launcher import Launcher
from .logbook import Entry
from .options import Options
from .ownership import Claim
from .routes import EDGES


@dataclass(frozen=True)
class Means:
    """What all flows of one supervisor share."""

    options: Options
    launcher: Launcher
    bus: Bus
    url: str  # of the broker, for nodes
    me: Claim
    say: Callable[[str, Entry], None]  # a line of a flow's log
    changed: Callable[[], None]
    save: Callable[[], object]  # the broker's state, now
    later: Callable[[Coroutine[Any, Any, None]], None]


def apart(flow: Flow, node: str) -> Flow:
    """The flow as one node's process may know it: its own edges, and nobody else's settings or secrets."""
    edges = flow.edges if node == EDGES else tuple(e for e in flow.edges if node in _joined(e))
    near = {name for edge in edges for name in _joined(edge)} | {node}
    nodes = {n: it if n == node else replace(it, config=None, given={}) for n, it in flow.nodes.items() if n in near}
    return replace(flow, nodes=nodes, edges=edges, files=())


def _joined(edge: Edge) -> set[str]:
    return {port.partition(".")[0] for port in (edge.source, edge.to, edge.spent or edge.to)}
