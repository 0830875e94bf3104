"""What a reply of Octopus's GraphQL means. Failures come with HTTP 200, so the error's code decides, never its type.

Longer than a page: every code that a question may meet is sorted here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime

from .calls import Fault, Json, Reply
from .ports import Emit, Ports


def codes(*numbers: int) -> frozenset[str]:
    return frozenset(f"KT-CT-{n}" for n in numbers)


FIELD = codes(1111, 1128, 1129, 1130, 1131, 1132)
"""Not authorised for a field: a new token may help once; if it does not, nothing will."""

CLASSES: tuple[tuple[str, frozenset[str]], ...] = (
    # A new token may help. 1124 is the everyday one: "Signature of the JWT has expired."
    ("unauthorised", FIELD | codes(1112, 1120, 1124, 1125, 1126, 1127, 1134, 1135, 1139, 1143, 1144) | {"OE-0103"}),
    ("throttled", codes(1199)),  # typed AUTHORIZATION, yet it says nothing about the token: keep it and wait
    ("forbidden", codes(1121, 1122, 1138, 1145, 1148, 4123)),  # the account, or the way to sign in: a person must act
    ("disabled", codes(1113)),  # Octopus has switched the field off
    ("gone", codes(4301, 4313)),  # the device's id is no longer known: find it again
    ("invalid", codes(1188, 1189, 1201, 4321)),  # the query is wrong: asking it again cannot help
    ("unavailable", codes(4314, 4316, 4339, 4340, 4341, 4360, 4373, 4382)),  # Octopus itself cannot get it now
)
"""Which out port a code belongs to; of several in one reply the first class counts. Any other code is `failed`."""

COARSER = {"spent": "throttled", "blocked": "failed", "throttled": "failed"}
"""What an outcome counts as at a node that does not tell it apart; else as `failed`."""


@dataclass(frozen=True)
class Wrong:
    """One entry of a reply's `errors`."""

    message: str
    code: str | None = None
    path: tuple[str | int, ...] = ()
    located: bool = False  # a place in the question is named
    refusals: tuple[str, ...] = ()  # why a boost is not given, such as BC_DEVICE_FULLY_CHARGED


@dataclass(frozen=True)
class Trouble:
    """Which outcome a failure is, and what to say there."""

    port: str  # of CLASSES, or blocked, spent, failed
    fault: Fault


def left(out: type[Ports], told: Trouble) -> Emit:
    """The failure through the finest of a node's ports that fits it."""
    port = told.port
    while port not in out.all:
        port = COARSER.get(port, "failed")
    return Emit(port, told.fault)


def wrongs(reply: Reply) -> list[Wrong]:
    found = reply.json.get("errors") if isinstance(reply.json, dict) else None
    listed = found if isinstance(found, list) else [found] if found else []  # a lone one is an error all the same
    return [_wrong(e) for e in listed]


def trouble(reply: Reply, spare: Callable[[Wrong], bool] = lambda _: False) -> Trouble | None:
    """Why this reply is of no use, or None if its data may be read; `spare` names errors that do not matter."""
    if reply.spent:
        return Trouble("spent", reply.fault())
    answered = isinstance(reply.json, dict) and isinstance(reply.json.get("data"), dict)
    found = [w for w in wrongs(reply) if not (answered and spare(w))]
    if found:
        worst = next((w for _, these in CLASSES for w in found if w.code in these), found[0])
        port = _port(worst.code) or ("disabled" if refused_document(reply) else _status_port(reply))
        return Trouble(port, reply.fault(worst.message, worst.code))
    if reply.status == 200 and answered:
        return None
    return Trouble(_status_port(reply), reply.fault(_detail(reply)))


def unread(reply: Reply, why: str) -> Trouble:
    """Why a reply holds nothing to read: even an error that would not matter beside good data tells it now."""
    return trouble(reply) or Trouble("failed", reply.fault(why))


def refused_document(reply: Reply) -> bool:
    """Whether Octopus no longer knows something the query names: then none of it is answered, nor is a path told."""
    found = wrongs(reply)
    answered = isinstance(reply.json, dict) and reply.json.get("data") is not None
    return bool(found) and not answered and all(w.located and not w.code and not w.path for w in found)


def skew(reply: Reply) -> float | None:
    """How far Octopus's clock is ahead of ours, in seconds; it tells whole seconds."""
    try:
        told = parsedate_to_datetime(reply.headers["date"])
    except (KeyError, ValueError):
        return None
    return round((told - reply.at).total_seconds(), 1) if told.tzinfo else None


FIRST, ENDLESS = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def instant(text: str) -> datetime:
    """A time with an offset, as UTC; old replies put a space where the T belongs."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"a time without an offset: {text}")
    if not FIRST < found < ENDLESS:  # nobody means it, and date arithmetic on it would fail
        raise ValueError(f"no time that there is: {text}")
    return found.astimezone(UTC)


def ending(text: str) -> datetime | None:
    """When something ends; some systems write the year 9999 for what is open."""
    return None if datetime.fromisoformat(text).year >= ENDLESS.year else instant(text)


LARGEST = Decimal("1e300")
"""Sums with anything larger could overflow, and JSON has no word for infinity."""


def number(value: Json) -> Decimal | None:
    """Numbers come as JSON numbers or as strings; what is neither is unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) <= LARGEST else None


def _wrong(found: Json) -> Wrong:
    if not isinstance(found, dict):
        return Wrong(str(found))
    more, path = found.get("extensions"), found.get("path")
    code = more.get("errorCode") if isinstance(more, dict) else None
    refused = more.get("boostChargeRefusalReasons") if isinstance(more, dict) else None
    refusals = tuple(str(r) for r in (refused if isinstance(refused, list) else [refused]) if r)
    steps = tuple(p for p in path if isinstance(p, str | int)) if isinstance(path, list) else ()
    message = str(found.get("message") or "no reason given")
    return Wrong(message, code if isinstance(code, str) else None, steps, bool(found.get("locations")), refusals)


def _port(code: str | None) -> str | None:
    if code is None:
        return None
    return next((port for port, these in CLASSES if code in these), "failed")


def _status_port(reply: Reply) -> str:
    match reply.status:
        case 401:
            return "unauthorised"
        case 403:  # a page instead of JSON is the content network's firewall: the token is as good as before
            return "unauthorised" if isinstance(reply.json, dict) else "blocked"
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
