"""The envelope: what is known about a message besides its body. JSON, so that any MQTT client can read and write it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import uuid4


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not a JSON number")


def _number(word: str) -> float:
    if (number := float(word)) in (INFINITE, -INFINITE):  # it could be read, and not be written again
        raise ValueError(f"{word[:20]} is larger than any number here")
    return number


QUICK: Any = None  # reads and writes JSON in a fifth of the time, where it is installed
with suppress(ImportError):
    QUICK = importlib.import_module("orjson")
INFINITE = float("inf")
WRITE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
READ = json.JSONDecoder(parse_constant=_no_number, parse_float=_number)
DEEPEST, BARE = 100, 50
"""Objects and lists within each other: the stack of whoever reads or writes them has an end. What comes from
outside has fewer: on its way through the nodes more is put around it."""
MANY = 1_000_000_000  # attempts
REQUIRED = frozenset({"id", "from", "at", "body"})
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LONGEST = 250  # characters of an id or a name: receivers keep many of them


def instant(text: str) -> datetime:
    """Read a time; one without a zone is refused, as nobody could say when it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"Invalid isoformat string: {text[:40]!a}") from None
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {text.encode(errors='replace').decode()}")
    if at.tzinfo is not UTC:
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            at = FIRST
    if not FIRST < at < LAST:  # nobody means it, and reckoning with it would leave the calendar
        raise ValueError(f"no time that there is: {text}")
    return at


def stamp(at: datetime) -> str:
    """Write a time: UTC, milliseconds only where there are any, and Z."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    text = at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return text[:-6] + "Z"


@dataclass(slots=True)  # nobody changes one; to have that watched would cost more than to read it
class Envelope:
    """A message. `body` is JSON, not yet read into the type that the receiving port carries."""

    id: str
    root: str  # id of the tick that began the chain
    cause: str  # id of the message that led to this one; empty for a beginning
    source: str  # node.port; `from` on the wire
    at: datetime
    body: Any
    attempts: Mapping[str, int] = field(default_factory=dict)  # edge -> how often it was followed in a row
    edge: str = ""  # the edge that carried it here, where that was not the broker alone

    def onward(self, source: str, body: Any, at: datetime, position: int = 0) -> Envelope:
        """The message that this one leads to. A repetition makes the same id, so that twice does no harm."""
        return Envelope(derived(self.id, source, position), self.root, self.id, source, at, body, self.attempts)

    def carried(self, edge: str, attempts: Mapping[str, int], body: Any) -> Envelope:
        """This very message, handed over by an edge that waited or counted."""
        return Envelope(self.id, self.root, self.cause, self.source, self.at, body, attempts, edge)

    def dumps(self) -> bytes:
        fields = {"id": self.id, "root": self.root, "cause": self.cause, "from": self.source, "at": stamp(self.at)}
        if self.edge:
            fields["edge"] = self.edge
        data = {**fields, "attempts": self.attempts, "body": self.body}
        if QUICK is not None:
            with suppress(TypeError):  # such as whole numbers beyond 64 bits: the slower one writes them
                payload: bytes = QUICK.dumps(data, option=QUICK.OPT_APPEND_NEWLINE)[:-1]  # its own one fills a page
                if b"null" not in payload:  # it writes that for NaN as well
                    return payload
        try:
            return WRITE.encode(data).encode()
        except UnicodeEncodeError:  # half a character, which only an escape can carry
            return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


def begin(source: str, body: Any, at: datetime, number: str) -> Envelope:
    """The first message of a chain; `number` is what makes it one of its source's own, durably."""
    id = derived("", source, 0, number)
    return Envelope(id, id, "", source, at, body)


def derived(cause: str, source: str, position: int, number: str = "") -> str:
    return blake2b(f"{cause}|{source}|{position}|{number}".encode(), digest_size=9).hexdigest()


def parse(text: str | bytes) -> Any:
    """JSON as such. Raises nothing but ValueError, whatever the text is."""
    text = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    try:
        data = QUICK.loads(text) if QUICK is not None else READ.decode(text.decode())
    except (ValueError, RecursionError):
        data = _parsed(text)
    if text.count(b"[") + text.count(b"{") > BARE and _deep(data, DEEPEST):
        raise ValueError("brackets within brackets, too deep to read")
    return data


def _parsed(text: bytes) -> Any:
    """What only one of the two readers takes, or neither: then this one says why."""
    try:
        return READ.decode(text.decode())
    except RecursionError:
        raise ValueError("brackets within brackets without end") from None


def _deep(data: Any, most: int) -> bool:
    """Whether it has more levels than that."""
    level = [data]
    for _ in range(most):
        level = [v for it in level for v in (it.values() if isinstance(it, dict) else it) if isinstance(v, dict | list)]
        if not level:
            return False
    return True


def loads(payload: bytes, now: datetime) -> Envelope:
    """Read what came on a topic. JSON that is no envelope is a bare body from outside, and the beginning of a chain."""
    try:
        data = parse(payload)
    except ValueError as wrong:
        raise ValueError(f"not JSON: {wrong}") from None
    if not (isinstance(data, dict) and data.keys() >= REQUIRED):
        if payload.count(b"[") + payload.count(b"{") > BARE and _deep(data, BARE):
            raise ValueError("not JSON: brackets within brackets, too deep to read")
        id = uuid4().hex[:18]
        return Envelope(id, id, "", "", now, data)
    try:
        at, attempts = instant(data["at"]), data.get("attempts") or {}
        if attempts and not all(
            isinstance(k, str) and isinstance(v, int) and 0 <= v < MANY for k, v in attempts.items()
        ):
            raise ValueError("attempts must be counts per edge")
        id = data["id"]
        root, cause, edge = data.get("root") or id, data.get("cause") or "", data.get("edge") or ""
        names: tuple[Any, ...] = id, root, cause, data["from"], edge
        if not _plain(names):
            names = tuple(map(_name, names))
        id, root, cause, source, edge = names
        return Envelope(id, root, cause, source, at, data["body"], attempts, edge)
    except (AttributeError, TypeError, ValueError) as wrong:
        raise ValueError(f"not an envelope: {wrong}") from None


def _plain(names: tuple[Any, ...]) -> bool:
    """Whether there is no doubt about any of them."""
    try:
        together: str = "".join(names)
    except TypeError:
        return False
    return len(together) <= LONGEST and together.isascii()


def _name(given: object) -> str:
    text = str(given)
    if len(text) > LONGEST:
        raise ValueError(f"a name of {len(text)} characters")
    if not text.isascii():
        text.encode()  # half a character could be kept nowhere
    return text
