"""What a flow means, however it is spelled: its settings without their secrets, and the revision of it all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from wattwire.nodes import secret

from .bodies import encode
from .graph import Edge, FlowNode
from .kinds import members, record, settings
from .names import names_in
from .reading import Read


def given(config: type, written: Read) -> dict[str, Any]:
    """The settings as written; a secret is its $NAME, or `***`."""
    known = settings(config)
    return {n: _masked(known[n].kind, v) if n in known else None for n, v in written.value.items()}


def _masked(kind: Any, written: Read) -> Any:
    if not secret(kind):
        return written.plain
    parts = [k for k in members(kind) if record(k)]
    if parts and isinstance(written.value, dict):
        return given(parts[0], written)
    return written.value if isinstance(written.value, str) and names_in(written.value) else "***"


def revision(name: str, nodes: Mapping[str, FlowNode], edges: Sequence[Edge], ends: frozenset[str], kept: str) -> str:
    """The same for two files that mean the same."""
    meaning = {
        "flow": name,
        "nodes": {n: [f.type.name, f.given, f.host, f.isolation, f.memory] for n, f in nodes.items()},
        "edges": sorted((encode(e) for e in edges), key=lambda e: (e["source"], e["to"])),
        "ends": sorted(ends),
        "durability": kept,
    }
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()[:12]
