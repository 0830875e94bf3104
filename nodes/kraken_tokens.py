"""What Octopus gives for a key: a token and its end, or a refusal that trying again does not cure."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

from .calls import Json, Reply
from .kraken_replies import FIELD, codes, number, wrongs

MISTAKEN = "KT-CT-1138"
"""The key itself is wrong, not just barred from this use."""

REFUSED = FIELD | codes(1121, 1122, 1134, 1135, 1138, 1139, 1143, 1144, 1145, 1148) | {"OE-0103"}
"""When a token was asked for: the key is wrong or may not be used."""


def key_refused(reply: Reply) -> bool:
    """Whether the answer to a request for a token says that trying again cannot help."""
    found = wrongs(reply)
    if any(w.code in REFUSED for w in found):
        return True
    if reply.status == 200:
        return any(w.code is None for w in found)
    return reply.status in (401, 403) and isinstance(reply.json, dict) and not any(w.code for w in found)


LAST = 2**32
"""Seconds since 1970; anything larger is milliseconds, or nonsense."""


def expiry(token: str, payload: object, asked: datetime) -> datetime:
    """When a token ends: as the reply says, else as the token says, else an hour after it was given."""
    told = (number(claims.get("exp")) for claims in (_claims(payload), _claims(_middle(token))))
    ends = (datetime.fromtimestamp(int(exp), UTC) for exp in told if exp is not None and 0 < exp < LAST)
    return next((end for end in ends if end > asked), asked + timedelta(minutes=60))


def _claims(told: object) -> dict[str, Json]:
    """What is claimed, as an object or as its text."""
    try:
        found = json.loads(told) if isinstance(told, str | bytes) else told
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _middle(token: str) -> bytes:
    try:
        middle = token.split(".")[1]
        return urlsafe_b64decode(middle + "=" * (-len(middle) % 4))
    except (IndexError, ValueError):
        return b""
