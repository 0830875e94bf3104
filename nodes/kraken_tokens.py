"""What Octopus gives for a key: a token and its end, or a refusal that trying again does not cure."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

from .calls import Reply
from .kraken_replies import codes, wrongs

REFUSED = codes(1111, 1121, 1122, 1134, 1135, 1138, 1139, 1143, 1144, 1145, 1148) | {"OE-0103"}
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
"""Seconds since 1970; what is more are milliseconds, or nonsense."""


def expiry(token: str, payload: object, asked: datetime) -> datetime:
    """When a token ends: as the reply says, else as the token says, else an hour after it was given."""
    told: list[object] = [payload.get("exp") if isinstance(payload, dict) else None, _claims(token).get("exp")]
    ends = (datetime.fromtimestamp(exp, UTC) for exp in told if type(exp) is int and 0 < exp < LAST)
    return next(ends, asked + timedelta(minutes=60))


def _claims(token: str) -> dict[str, object]:
    try:
        middle = token.split(".")[1]
        found = json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}
