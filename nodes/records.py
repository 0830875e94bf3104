"""Frozen records, such as a node's state: a copy with some fields changed, for a tenth of what `dataclasses` asks."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

T = TypeVar("T")


def replace(record: T, /, **changes: Any) -> T:
    """As `dataclasses.replace`: its fields are taken over as they are, and only what checks itself is made anew."""
    kind, known = record.__class__, record.__dict__
    if hasattr(kind, "__post_init__"):
        return dataclasses.replace(record, **changes)  # type: ignore[type-var]
    fields = known | changes
    if len(fields) != len(known):
        raise TypeError(f"{kind.__name__} has no {', '.join(changes.keys() - known.keys())}")
    copy = object.__new__(kind)
    object.__setattr__(copy, "__dict__", fields)
    return copy
