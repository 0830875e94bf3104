"""The script of a trial: JSON lines that say what happens to a flow, and the JSON lines that come out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from wattwire.broker.envelope import instant, stamp
from wattwire.nodes import Reply, Request

from .bench import Bench
from .bodies import masked, traced
from .chronicle import Write
from .graph import Flow
from .record import Seen
from .routes import EDGES

_text = json.JSONEncoder(ensure_ascii=False).encode
KINDS = ("to", "reply", "crash", "broker")


class ScriptError(Exception):
    """The script cannot be followed; every reason, each with its line."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Line:
    """One line of a script: when, what kind, and its object."""

    at: datetime
    kind: str
    said: dict[str, Any]


@dataclass
class Replies:
    """The answers that a script has given to a node's requests so far."""

    standing: dict[str, Reply] = field(default_factory=dict)
    once: dict[str, list[Reply]] = field(default_factory=dict)

    def give(self, said: dict[str, Any]) -> None:
        headers = {str(k).lower(): str(v) for k, v in (said.get("headers") or {}).items()}
        text = said.get("text") or (json.dumps(said["json"]) if "json" in said else "")
        reply = Reply(said.get("status", 200), said.get("json"), text, headers)
        if said.get("once"):
            self.once.setdefault(said["node"], []).append(reply)
        else:
            self.standing[said["node"]] = reply

    def answer(self, node: str, request: Request, now: datetime) -> Reply | None:
        waiting = self.once.get(node)
        return waiting.pop(0) if waiting else self.standing.get(node)


def read(lines: Iterable[str], flow: Flow, name: str = "script") -> list[Line]:
    """Read a script and check it against the flow. Raises ScriptError with every reason at once."""
    found: list[Line] = []
    reasons: list[str] = []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = _line(_object(text), flow)
            if found and line.at < found[-1].at:
                raise ValueError("lines are in time order, and this one is earlier than the one before")
            found.append(line)
        except ValueError as wrong:
            reasons.append(f"{name}:{number}: {wrong}")
    if reasons:
        raise ScriptError(reasons)
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError as wrong:
        raise ValueError(f"not JSON: {wrong}") from None
    if not isinstance(said, dict) or "at" not in said:
        raise ValueError('a line is an object with "at"')
    return said


def _line(said: dict[str, Any], flow: Flow) -> Line:
    kinds = [k for k in KINDS if k in said]
    if len(kinds) != 1:
        raise ValueError(f"a line says one of {', '.join(KINDS)}")
    kind = kinds[0]
    if kind == "to":
        node, _, port = str(said["to"]).partition(".")
        if node not in flow.nodes or port not in flow.nodes[node].type.ins:
            raise ValueError(f"no in port {said['to']}")
        said = {"body": None, **said}
    elif kind == "broker" and said["broker"] not in ("up", "down"):
        raise ValueError('broker is "up" or "down"')
    elif kind == "crash" and said["crash"] not in [*flow.nodes, EDGES]:
        raise ValueError(f"no node {said['crash']}")
    elif kind == "reply":
        _check_reply(said["reply"], flow)
    return Line(_time(said["at"]), kind, said)


def _time(at: Any) -> datetime:
    if not isinstance(at, str):
        raise ValueError(f"at is no time: {at}")
    try:
        return instant(at)
    except ValueError as wrong:
        raise ValueError(f"at is no time: {wrong}") from None


def _check_reply(reply: Any, flow: Flow) -> None:
    if not isinstance(reply, dict):
        raise ValueError("a reply is an object with a node")
    if reply.get("node") not in [*flow.nodes]:
        raise ValueError(f"no node {reply.get('node')}")
    if not isinstance(reply.get("status", 200), int):
        raise ValueError("status is a number; 0 is no answer")
    if not isinstance(reply.get("headers"), dict | None):
        raise ValueError("headers are an object")
    if not isinstance(reply.get("text"), str | None):
        raise ValueError("text is text")


def play(flow: Flow, script: list[Line], start: datetime, until: datetime, say: Callable[[str], object], *,
         seed: int = 0, shadow: bool = False, log: Write | None = None) -> Bench:  # fmt: skip
    """Live the script through; `say` gets each line of output."""
    replies = Replies()
    bench = Bench(flow, start, world=replies.answer, watch=lambda seen: say(told(seen)), seed=seed, shadow=shadow,
                  log=log)  # fmt: skip
    for line in script:
        if line.kind == "to":
            bench.put(line.at, line.said["to"], line.said["body"])
        elif line.kind == "reply":
            bench.do(line.at, partial(replies.give, {**line.said["reply"], "once": once(line.said)}))
        elif line.kind == "crash":
            bench.do(line.at, partial(bench.crash, line.said["crash"]))
        else:
            bench.do(line.at, partial(bench.broker, line.said["broker"] == "up"))
    return bench.run(until)


def once(said: dict[str, Any]) -> bool:
    """`once` may stand in the line or in its reply."""
    return bool(said.get("once") or said["reply"].get("once"))


def told(seen: Seen) -> str:
    """A line of output; secrets are `***`."""
    at = stamp(seen.at.astimezone(UTC))
    line: dict[str, Any]
    if seen.request is not None:
        asked, body = seen.request, seen.request.json if seen.request.json is not None else seen.request.form
        line = {"node": seen.source, "method": asked.method, "url": asked.url, "json": masked(body)}
        return _text({"at": at, "request": line})
    message = seen.message
    if message is None:
        raise TypeError("neither a message nor a request")
    line = {"at": at, "from": message.source, "id": message.id, "cause": message.cause, "root": message.root}
    line["body"] = traced(seen.body, message.body)
    return _text(line)
