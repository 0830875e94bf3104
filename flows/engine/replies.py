"""What a script answers in place of the world; what HTTP servers, and proxies before them, are known to answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from wattwire.nodes import Reply, Request

from .durations import duration
from .reasons import unknown

PAGE = "<!DOCTYPE html><html><head><title>Attention Required!</title></head><body>Request blocked.</body></html>"
FIELDS = {"node", "status", "json", "text", "headers", "takes", "lost", "once"}
HANGS = "10m"
"""Longer than any node waits."""


@dataclass(frozen=True)
class Given:
    """An answer. Without a reply it is the simulator's, or the network's: none."""

    reply: Reply | None = None
    takes: timedelta = timedelta()
    lost: bool = False  # the call was made, and its answer never came


@dataclass
class Replies:
    """The answers that a script has given to a node's requests so far."""

    standing: dict[str, Given] = field(default_factory=dict)
    once: dict[str, list[Given]] = field(default_factory=dict)

    def give(self, said: Mapping[str, Any]) -> None:
        if said.get("once"):
            self.once.setdefault(said["node"], []).append(given(said))
        else:
            self.standing[said["node"]] = given(said)

    def end(self, node: str) -> None:
        """From now on others answer again."""
        self.standing.pop(node, None)

    def next(self, node: str) -> Given | None:
        waiting = self.once.get(node)
        return waiting.pop(0) if waiting else self.standing.get(node)

    def answer(self, node: str, request: Request, now: datetime) -> Reply | None:
        found = self.next(node)
        return found.reply if found else None


def given(said: Mapping[str, Any]) -> Given:
    """A script's `reply` as an answer."""
    takes, lost = duration(said.get("takes", "0s")), bool(said.get("lost"))
    if lost or (takes and not {"status", "json", "text", "headers"} & said.keys()):
        return Given(None, takes, lost)
    headers = {str(k).lower(): str(v) for k, v in (said.get("headers") or {}).items()}
    text = said.get("text") or (json.dumps(said["json"]) if "json" in said else "")
    return Given(Reply(said.get("status", 200), said.get("json"), text, headers), takes)


def wrong_with(said: Any, nodes: Mapping[str, object]) -> None:
    """Raises ValueError for a `reply` that is none."""
    if not isinstance(said, dict) or "node" not in said:
        raise ValueError("a reply must be an object with a node")
    if odd := sorted(said.keys() - FIELDS):
        raise ValueError(unknown("field", odd[0], FIELDS))
    if said["node"] not in [*nodes]:
        raise ValueError(unknown("node", str(said["node"]), nodes))
    if not isinstance(said.get("status", 200), int):
        raise ValueError("status must be a number; 0 means no answer")
    if not isinstance(said.get("headers"), dict | None):
        raise ValueError("headers must be an object")
    if not isinstance(said.get("text"), str | None):
        raise ValueError("text must be a string")
    if not isinstance(said.get("lost"), bool | None):
        raise ValueError("lost must be true or false")
    duration(said.get("takes", "0s"))


HTML = {"content-type": "text/html; charset=utf-8"}
ODD: tuple[dict[str, Any], ...] = (
    {"status": 0},
    {"takes": HANGS},
    {"takes": "15s"},
    {"takes": "3s"},
    {"lost": True},
    {"lost": True, "takes": "20s"},
    {"status": 200, "text": ""},
    {"status": 200, "text": PAGE, "headers": HTML},
    {"status": 200, "text": '{"data": {"flexPlannedDisp'},
    {"status": 200, "json": None, "text": "null"},
    {"status": 200, "json": []},
    {"status": 200, "json": "ok"},
    {"status": 200, "json": {}},
    {"status": 200, "json": {"data": None}},
    {"status": 200, "json": {"data": None, "errors": [{"message": "Something went wrong."}]}},
    {"status": 200, "json": {"response": None}},
    {"status": 204},
    {"status": 301, "headers": {"location": "https://login.example/"}},
    {"status": 302, "text": PAGE, "headers": {**HTML, "location": "/login"}},
    {"status": 304},
    {"status": 400, "text": PAGE, "headers": HTML},
    {"status": 403, "text": PAGE, "headers": HTML},
    {"status": 404, "json": {"detail": "Not found."}},
    {"status": 408, "json": {"response": None, "error": "vehicle unavailable: vehicle is offline or asleep"}},
    {"status": 408},
    {"status": 421, "json": {"error": "user out of region"}},
    {"status": 429},
    {"status": 429, "headers": {"retry-after": "45"}},
    {"status": 429, "headers": {"retry-after": "Sat, 21 Nov 2026 12:00:00 GMT"}},
    {"status": 500, "text": "Internal Server Error"},
    {"status": 502, "text": PAGE, "headers": HTML},
    {"status": 503, "headers": {"retry-after": "120"}},
    {"status": 504},
    {"status": 520, "text": PAGE, "headers": HTML},
)
"""As the `reply` of a script line has it."""
