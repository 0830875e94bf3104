"""Bytes from other people's topics as JSON, and bodies as a few words for a person."""

import json
import re
from collections.abc import Mapping

SECRETIVE = re.compile(r"(^|_)(key|password|secret|token|authorization)$", re.IGNORECASE)


def read_json(payload: bytes) -> object:
    """JSON in the strict sense; an empty payload is null, as MQTT has no other. A ValueError says what is wrong."""
    if not payload:
        return None
    try:
        return json.loads(payload, parse_constant=_refuse)
    except (ValueError, RecursionError) as wrong:
        raise ValueError(f"not JSON: {wrong}") from None


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no number")


def words(body: object, most: int = 120) -> str:
    """A body on one line, cut to a length, without what looks like a secret."""
    text = body if isinstance(body, str) else json.dumps(_masked(body), ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _masked(body: object) -> object:
    if isinstance(body, Mapping):
        return {k: "***" if SECRETIVE.search(str(k)) else _masked(v) for k, v in body.items()}
    return [_masked(b) for b in body] if isinstance(body, list | tuple) else body
