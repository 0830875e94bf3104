"""What is worth knowing of each node at a glance: the last message it sent, and what comes next. Never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.broker import envelope
from wattwire.nodes import clock, secret
from wattwire.nodes.cadence import EPOCH, Cadence

from .graph import Flow


@dataclass
class Glance:
    """Of one flow. `hear` takes what is on its topics; bodies of ports that carry a secret are not looked at."""

    flow: Flow
    last: dict[str, tuple[datetime, str]] = field(default_factory=dict)  # node -> when, what
    _waiting: dict[str, datetime] = field(default_factory=dict)  # edge -> until

    def hear(self, topic: str, payload: bytes, now: datetime) -> None:
        _, _, node, port, *rest = topic.split("/")
        if node == "$waiting":
            self._waits(port, payload)
        elif node in self.flow.nodes and not rest and not port.startswith("$") and payload:
            self._sent(node, port, payload, now)

    def following(self, node: str, now: datetime) -> tuple[datetime, str] | None:
        """When something comes to the node, and what."""
        coming = [(at, edge.partition(">")[2]) for edge, at in self._waiting.items()]
        found = [(at, to.partition(".")[2]) for at, to in coming if to.partition(".")[0] == node]
        it = self.flow.nodes.get(node)
        if it is not None and isinstance(it.config, clock.Config) and it.config.align:
            cadence = Cadence(it.config.every, EPOCH + it.config.offset, timedelta(0), "")
            found.append((cadence.at(cadence.reached(now) + 1), "tick"))
        return min(found, default=None)

    def _waits(self, edge: str, payload: bytes) -> None:
        self._waiting.pop(edge, None)
        if payload:
            try:
                self._waiting[edge] = envelope.instant(json.loads(payload)["until"])
            except (KeyError, TypeError, ValueError):
                return

    def _sent(self, node: str, port: str, payload: bytes, now: datetime) -> None:
        out = self.flow.nodes[node].type.outs.get(port)
        if out is None:
            return
        try:
            message = envelope.loads(payload, now)
        except ValueError:
            return
        if node in self.last and self.last[node][0] > message.at:
            return  # a retained one, of before
        shown = "***" if secret(out.carries) else brief(message.body)
        self.last[node] = message.at, f"{port} {shown}".rstrip()


def brief(body: Any, width: int = 60) -> str:
    """A body in one short line: its fields that say something, lists by their length."""
    if not isinstance(body, Mapping):
        text = "" if body is None else json.dumps(body, ensure_ascii=False)
    else:
        parts = []
        for name, value in body.items():
            if value is None or name == "at":
                continue
            if isinstance(value, list):
                value = f"[{len(value)}]"
            elif isinstance(value, Mapping):
                value = "{…}"
            parts.append(f"{name} {value if isinstance(value, str) else json.dumps(value)}")
        text = ", ".join(parts)
    return text if len(text) <= width else text[: width - 1] + "…"


def time_of(at: datetime, now: datetime | None = None) -> str:
    """Local time of day; with the date if it is another day."""
    local, today = at.astimezone(), (now or datetime.now(UTC)).astimezone()
    return f"{local:%H:%M:%S}" if local.date() == today.date() else f"{local:%d %b %H:%M}"
