"""What was seen on the bench, and the questions that tests ask about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from wattwire.broker.envelope import Envelope
from wattwire.nodes import Request


class Seen(NamedTuple):
    """Something that happened on the bench: a message that left a node, or a request."""

    at: datetime
    source: str  # node.port, or the node that asked
    message: Envelope | None
    body: object
    request: Request | None = None


class Record:
    """Everything seen, in order."""

    seen: list[Seen]

    def times(self, source: str) -> list[str]:
        """When messages left node.port, as HH:MM:SS."""
        return [f"{s.at:%H:%M:%S}" for s in self.seen if s.source == source and s.message]

    def bodies(self, source: str) -> list[Any]:
        return [s.body for s in self.seen if s.source == source and s.message]

    def requests(self, node: str) -> list[Seen]:
        return [s for s in self.seen if s.source == node and s.request]
