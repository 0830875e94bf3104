"""What the fork server does once, so that its children need not: import, use, forget, freeze."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from .graph import Flow

HTTP = ("httpx", "httpcore", "h2.connection")
SERVER = ("wattwire.flows.engine.listening", "aiohttp.web")
SERVE = ("wattwire.flows.engine.serving", "asyncio")


def modules(flows: Iterable[Flow]) -> list[str]:
    """What the nodes of these flows will import, the host's late imports among it."""
    types = [node.type for flow in flows for node in flow.nodes.values()]
    wanted = {kind.module.__name__ for kind in types}
    wanted |= set(HTTP) if any(kind.read for kind in types) else set()
    wanted |= set(SERVER) if any(kind.listen for kind in types) else set()
    wanted |= set(SERVE) if any(kind.serve for kind in types) else set()
    return sorted(wanted)


def preload(modules: Iterable[str], dirs: Sequence[str] = ()) -> list[str]:
    """Import for all children at once. What cannot be imported is said, and is the child's trouble."""
    faults = []
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # its command line would bring rich along
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as wrong:  # a node file may raise anything
            faults.append(f"{module} cannot be imported: {type(wrong).__name__}: {wrong}")
    if dirs:
        from .palette import survey

        survey([Path(d) for d in dirs])
    return faults


def exercise(broker: str = "") -> None:
    """Run the paths that every node runs first, so that their caches are shared."""
    json.loads(json.dumps({"at": "2026-11-20T12:00:00Z", "body": {"a": [1, 2.5, None, True]}}))
    with contextlib.suppress(Exception):  # warming is a kindness: without it children are only bigger
        from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

        registry = CollectorRegistry()
        Counter("warm", "-", ["edge"], registry=registry).labels("a").inc()
        Histogram("warmed", "-", registry=registry).observe(0.1)
        generate_latest(registry)
    if broker:
        with contextlib.suppress(Exception):
            _connect(broker)


def _connect(broker: str) -> None:
    from wattwire.broker.link import Link, Message

    done: list[bool] = []

    def up(_: bool) -> None:
        link.subscribe(["wattwire/$warm"], lambda _: None)
        link.publish("wattwire/$warm", b"{}")

    def heard(message: Message) -> None:
        link.ack(message)
        done.append(True)

    link = Link(broker, f"wattwire-warm-{os.getpid()}", on_up=up, on_down=lambda _: None, on_message=heard, clean=True)
    if link.address.tls:
        return  # a TLS context is too big to be made twice
    link.connect()
    until = time.monotonic() + 1
    while not done and time.monotonic() < until:
        link.step(0.1)
    link.close()


def freeze() -> None:
    """After this no collection walks, and so copies, what the children share."""
    gc.collect()
    gc.freeze()
