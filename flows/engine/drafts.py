"""A flow file's content on its way to a Flow: still as written, every part with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from .graph import Backoff, Isolation
from .reading import Read
from .reasons import Mark

SHARED: Final = "shared"
"""The word for one process of several nodes, in the place of a machine's label."""


@dataclass(frozen=True)
class NodeDraft:
    """A node as written; `type` is None where it overrides a node of an included flow."""

    name: str
    at: Mark
    type: Read | None
    config: Read
    host: str | None = None
    isolation: Isolation | None = None
    memory: int | None = None
    dropped: bool = False

    def place(self, shared: bool) -> tuple[str | None, Isolation]:
        """The machine's label, and the kind of process. `shared`: what the flow says for nodes that say nothing."""
        if self.memory is not None:  # which only a process of its own can have
            return None if self.host == SHARED else self.host, "spawn" if self.isolation == "spawn" else "fork"
        if self.host == SHARED:
            return None, self.isolation or SHARED
        return self.host, self.isolation or (SHARED if shared else "fork")


@dataclass(frozen=True)
class EdgeDraft:
    """An edge as written; its ends are still texts with their places."""

    at: Mark
    source: Read
    to: Read
    after: Backoff | None = None
    times: int | None = None
    spent: Read | None = None
    every: timedelta | None = None
    dropped: bool = False

    @property
    def delays(self) -> bool:
        return self.after is not None or self.every is not None


@dataclass
class Draft:
    """A flow file's content, with places."""

    name: str = ""
    includes: list[Read] = field(default_factory=list)
    nodes: dict[str, NodeDraft] = field(default_factory=dict)
    edges: list[EdgeDraft] = field(default_factory=list)
    ends: list[Read] = field(default_factory=list)
    durability: str | None = None
    host: str | None = None  # SHARED, or nothing
    lost: set[Mark] = field(default_factory=set)  # what a file took out of, or replaced in, those that it includes
    all_nodes: bool = True  # False if a fault took some away, so that a missing one proves nothing
    all_edges: bool = True
