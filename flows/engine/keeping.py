"""What of a node outlives its process, and under which name the broker knows its session."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from .graph import Flow
from .routes import EDGES


def epoch(path: Path, renew: bool) -> str:
    """A name for the broker's session with this node, which outlives the process as the session does."""
    if renew or not path.exists():
        path.write_text(uuid4().hex)
    return path.read_text()


def keeps(flow: Flow, node: str) -> bool:
    """Whether a node has a file of its own: all but those that only compute, unless the flow wants it all on disk."""
    if node == EDGES or flow.durability == "disk":
        return True
    kind = flow.nodes[node].type
    plain = not (kind.state or kind.read or kind.event or kind.serve or kind.actuator)
    return not (plain and not any(i.remembered for i in kind.ins.values()))
