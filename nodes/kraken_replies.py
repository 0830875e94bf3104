"""What a reply of Octopus's GraphQL means. Failures come with HTTP 200, so the error's code decides, never its type."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from .calls import Fault, Json, Reply

RENEW = frozenset(f"KT-CT-{n}" for n in (1111, 1112, 1120, 1124, 1125, 1126, 1127, 1134, 1135, 1139, 1143, 1144)) | {
    "OE-0103"
}
"""A new token may help. 1124 is the everyday one: "Signature of the JWT has expired."."""

THROTTLED = frozenset({"KT-CT-1199"})
"""Typed AUTHORIZATION, yet it says nothing about the token: keep it and wait."""

REFUSED = frozenset(f"KT-CT-{n}" for n in (1111, 1121, 1122, 1134, 1135, 1138, 1139, 1143, 1144, 1145, 1148)) | {
    "OE-0103"
}
"""When a token was asked for: the key is wrong or may not be used."""


@dataclass(frozen=True)
class Wrong:
    """One entry of a reply's `errors`."""

    message: str
    code: str | None = None
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class Trouble:
    """Which out port a failure belongs to, and what to say there."""

    port: str  # unauthorised, throttled, blocked or failed
    fault: Fault


def wrongs(reply: Reply) -> list[Wrong]:
    found = reply.json.get("errors") if isinstance(reply.json, dict) else None
    return [_wrong(e) for e in found] if isinstance(found, list) else []


def trouble(reply: Reply, spare: Callable[[Wrong], bool] = lambda _: False) -> Trouble | None:
    """Why this reply is of no use, or None if its data may be read; `spare` names errors that do not matter."""
    found = [w for w in wrongs(reply) if not spare(w)]
    if found:
        worst = next((w for codes in (RENEW, THROTTLED) for w in found if w.code in codes), found[0])
        return Trouble(_port(worst.code) or _status_port(reply), reply.fault(worst.message, worst.code))
    if reply.status == 200 and isinstance(reply.json, dict) and isinstance(reply.json.get("data"), dict):
        return None
    return Trouble(_status_port(reply), reply.fault(_detail(reply)))


def key_refused(reply: Reply) -> bool:
    """Whether the answer to a request for a token says that trying again cannot help."""
    found = wrongs(reply)
    if any(w.code in REFUSED for w in found):
        return True
    if reply.status == 200:
        return any(w.code is None for w in found)
    return reply.status in (401, 403) and reply.json is not None and not any(w.code for w in found)


def refused_document(reply: Reply) -> bool:
    """Whether Octopus no longer knows something the query names: then none of it is answered."""
    words = ("Cannot query field", "Unknown type", "Unknown argument", "Unknown fragment")
    return any(w.message.startswith(words) for w in wrongs(reply))


def expiry(token: str, payload: object, asked: datetime) -> datetime:
    """When a token ends: as the reply says, else as the token says, else an hour after it was given."""
    exp: object = payload.get("exp") if isinstance(payload, dict) else None
    if not isinstance(exp, int):
        exp = _claims(token).get("exp")
    return datetime.fromtimestamp(exp, UTC) if isinstance(exp, int) else asked + timedelta(minutes=60)


def instant(text: str) -> datetime:
    """A time with an offset, as UTC; old replies put a space where the T belongs."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"a time without an offset: {text}")
    return found.astimezone(UTC)


def number(value: Json) -> Decimal | None:
    """Numbers come as JSON numbers or as strings; what is neither is unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _wrong(found: Json) -> Wrong:
    if not isinstance(found, dict):
        return Wrong(str(found))
    more, path = found.get("extensions"), found.get("path")
    code = more.get("errorCode") if isinstance(more, dict) else None
    steps = tuple(p for p in path if isinstance(p, str | int)) if isinstance(path, list) else ()
    return Wrong(str(found.get("message") or "no reason given"), code if isinstance(code, str) else None, steps)


def _port(code: str | None) -> str | None:
    if code is None:
        return None
    return "unauthorised" if code in RENEW else "throttled" if code in THROTTLED else "failed"


def _status_port(reply: Reply) -> str:
    match reply.status:
        case 401:
            return "unauthorised"
        case 403:  # a page instead of JSON is the content network's firewall: the token is as good as before
            return "blocked" if reply.json is None else "unauthorised"
        case 429:
            return "throttled"
        case _:
            return "failed"


def _detail(reply: Reply) -> str:
    match reply.json:
        case {"detail": str(told)}:
            return told
        case None if reply.status == 403:
            return "a firewall's page instead of an answer"
        case _:
            return "not a GraphQL reply" if reply.status == 200 else ""


def _claims(token: str) -> dict[str, object]:
    try:
        middle = token.split(".")[1]
        found = json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}
