"""What `wattwire run` was asked to do, and which nodes that means."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .graph import Flow
from .routes import EDGES, processes


@dataclass(frozen=True, kw_only=True)
class Options:
    root: Path  # the state folder; each flow has one of its own in it
    broker: str = ""  # URL; empty: start a private one
    prefer: Literal["auto", "mosquitto", "embedded"] = "auto"
    port: int = 1883  # of the private broker, if it is free
    label: str = ""  # run only nodes whose `host` is this
    only: frozenset[str] = frozenset()
    shared: bool = False  # the nodes of a flow in one process
    shadow: bool = False
    admin: int | None = None  # port; None: the usual one, or a free one
    hang: float = 10.0  # seconds without a heartbeat
    nodes_dirs: tuple[Path, ...] = ()
    reload: Callable[[str], Flow] | None = field(default=None, compare=False)  # a flow by its name, anew from its file

    @property
    def host(self) -> str:
        """Who we are, for people."""
        return self.label or socket.gethostname()


def hosted(flow: Flow, options: Options) -> list[str]:
    """The processes of a flow that run here: with `only` those, else those of this host.

    The edges go with the host that all nodes share; where there is none, with the nodes that have no host.
    """
    if options.only:
        return [name for name in processes(flow) if name in options.only]
    hosts = {name: node.host or "" for name, node in flow.nodes.items()}
    shared = set(hosts.values())
    hosts[EDGES] = shared.pop() if len(shared) == 1 else ""
    return [name for name in processes(flow) if hosts[name] == options.label]


def without_edges(flow: Flow, options: Options) -> bool:
    """Whether nodes run here on a broker of our own, but not the process that carries their waiting edges."""
    here = hosted(flow, options)
    return bool(flow.carried() and here) and EDGES not in here and not options.broker


def shares(flow: Flow, name: str, options: Options) -> bool:
    """Whether it runs in its flow's shared process: the edges do, where every node here does."""
    if name == EDGES:
        nodes = [n for n in hosted(flow, options) if n != EDGES]
        return bool(nodes) and all(shares(flow, n, options) for n in nodes)
    node = flow.nodes[name]
    return node.isolation == "shared" or (options.shared and node.isolation == "fork" and node.memory is None)
