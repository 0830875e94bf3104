"""What Tesla's servers say, read once and for all: where a reply leads, and what it tells about the car.

Longer than a page: every status and text of theirs is told apart here, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from . import Fault, Reply
from .field import figure

ASLEEP = "vehicle unavailable:"  # only this text means asleep: a bare 408 is a radio hole
# https, and a name under one of Tesla's own domains: the token goes there
BASE = re.compile(r"base URL: *(https://(?:[a-z0-9-]+\.)+(?:tesla\.com|tesla\.cn|teslamotors\.com))(?:[\s,;/]|$)")
PLUGGED = {"Disconnected": False} | dict.fromkeys(("NoPower", "Starting", "Charging", "Complete", "Stopped"), True)
SPENT, LOCKED, BUSY, SERVICE = 900.0, 600.0, 300.0, 60.0  # s to wait where Tesla names no time
LONGEST = timedelta(days=1)  # nothing waits for longer, whatever Tesla says, nor for what a wrong clock said


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


@dataclass(frozen=True)
class Reading:
    """The detailed answer. None is unknown."""

    at: datetime  # when the car said it
    plugged: bool | None
    charging: bool | None
    soc: float | None
    soc_usable: float | None
    limit: float | None
    power: float | None  # W
    where: tuple[float, float] | None
    driving: bool | None
    busy: bool  # something keeps it awake: people, climate, sentry, an update, an open door, a load
    fast: bool | None = None  # it is at a fast (DC) charger

    @property
    def tells(self) -> bool:
        """Whether there is anything in it about the charge: a car that is just awake may know nothing yet."""
        return any(told is not None for told in (self.plugged, self.soc, self.soc_usable, self.limit))


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


def said(reply: Reply) -> str:
    """The error text of a reply, or nothing."""
    match reply.json:
        case {"error": str(error)}:
            return error
    return ""


def barred(error: str) -> str:
    """Why no other token would help, or nothing."""
    return next((why for word, why in BARRED.items() if word in error), "")


def teslas(url: str) -> bool:
    """Whether an address is one of Tesla's own, and not of a proxy that signs."""
    return BASE.search(f"base URL: {url}") is not None


def waiting(reply: Reply, why: str, seconds: float, least: float = 0.0) -> Fault:
    asked = reply.retry_after()
    reset = reply.headers.get("ratelimit-reset", "") if reply.status == 429 else ""
    if asked is None and reset.isdecimal() and len(reset) < 6:  # a longer one is an instant
        asked = float(reset)
    wait = seconds if asked is None else min(max(asked, least), LONGEST.total_seconds())
    return Fault(why, reply.status or None, said(reply) or None, wait)


def exceeded(reply: Reply) -> Fault:
    return waiting(reply, "the account's spending limit at Tesla is reached", SPENT, least=SPENT)


BARRED = {
    "mobile_access_disabled": "mobile access is switched off in the car: Controls > Safety",
    "login_required": "Tesla wants the owner to sign in again, and the new refresh token to be set",
}

WORDS = {
    400: "Tesla does not understand the question",
    402: "Tesla wants a payment method for this developer account",
    403: "Tesla forbids it: the token lacks a scope, or the call was not made over HTTP/2",
    404: "Tesla knows no such car on this account; compare the VIN",
    405: "the car is in service",
    408: "the car did not answer in time",
    412: "the application is not registered in this region; register it there once (partner_accounts)",
    421: "the account belongs to another region, and no address of Tesla's was named",
    423: "Tesla has locked the account; look at its app or web page",
    451: "Tesla may not tell: privacy or law",
    503: "Tesla's service, or the car, is not there",
    504: "the car did not answer in time",
    540: "the car gave Tesla an answer that it did not expect",
}


def trouble(reply: Reply) -> Fault:
    """Words for a reply that is of no use."""
    if reply.status == 405:
        return waiting(reply, WORDS[405], SERVICE)
    why = WORDS.get(reply.status, "")
    if reply.status == 200:
        why = "Tesla's answer lacks what was asked for"
    return reply.fault(why, said(reply) or None)


def _car(reply: Reply, car: dict[str, Any]) -> Away | Trouble | Online | Reading:
    state = car.get("state")
    if state in ("asleep", "offline"):
        return Away(state, Fault(f"the car is {state}", reply.status))
    if "charge_state" in car and isinstance(car["charge_state"], dict):
        return reading(car, reply.at)
    if state != "online" or "charge_state" in car or reply.tag.startswith("data"):
        return Trouble("failed", Fault(f"no reading, and the car's state is {state or 'unknown'}", reply.status))
    return Online()


def reading(car: Mapping[str, Any], now: datetime) -> Reading:
    charge, drive, climate, vehicle = (
        block if isinstance(block := car.get(f"{name}_state"), dict) else {}
        for name in ("charge", "drive", "climate", "vehicle")
    )
    word = str(charge.get("charging_state"))
    charging = word in ("Starting", "Charging") if word in PLUGGED else None
    gear = drive.get("shift_state", "")  # a missing block is no information, a null is parked
    told = number(charge, "timestamp") or number(drive, "timestamp") or 0.0  # a newer drive makes it no younger
    stamp = told / 1000
    lat, lon = number(drive, "latitude"), number(drive, "longitude")
    return Reading(
        at=datetime.fromtimestamp(stamp, UTC) if 0 < stamp < now.timestamp() else now,
        plugged=PLUGGED.get(word),
        charging=charging,
        soc=share(charge, "battery_level"),
        soc_usable=share(charge, "usable_battery_level"),
        limit=share(charge, "charge_limit_soc"),
        power=0.0 if charging is False else drawn(charge) if charging else None,
        where=None if lat is None or lon is None else (lat, lon),
        driving=False if gear in ("P", None) else True if gear in ("D", "N", "R") else None,
        busy=_busy(drive, climate, vehicle),
        fast=present if isinstance(present := charge.get("fast_charger_present"), bool) else None,
    )


def number(block: Mapping[str, Any], name: str) -> float | None:
    return figure(block.get(name))


def share(block: Mapping[str, Any], name: str) -> float | None:
    """A percentage; what is none is unknown."""
    found = number(block, name)
    return found if found is not None and 0 <= found <= 100 else None


def drawn(charge: Mapping[str, Any]) -> float | None:
    """W: whole kW, or finer from volts and amperes where these agree with it."""
    kw, volts, amps = (number(charge, f"charger_{n}") for n in ("power", "voltage", "actual_current"))
    phases = {1.0: 1, 2.0: 3, 3.0: 3}.get(number(charge, "charger_phases") or 0.0)  # many cars say 2 for three
    if volts and amps and phases and (kw is None or abs(volts * amps * phases - kw * 1000) <= 1000):
        return figure(volts * amps * phases)
    return None if kw is None else figure(kw * 1000)


def _busy(drive: Mapping[str, Any], climate: Mapping[str, Any], vehicle: Mapping[str, Any]) -> bool:
    update = block if isinstance(block := vehicle.get("software_update"), dict) else {}
    loading = update.get("status") == "downloading" and (number(update, "download_perc") or 0.0) < 100
    updating = loading or update.get("status") == "installing"
    opened = any(number(vehicle, name) for name in ("df", "dr", "pf", "pr", "ft", "rt"))
    climatic = climate.get("is_preconditioning") is True or climate.get("climate_keeper_mode") in ("dog", "camp")
    present = vehicle.get("is_user_present") is True or vehicle.get("sentry_mode") is True
    return present or climatic or updating or opened or (number(drive, "power") or 0.0) > 0
