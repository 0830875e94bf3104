"""What Tesla's servers say, read once and for all: where a reply leads, and what it tells about the car."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from . import Fault, Reply
from .tesla_readings import Reading, reading
from .tesla_refusals import ASLEEP, BUSY, LOCKED, WORDS, barred, exceeded, said, trouble, waiting

# https, and a name under one of Tesla's own domains: the token goes there
BASE = re.compile(r"base URL: *(https://(?:[a-z0-9-]+\.)+(?:tesla\.com|tesla\.cn|teslamotors\.com))(?:[\s,;/]|$)")


@dataclass(frozen=True)
class Away:
    """The car is not reachable, and should be left alone."""

    port: Literal["asleep", "offline"]
    fault: Fault


@dataclass(frozen=True)
class Trouble:
    port: Literal["unauthorised", "throttled", "spent", "forbidden", "gone", "in_service", "silent", "failed"]
    fault: Fault
    pause: bool = False  # ask nothing at all before `retry_after` is over


@dataclass(frozen=True)
class Moved:
    """The account lives in another region, at this base."""

    base: str


@dataclass(frozen=True)
class Online:
    """The cheap answer: the car is awake."""


def heard(reply: Reply) -> Away | Trouble | Moved | Online | Reading:
    """What a reply to the cheap or to the detailed question amounts to."""
    match reply.json:
        case {"response": dict(car)} if reply.status == 200:
            return _car(reply, car)
    error = said(reply)
    if error.startswith(ASLEEP):
        return Away("asleep", reply.fault("the car is asleep or offline"))
    if reply.spent:  # not asked at all: what is free may go on
        return Trouble("spent" if reply.spent == "tesla spend" else "throttled", reply.fault(code="budget"))
    match reply.status:
        case 401 if why := barred(error):
            return Trouble("forbidden", reply.fault(why, error))
        case 401:
            return Trouble("unauthorised", reply.fault("Tesla does not accept the token", error or None))
        case 403 if "EXCEEDED_LIMIT" in error:
            return Trouble("spent", exceeded(reply), pause=True)
        case 423:
            return Trouble("forbidden", waiting(reply, WORDS[423], LOCKED), pause=True)
        case 429:
            return Trouble("throttled", waiting(reply, "too many requests to Tesla", BUSY), pause=True)
        case 421 if base := BASE.search(error):
            return Moved(base[1])
        case 400 | 402 | 403 | 412 | 451:
            return Trouble("forbidden", trouble(reply))
        case 404:
            return Trouble("gone", trouble(reply))
        case 405:
            return Trouble("in_service", trouble(reply))
        case 408 | 503 | 504 | 540:
            return Trouble("silent", trouble(reply))
    return Trouble("failed", trouble(reply))


def teslas(url: str) -> bool:
    """Whether an address is one of Tesla's own, and not of a proxy that signs."""
    return BASE.search(f"base URL: {url}") is not None


def _car(reply: Reply, car: dict[str, Any]) -> Away | Trouble | Online | Reading:
    state = car.get("state")
    if state in ("asleep", "offline"):
        return Away(state, Fault(f"the car is {state}", reply.status))
    if "charge_state" in car and isinstance(car["charge_state"], dict):
        return reading(car, reply.at)
    if state != "online" or "charge_state" in car or reply.tag.startswith("data"):
        return Trouble("failed", Fault(f"no reading, and the car's state is {state or 'unknown'}", reply.status))
    return Online()
