"""What outlives a node's process, and under which name the broker knows its session."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

from .graph import Flow
from .inhand import InHand
from .journal import Journal
from .lifeline import Lifeline
from .routes import EDGES
from .setup import Setup
from .store import Damaged, Full, Store

ROOM = 1.0  # seconds between looks for room on a full disk


def epoch(path: Path, renew: bool) -> str:
    """A name for the broker's session with this node, which outlives the process as the session does."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if not renew and (known := path.read_text()):
            return known
    name, draft = uuid4().hex, path.with_suffix(".draft")
    with contextlib.suppress(OSError):  # a full disk: then it is this process's own
        draft.write_text(name)
        draft.replace(path)
    return name


def opened(setup: Setup, lifeline: Lifeline) -> tuple[Store | None, InHand]:
    """The node's files. On a full disk it waits for room; a damaged one is moved aside, for a person to look at.

    Raises Full, where waiting would hold up others.
    """
    said, store = False, None
    while True:
        try:
            if store is None and keeps(setup.flow, setup.node):
                store = _store(setup, lifeline)
            return store, InHand(setup.store.with_suffix(".hand"))
        except Full:
            if setup.shared:
                raise
            if not said:
                lifeline.log("error", "the disk is full: it starts when there is room")
            said = True
            lifeline.tell({"beat": monotonic()})
            if lifeline.gone():
                raise SystemExit(0) from None
            sleep(ROOM)


def _store(setup: Setup, lifeline: Lifeline) -> Store:
    full, kind = setup.flow.durability == "disk", Journal if setup.node == EDGES else Store
    try:
        return kind(setup.store, full)
    except Damaged as wrong:
        name = f"{setup.store.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        for part in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{setup.store}{part}", setup.store.with_name(name + part))
        lifeline.log("error", f"{setup.store} is damaged ({wrong}): it begins empty; the old file is kept as {name}")
        return kind(setup.store, full)


def unread(store: Store | None, names: Sequence[str], lifeline: Lifeline) -> None:
    """Say which parts of the kept state make no sense to this version."""
    if names and store is not None:
        store.shelve()
        told = ", ".join(names)
        lifeline.log("error", f"what another version kept of {told} cannot be read, and is left out; a copy is kept")


def keeps(flow: Flow, node: str) -> bool:
    """Whether a node has a file of its own: all but those that only compute, unless the flow wants it all on disk."""
    if node == EDGES or flow.durability == "disk":
        return True
    kind = flow.nodes[node].type
    plain = not (kind.state or kind.read or kind.event or kind.serve or kind.actuator)
    return not (plain and not any(i.remembered for i in kind.ins.values()))
