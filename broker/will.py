"""The last will: what a broker says in our name once we are gone without a word."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Will:
    topic: str
    payload: bytes
    retain: bool = True
    qos: int = 1
