"""The messages on the wire that a node's outputs become."""

from __future__ import annotations

import json

from wattwire.broker.envelope import stamp

from .work import Sent

LARGEST = 8_000_000  # bytes


class Letters:
    """Remembers which of several ports that exclude each other was the last."""

    def __init__(self) -> None:
        self._last_kept: dict[tuple[str, ...], str] = {}

    def of(self, sent: Sent) -> list[tuple[str, bytes, bool]]:
        """Topic, payload, and whether it is retained. Raises ValueError for what no broker would take."""
        found: list[tuple[str, bytes, bool]] = []
        if sent.clears:
            group = tuple(sorted((sent.topic, *sent.clears)))
            if not sent.topic or self._last_kept.get(group) != sent.topic:
                self._last_kept[group] = sent.topic
                found += [(topic, b"", True) for topic in sent.clears]
        if sent.until is not None:
            mirror = {"until": stamp(sent.until), "message": json.loads(sent.envelope.dumps())}
            found.append((sent.topic, json.dumps(mirror).encode(), True))
        elif sent.topic:
            found.append((sent.topic, sent.envelope.dumps(), sent.retain))
        for topic, payload, _ in found:
            if len(payload) > LARGEST:
                raise ValueError(f"{topic}: a message of {len(payload)} bytes is too large")
        return found
