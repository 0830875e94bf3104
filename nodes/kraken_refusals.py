"""What Octopus means when it does not simply do what it was asked to write. Its codes decide, never its words."""

from __future__ import annotations

from collections.abc import Callable

from . import replace
from .calls import Reply
from .kraken_replies import Trouble, Wrong, trouble, wrongs

NO_BOOST = "Octopus does not boost now: "
REFUSED = {
    "KT-CT-1113": "Octopus has switched this off for now: ",
    "KT-CT-4321": "Octopus does not take these values: ",
    "KT-CT-4356": "the car is not ready for a boost: ",
    "KT-CT-4357": NO_BOOST,
}
"""Asking the same again would not help; nor would it in the outcomes NEVER."""

UNDONE = frozenset(f"KT-CT-{n}" for n in (4353, 4358, 4359, 4374, 4389, 4390))
"""Octopus tried, and it did not work: look at the device, and ask once more."""

UNSURE = frozenset({"KT-CT-4354", "KT-CT-7899"})
"""The device alone shows what was done. 4354: a boost could not be cancelled, perhaps as there was none."""

FIRST = ("spent", "unauthorised", "throttled", "blocked")
"""Whatever else is said: the token, the limits and the firewall come before what was asked for."""

NEVER = ("forbidden", "disabled", "invalid")

RUNNING = "BC_BOOST_CHARGE_IN_PROGRESS"
REASONS = {
    "BC_DEVICE_NOT_YET_LIVE": "Octopus has not finished setting the car up",
    "BC_DEVICE_RETIRED": "the car is no longer registered with Octopus",
    "BC_DEVICE_SUSPENDED": "smart charging is suspended, resume it first",
    "BC_DEVICE_DISCONNECTED": "the car is not plugged in",
    "BC_DEVICE_NOT_AT_HOME": "the car is not at home",
    RUNNING: "a boost is running already",
    "BC_DEVICE_FULLY_CHARGED": "the car is full",
}


def hindrance(reply: Reply, spare: Callable[[Wrong], bool] = lambda _: False) -> Trouble | None:
    """As `trouble`, with the outcomes of a write: refused, undone, and unsure where it may or may not be done."""
    found = trouble(reply, spare)
    if found is None or found.port in FIRST:
        return found
    code, fault = found.fault.code, found.fault
    if found.port not in NEVER and (own := _own(reply, spare)):
        code, fault = own.code, reply.fault(own.message, own.code)
    why = ", ".join(REASONS.get(r, r) for r in reasons(reply))
    if why or code in REFUSED or found.port in NEVER:
        lead = REFUSED.get(code or "", NO_BOOST if why else "")
        return Trouble("refused", replace(fault, why=lead + (why or fault.why)))
    if code in UNDONE:
        return Trouble("undone", fault)
    silent = found.port == "failed" and code is None
    return Trouble("unsure", fault) if silent or code in UNSURE else found


def _own(reply: Reply, spare: Callable[[Wrong], bool]) -> Wrong | None:
    """The error that only a write meets, wherever in the list it stands."""
    met = REFUSED.keys() | UNDONE | UNSURE
    return next((w for w in wrongs(reply) if not spare(w) and (w.refusals or w.code in met)), None)


def reasons(reply: Reply) -> tuple[str, ...]:
    """Why a boost is not given, in Octopus's own words."""
    return tuple(r for w in wrongs(reply) for r in w.refusals)
