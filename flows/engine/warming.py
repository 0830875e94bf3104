"""What the fork server does once, so that its children need not: import, use, forget, freeze."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from wattwire.broker.address import address

from . import holes, rehearsal
from .graph import Flow

TRUST = "wattwire.flows.engine.trust"
HTTP = ("httpx", "httpcore", "h2.connection", "wattwire.flows.engine.deadline")
SERVER = ("wattwire.flows.engine.listening",)
SERVE = ("wattwire.flows.engine.serving", "asyncio")


def modules(flows: Iterable[Flow]) -> list[str]:
    """What the nodes of these flows will import, the host's late imports among it."""
    types = [node.type for flow in flows for node in flow.nodes.values()]
    wanted = {kind.module.__name__ for kind in types}
    wanted |= {*HTTP, TRUST} if any(kind.read for kind in types) else set()
    wanted |= set(SERVER) if any(kind.listen for kind in types) else set()
    wanted |= set(SERVE) if any(kind.serve for kind in types) else set()
    return sorted(wanted)


def preload(modules: Iterable[str], dirs: Sequence[str] = ()) -> list[str]:
    """Import for all children at once. What cannot be imported is said, and is the child's trouble."""
    faults = []
    if dirs:  # first: by this the modules of these folders have their names
        from .palette import survey

        survey([Path(d) for d in dirs])
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # its command line would bring rich along
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as wrong:  # a node file may raise anything
            faults.append(f"{module} cannot be imported: {type(wrong).__name__}: {wrong}")
    return faults


def exercise(host: str, broker: str = "") -> None:
    """Live through a node's whole life once: what its code fills in of itself as it first runs is then shared."""
    with contextlib.suppress(Exception):  # warming is a kindness: without it children are only bigger
        if broker and not address(broker).tls:  # a TLS context is too big to be made twice
            rehearsal.rehearse(importlib.import_module(host).run, broker)


def freeze() -> None:
    """After this nothing walks over what the children share, or allocates among it, and so copies it."""
    gc.collect()
    holes.fill()
    gc.freeze()
