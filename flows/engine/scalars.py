"""Scalars of a flow file as a setting's type wants them. Every reader raises ValueError for what it cannot take."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from wattwire.nodes import Secret

from .durations import duration, shown
from .names import names_in


@dataclass(frozen=True)
class Text:
    """What a text became when its names were filled in."""

    value: str
    written: str

    @property
    def filled(self) -> bool:
        return bool(names_in(self.written))

    @property
    def told(self) -> str:
        """For a fault: the name, never what it stood for."""
        return f"what {self.written} stands for" if self.filled else shown(self.value)


def _text(value: Any) -> str:
    if not isinstance(value, Text):
        raise ValueError
    return value.value


def _flag(value: Any) -> bool:
    if isinstance(value, Text) and value.filled and value.value.lower() in ("true", "false"):
        return value.value.lower() == "true"
    if not isinstance(value, bool):
        raise ValueError
    return value


def _number(value: Any) -> float:
    """Text only where it came from a $NAME: in the file a number needs no quotes."""
    number = float(value.value) if isinstance(value, Text) and value.filled else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ValueError
    return float(number)


def _whole(value: Any) -> int:
    if isinstance(value, Text) and value.filled and re.fullmatch(r"\s*[-+]?\d+\s*", value.value):
        return int(value.value)
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _clock(value: Any) -> time:
    if not re.fullmatch(r"\d\d:\d\d(:\d\d)?", text := _text(value)):
        raise ValueError
    return time.fromisoformat(text)


def _nothing(value: Any) -> None:
    if value is not None:
        raise ValueError


def choice(allowed: tuple[Any, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        for one in allowed:
            if isinstance(value, Text):
                if one == value.value or (value.filled and shown(one) == value.value):
                    return one
            elif type(one) is type(value) and one == value:
                return one
        raise ValueError

    return read


READERS: Mapping[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _flag,
    type(None): _nothing,
    Secret: lambda value: Secret(_text(value)),
    time: _clock,
    timedelta: lambda value: duration(value.value if isinstance(value, Text) else value),
}
