"""What Tesla's answer to a command amounts to: each kind that is to be met differently has its own word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import Fault, Reply
from .tesla_refusals import ASLEEP, WORDS, barred, exceeded, said, trouble, waiting
from .tesla_refusals import BUSY as THROTTLED

Port = Literal[
    "taken", "done", "full", "asleep", "unplugged", "powerless", "busy", "refused",
    "unauthorised", "forbidden", "throttled", "spent", "failed", "unknown",
]  # fmt: skip

PREFIX = "car could not execute command: "  # the proxy puts it before the car's own word
NOT_PAIRED = "public key has not been paired"
WAKING = "vehicle busy or finishing wake-up"
SOON, LATER = 5.0, 15.0  # s

ALREADY = {
    "start": {"is_charging", "already_started", "charging", "requested"},
    "stop": {"not_charging", "disconnected", "complete", "no_power", "requested"},
}
SAME = {"already_set", "requested"}  # of the rest

REASONS: dict[str, tuple[Port, str]] = {
    "disconnected": ("unplugged", "no cable is plugged into the car"),
    "no_power": ("powerless", "the cable brings no power: the charger holds it back, or is switched off"),
    "could_not_wake_buses": ("busy", "the car is not quite awake yet"),
    "user_not_present": ("refused", "the car wants a person in it"),
    "cabin comfort remote settings not enabled": ("refused", "remote control of the climate is off in the car"),
    "not_charging": ("refused", "the car is not charging"),
    "not_supported": ("refused", "this car does not know the command"),
}


@dataclass(frozen=True)
class Verdict:
    port: Port
    fault: Fault


def verdict(do: str, reply: Reply) -> Verdict:
    """`unknown`: the car may have done it. `failed`, `busy`, `throttled`: it has not, and trying again may help."""
    if reply.unknown:
        return Verdict("unknown", reply.fault(f"the process died during {do}: not known whether the car got it"))
    if reply.spent:
        return Verdict("spent", reply.fault(code=reply.spent))
    error, reason = said(reply), _reason(reply)
    told = f"{error} {reason or ''}"
    if NOT_PAIRED in told:
        return Verdict("forbidden", reply.fault("the app's key is not paired with the car: do that once", NOT_PAIRED))
    if WAKING in told:
        return Verdict("busy", waiting(reply, "the car is busy, or not quite awake yet", SOON))
    if error.startswith(ASLEEP):
        return Verdict("asleep", reply.fault("the car is asleep or out of reach", error))
    match reply.status:
        case 200:
            return _answered(do, reply, reason)
        case 401 if why := barred(error):
            return Verdict("forbidden", reply.fault(why))
        case 401:
            return Verdict("unauthorised", reply.fault("Tesla does not accept the token", error or None))
        case 403 if "EXCEEDED_LIMIT" in error:
            return Verdict("spent", exceeded(reply))
        case 402 | 403 | 404 | 412 | 423 | 451:
            return Verdict("forbidden", trouble(reply))
        case 429:
            return Verdict("throttled", waiting(reply, "too many requests to Tesla", THROTTLED))
        case 400:
            why = f"the command was not understood: {reason or error or 'no reason given'}"
            return Verdict("refused", reply.fault(why, reason or error or None))
        case 408 | 503:
            return Verdict("failed", waiting(reply, WORDS[408], LATER))
    if 400 <= reply.status < 500:
        return Verdict("failed", trouble(reply))
    return Verdict("unknown", trouble(reply))


def _reason(reply: Reply) -> str | None:
    match reply.json:
        case {"response": {"result": False, "reason": str(reason)}}:
            return reason.removeprefix(PREFIX).strip()
        case {"response": {"result": False}}:
            return ""
    return None


def _answered(do: str, reply: Reply, reason: str | None) -> Verdict:
    match reply.json:
        case {"response": {"result": True}}:
            return Verdict("taken", Fault("the car took it", 200))
    if reason is None:
        return Verdict("unknown", trouble(reply))
    if reason in ALREADY.get(do, SAME):
        return Verdict("done", Fault("it was so already", 200, reason))
    if (do, reason) == ("start", "complete"):
        return Verdict("full", Fault("the car is charged to its limit", 200, reason))
    port, why = REASONS.get(reason, ("refused", f"the car refuses: {reason or 'no reason given'}"))
    fault = waiting(reply, why, SOON) if port == "busy" else Fault(why, 200)
    return Verdict(port, Fault(fault.why, 200, reason, fault.retry_after))
