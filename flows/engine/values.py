"""The single values that a body is made of, read from JSON."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from wattwire.broker.envelope import instant
from wattwire.nodes import Secret

Convert = Callable[[Any], Any]
MOST = sys.float_info.max  # JSON knows larger ones


class BadBody(ValueError):
    """JSON that is not the body its port carries; says where."""


def _checked(test: Callable[[Any], bool], told: str) -> Convert:
    def read(value: Any) -> Any:
        if not test(value):
            raise BadBody(f"{short(value)} is not {told}")
        return value

    return read


def word(args: tuple[Any, ...]) -> Convert:
    """One of a few words. Where `unknown` is one of them, a word that we do not know becomes that."""
    told = f"one of {', '.join(map(repr, args))}"

    def read(value: Any) -> Any:
        if value in args:
            return value
        if "unknown" in args and isinstance(value, str):
            return "unknown"
        raise BadBody(f"{short(value)} is not {told}")

    return read


def _parsed(parse: Callable[[str], Any], told: str) -> Convert:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise BadBody(f"{short(value)} is not {told}")
        try:
            return parse(value)
        except ValueError as wrong:
            raise BadBody(f"{short(value)} is not {told}: {wrong}") from None

    return read


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
        raise BadBody(f"{short(value)} is not a number")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST or value % 1:
        raise BadBody(f"{short(value)} is not a whole number")
    return int(value)


def _span(seconds: float) -> timedelta:
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise BadBody(f"{seconds} s is not a possible duration") from None


def _secret(value: Any) -> Secret:
    if not isinstance(value, str):
        raise BadBody("a secret must be a string")
    return Secret(value)


VALUES: dict[Any, Convert] = {
    str: _checked(lambda v: isinstance(v, str), "text"),
    bool: _checked(lambda v: isinstance(v, bool), "true or false"),
    type(None): _checked(lambda v: v is None, "null"),
    float: _number,
    int: _whole,
    datetime: _parsed(functools.lru_cache(1024)(instant), "a time"),  # the same few come again and again
    date: _parsed(date.fromisoformat, "a date"),
    time: _parsed(time.fromisoformat, "a time of day"),
    timedelta: lambda v: _span(_number(v)),
    Secret: _secret,
}


def short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else text[:37] + "…"
