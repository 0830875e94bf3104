"""A flow as it runs: nodes with their settings, and the edges between their ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from wattwire.nodes import Node

Isolation = Literal["fork", "spawn", "shared"]
"""A process forked, one with an interpreter of its own, or one with others."""

EDGES = "edges"
"""The name of the process that carries the edges which wait, count or hold back."""


@dataclass(frozen=True)
class Backoff:
    """How long an edge waits: first, then factor times longer each time, never more than most."""

    first: timedelta
    factor: float = 1.0
    most: timedelta | None = None
    jitter: float = 0.0  # a share of the wait: 0.1 is up to 10 % more


@dataclass(frozen=True)
class Edge:
    """From an out port to an in port, both as node.port."""

    source: str
    to: str
    after: Backoff | None = None
    times: int | None = None
    spent: str | None = None
    every: timedelta | None = None

    @property
    def name(self) -> str:
        return f"{self.source}>{self.to}"

    @property
    def plain(self) -> bool:
        """A plain edge is carried by the broker alone: the receiver subscribes to the sender's topic."""
        return self.after is None and self.times is None and self.every is None


@dataclass(frozen=True)
class FlowNode:
    """A node of a flow: its name there, its type, and its settings."""

    name: str
    type: Node
    config: Any
    host: str | None = None  # the machine's label, of `wattwire run --host`
    isolation: Isolation = "fork"
    memory: int | None = None  # bytes; more is an allocation that fails
    given: Mapping[str, Any] = field(default_factory=dict)  # settings as written, secrets by their $NAME
    through: Mapping[str, str] = field(default_factory=dict)  # finer out ports that nothing follows -> the coarser one


@dataclass(frozen=True)
class Flow:
    """A flow that can run."""

    name: str
    nodes: Mapping[str, FlowNode]
    edges: tuple[Edge, ...]
    ends: frozenset[str] = frozenset()
    durability: Literal["broker", "disk"] = "broker"
    revision: str = ""  # of the file's meaning, not of its spelling
    files: tuple[str, ...] = ()

    def plain_into(self, node: str) -> list[Edge]:
        return [e for e in self.edges if e.plain and e.to.partition(".")[0] == node]

    def carried(self) -> list[Edge]:
        """The edges that the `edges` process carries."""
        return [e for e in self.edges if not e.plain]

    def carries(self, port: str) -> Any:
        """The body type of node.port, out or in."""
        node, _, name = port.partition(".")
        kind = self.nodes[node].type
        return kind.outs[name].carries if name in kind.outs else kind.ins[name].carries
