"""The script of a trial: JSON lines that say what happens to a flow, and the JSON lines that come out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from wattwire.broker.envelope import instant, parse, stamp
from wattwire.nodes import without_login

from . import mishaps, replies
from .bench import Bench
from .bodies import masked, traced
from .chronicle import Write
from .durations import duration
from .graph import Flow
from .reasons import unknown
from .record import Seen
from .replies import Replies
from .rough import Rough

_text = json.JSONEncoder(ensure_ascii=False).encode
MORE: dict[str, tuple[str, ...]] = {
    "to": ("body",),
    "reply": ("once", "until"),
    "crash": ("step", "for"),
    "broker": (),
    "mishaps": ("until",),
    "delay": ("by",),
    "double": ("by",),
    "link": ("for",),
    "clock": ("until",),
}
"""The kinds of lines, and what a line of each may say besides."""
ROUGH = {*mishaps.KINDS, "step", "for", "until"}
ROUGH_REPLY = {"takes", "lost"}


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
                raise ValueError("lines must be in time order, and this one is earlier than the one before")
            found.append(line)
        except ValueError as wrong:
            told = " ".join(str(wrong).encode(errors="backslashreplace").decode().split())
            reasons.append(f"{name}:{number}: {told}")
    if reasons:
        raise ScriptError(reasons)
    return found


def _object(text: str) -> dict[str, Any]:
    try:
        said = parse(text)
    except ValueError as wrong:
        raise ValueError(f"not JSON: {wrong}") from None
    if not isinstance(said, dict) or "at" not in said:
        raise ValueError('a line must be an object with "at"')
    return said


def _line(said: dict[str, Any], flow: Flow) -> Line:
    kinds = [k for k in MORE if k in said]
    if len(kinds) != 1:
        raise ValueError(f"a line must have exactly one of {', '.join(MORE)}")
    kind = kinds[0]
    fields = {"at", kind, *MORE[kind]}
    if odd := sorted(said.keys() - fields):
        raise ValueError(unknown("field", odd[0], fields))
    if kind == "to":
        node, _, port = str(said["to"]).partition(".")
        if node not in flow.nodes:
            raise ValueError(unknown("node", node, flow.nodes))
        if port not in flow.nodes[node].type.ins:
            raise ValueError(f"{node} has {unknown('in port', port, flow.nodes[node].type.ins)}")
        said = {"body": None, **said}
    elif kind == "broker" and said["broker"] not in ("up", "down"):
        raise ValueError('broker must be "up" or "down"')
    elif kind == "reply":
        replies.wrong_with(said["reply"], flow.nodes)
    if kind not in ("to", "broker"):
        mishaps.wrong_with(said, kind, flow)
    return Line(_time(said["at"]), kind, said)


def _time(at: Any) -> datetime:
    if not isinstance(at, str):
        raise ValueError(f"at is not a time: {at}")
    try:
        return instant(at)
    except ValueError as wrong:
        raise ValueError(f"at is not a time: {wrong}") from None


def play(flow: Flow, script: list[Line], start: datetime, until: datetime, say: Callable[[str], object], *,
         seed: int = 0, shadow: bool = False, log: Write | None = None) -> Bench:  # fmt: skip
    """Live the script through; `say` gets each line of output."""
    more: dict[str, Any] = {"watch": lambda seen: say(told(seen)), "seed": seed, "shadow": shadow, "log": log}
    return laid(flow, script, start, **more).run(until)


def laid(flow: Flow, script: list[Line], start: datetime, *, rough: bool = False, **more: Any) -> Bench:
    """A bench with a script on its agenda. A script that harms no process needs none of what makes Rough slow."""
    given = Replies()
    bench: Bench
    if rough or any(_rough(line.said) for line in script):
        bench = Rough(flow, start, replies=given, **more)
    else:
        bench = Bench(flow, start, world=given.answer, **more)
    for line in script:
        _follow(bench, line, given)
    return bench


def _rough(said: dict[str, Any]) -> bool:
    return bool(said.keys() & ROUGH or ("reply" in said and said["reply"].keys() & ROUGH_REPLY))


def _follow(bench: Bench, line: Line, given: Replies) -> None:
    said, at = line.said, line.at
    if line.kind == "to":
        bench.put(at, said["to"], said["body"])
    elif line.kind == "reply":
        bench.do(at, partial(given.give, {**said["reply"], "once": once(said)}))
        if "until" in said:
            bench.do(instant(said["until"]), partial(given.end, said["reply"]["node"]))
    elif line.kind == "broker":
        bench.do(at, partial(bench.broker, said["broker"] == "up"))
    elif not isinstance(bench, Rough):
        bench.do(at, partial(bench.crash, said["crash"]))
    elif line.kind == "crash" and "step" not in said:
        bench.do(at, partial(bench.crash, said["crash"], duration(said.get("for", "0s"))))
    else:
        _befall(bench, line)


def _befall(bench: Rough, line: Line) -> None:
    said, at, until = line.said, line.at, instant(line.said["until"]) if "until" in line.said else None
    if line.kind == "link":
        bench.do(at, partial(bench.link, said["link"], duration(said["for"])))
    elif line.kind == "clock":
        bench.do(at, partial(bench.clock, mishaps.ahead(said["clock"])))
        if until is not None:
            bench.do(until, partial(bench.clock, timedelta()))
    elif line.kind == "mishaps":
        bench.do(at, partial(bench.mishaps.chances.append, found := mishaps.chance(said["mishaps"])))
        if until is not None:
            bench.do(until, partial(bench.mishaps.chances.remove, found))
    else:
        bench.do(at, partial(bench.mishaps.do, said))


def once(said: dict[str, Any]) -> bool:
    """`once` may stand in the line or in its reply."""
    return bool(said.get("once") or said["reply"].get("once"))


def told(seen: Seen) -> str:
    """A line of output; secrets are `***`."""
    at = stamp(seen.at.astimezone(UTC))
    line: dict[str, Any]
    if seen.request is not None:
        asked, body = seen.request, seen.request.json if seen.request.json is not None else seen.request.form
        line = {"node": seen.source, "method": asked.method, "url": without_login(asked.url), "json": masked(body)}
        return _text({"at": at, "request": line})
    message = seen.message
    if message is None:
        raise TypeError("neither a message nor a request")
    line = {"at": at, "from": message.source, "id": message.id, "cause": message.cause, "root": message.root}
    line["body"] = traced(seen.body, message.body)
    return _text(line)
