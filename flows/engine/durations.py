"""Durations, sizes and shares as people write them: 10s, 1h30m, 64MB, 10%."""

from __future__ import annotations

import re
from datetime import timedelta

MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
LONGEST = 36_525 * MILLISECONDS["d"]  # a century: the calendar has an end
NUMBER = r"[0-9]+(?:\.[0-9]+)?"

DURATION = rf"^(?:{NUMBER}d)?(?:{NUMBER}h)?(?:{NUMBER}m)?(?:{NUMBER}s)?(?:{NUMBER}ms)?$"
SIZE = rf"^{NUMBER} ?(?:{'|'.join(BYTES)})$"
SHARE = rf"^{NUMBER} ?%$"


def duration(text: object) -> timedelta:
    """`1h30m` as a timedelta. Raises ValueError with words for a person."""
    if not isinstance(text, str) or not text or not re.fullmatch(DURATION, text):
        raise ValueError(f"{shown(text)} is not a duration; a duration carries a unit: 10s, 5m, 1h")
    parts = re.findall(rf"({NUMBER})(ms|[dhms])", text)
    span = sum(float(number) * MILLISECONDS[unit] for number, unit in parts)
    if span > LONGEST:
        raise ValueError(f"{shown(text)} is too long for a duration")
    return timedelta(milliseconds=span)


def spell(span: timedelta) -> str:
    """A timedelta as a flow file has it: 1h30m."""
    left, words = round(span.total_seconds() * 1000), ""
    for unit, size in MILLISECONDS.items():
        count, left = divmod(left, size)
        words += f"{count}{unit}" if count else ""
    return words or "0s"


def size(text: object) -> int:
    """`64MB` as bytes. Raises ValueError."""
    if not isinstance(text, str) or not re.fullmatch(SIZE, text):
        raise ValueError(f"{shown(text)} is not a size; a size carries a unit: 512kB, 64MB, 1GB")
    number, unit = re.findall(rf"({NUMBER}) ?(\w+)", text)[0]
    found = float(number) * BYTES[unit]
    if found >= 2**63:
        raise ValueError(f"{shown(text)} is more than any machine has")
    return round(found)


def share(text: object) -> float:
    """`10%` as 0.1. Raises ValueError."""
    if not isinstance(text, str) or not re.fullmatch(SHARE, text):
        raise ValueError(f"{shown(text)} is not a share such as 10%")
    found = float(text.rstrip("% ")) / 100
    if found > 100:
        raise ValueError(f"{shown(text)} is not a share such as 10%")
    return found


def shown(value: object) -> str:
    """A value as the file has it, short enough for one line."""
    words = {None: "null", True: "true", False: "false"}
    if isinstance(value, bool) or value is None:
        return words[value]
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
