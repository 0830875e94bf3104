"""A field within a body, by a dotted path such as `next.house` or `dispatches.0.kind`."""

from collections.abc import Mapping
from math import isfinite


def field(body: object, path: str | None) -> object:
    """What lies there; None where there is no such place. Without a path, the body itself."""
    for name in path.split(".") if path else ():
        if isinstance(body, Mapping):
            body = body.get(name)
        elif isinstance(body, list | tuple) and name.isdecimal() and int(name) < len(body):
            body = body[int(name)]
        else:
            return None
    return body


def number(value: object) -> float | None:
    """A number as such, and anything else as None: true is no number, nor is "12"."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def figure(value: object) -> float | None:
    """A number that can be reckoned with; an infinite one, or one that no float holds, is none."""
    try:
        found = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:
        return None
    return found if found is not None and isfinite(found) else None


def amount(value: object) -> float | None:
    """A figure, also where it comes as text, as many bridges write it."""
    try:
        return figure(float(value) if isinstance(value, str) else value)
    except ValueError:
        return None
