"""The ways in which the simulated Octopus can misbehave, each as the real one has been seen to."""

from __future__ import annotations

import re
from collections.abc import Collection

from . import replace
from .calls import Reply
from .kraken_refusals import REASONS
from .linked import Status
from .sim_messages import SimFault
from .sim_octopus_car import State
from .sim_octopus_settings import BOOST, CAP, PREFER, STEER, WRITES

TOKEN, PLAN, DEVICES, RATES = "obtainKrakenToken", "flexPlannedDispatches", "devices", "unit-rates"

HTTP = ("401", "403json", "403html", "408", "429", "500", "502", "503", "504", "garbled")
ON: dict[str, tuple[str, ...]] = {
    "wrongKey": (TOKEN,),
    "nullPlan": (PLAN,),
    "emptyPlan": (PLAN,),
    "badPlan": (PLAN,),
    "boostPlan": (PLAN,),
    "noDevice": (DEVICES,),
    "deviceStatus": (DEVICES,),
    "emptyRates": (RATES,),
    "unshown": WRITES,  # it says that it took the wish, and does nothing
    "lostReply": WRITES,  # it does what is asked, and the answer is lost
    **dict.fromkeys(REASONS, (BOOST,)),
    **{f"KT-CT-{n}": (PREFER,) for n in (4321, 4353, 4374)},
    **{f"KT-CT-{n}": (STEER,) for n in (4358, 4359)},
    **{f"KT-CT-{n}": (BOOST,) for n in (4354, 4356, 4357)},
    **{f"KT-CT-{n}": (CAP,) for n in (4389, 4390)},
}
"""Faults of some questions only."""

CODE = re.compile(r"KT-CT-\d+|OE-\d+")
KINDS = ("none", *HTTP, *(k for k in ON if not CODE.fullmatch(k)), "KT-CT-… (any code)")

MESSAGES = {
    "KT-CT-1112": "'Authorization' header not provided.",
    "KT-CT-1124": "Signature of the JWT has expired.",
    "KT-CT-1139": "Authentication failed.",
    "KT-CT-1143": "Invalid authorization header.",
    "KT-CT-1199": "Too many requests.",
    "KT-CT-4301": "Unable to find device for given account.",
    "KT-CT-4313": "Could not find KrakenFlex device.",
    "KT-CT-4321": "Serializer validation error.",
    "KT-CT-1113": "Disabled GraphQL field requested.",
    "KT-CT-4340": "Unable to fetch planned dispatches.",
    "KT-CT-4353": "Unable to update the charging preferences.",
    "KT-CT-4354": "Unable to cancel boost charge.",
    "KT-CT-4356": "Device not ready for boost charge.",
    "KT-CT-4357": "Boost charge was refused.",
    "KT-CT-4358": "Unable to suspend control.",
    "KT-CT-4359": "Unable to resume control.",
    "KT-CT-4360": "Unable to fetch device status.",
}
TYPES = {
    "KT-CT-1112": "AUTHORIZATION",
    "KT-CT-1139": "VALIDATION",
    "KT-CT-1143": "AUTHORIZATION",
    "KT-CT-1199": "AUTHORIZATION",
    "KT-CT-4301": "NOT_FOUND",
    "KT-CT-4321": "VALIDATION",
    "KT-CT-1113": "SERVICE_AVAILABILITY",
}

PAGE = """<!DOCTYPE HTML><HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD>
<BODY><H1>{status} ERROR</H1><P>Request blocked.</P></BODY></HTML>"""
HTML = {"content-type": "text/html"}


def known(kind: str) -> bool:
    return kind == "none" or kind in HTTP or kind in ON or CODE.fullmatch(kind) is not None


def checked(kind: str) -> None:
    if not known(kind):
        raise ValueError(f"fault is {kind!r}, not one of {', '.join(KINDS)}")


def touches(kind: str, questions: Collection[str]) -> bool:
    """Whether a fault shows in the answer to these questions."""
    if kind in HTTP:
        return True
    if kind in ON:
        return any(q.endswith(ON[kind]) for q in questions)
    return bool(CODE.fullmatch(kind)) and TOKEN not in questions and not any(q.endswith(RATES) for q in questions)


def http(kind: str) -> Reply | None:
    """The answer to any question at all, if the fault is one of the whole server."""
    match kind:
        case "garbled":
            return Reply(200, text='{"data": {"flexPlann', headers={"content-type": "application/json"})
        case "403html":
            return Reply(403, text=PAGE.format(status=403), headers=HTML | {"server": "CloudFront"})
        case "401" | "403json":
            return Reply(int(kind[:3]), {"detail": "You do not have permission to perform this action."})
        case "429":
            return Reply(429, {"detail": "Request was throttled."}, headers={"retry-after": "30"})
        case _:
            return Reply(int(kind), text=PAGE.format(status=kind), headers=HTML) if kind in HTTP else None


def switched(state: State, fault: SimFault) -> tuple[State, Status]:
    """Misbehave from now on; a word that is not known changes nothing, and says so."""
    if not known(fault.kind) or (fault.times is not None and fault.times < 1):
        return state, Status(f"no such fault: {fault.kind!r}; there are {', '.join(KINDS)}", "red")
    told = "behaving" if fault.kind == "none" else f"misbehaving: {fault.kind}"
    return replace(state, fault=fault.kind, times=fault.times), Status(
        told, "green" if fault.kind == "none" else "yellow"
    )
