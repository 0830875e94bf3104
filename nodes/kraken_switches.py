"""Wishes with two answers: whether Octopus steers the car, caps its charging, boosts it now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .kraken_errands import Ask, Asks, Entry, Errand, Wish

DEVICE = "__typename id name deviceType status { current currentState isSuspended }"
CAPPED = DEVICE + " cap: preferences { isChargingDurationCapped }"  # apart: it cannot be null, and so fails with all


def _status(entry: Entry) -> Mapping[str, object]:
    found = entry.get("status")
    return found if isinstance(found, dict) else {}


def _as_given(given: Asks, entry: Entry) -> Asks:
    return given


def _steered(asks: Asks, entry: Entry) -> bool:
    return _status(entry).get("isSuspended") is (asks["action"] == "SUSPEND")


def _capped(asks: Asks, entry: Entry) -> bool:
    match entry.get("cap"):
        case {"isChargingDurationCapped": str(word)}:
            return word == ("ENABLED" if asks["enabled"] else "DISABLED")
        case _:
            return False


def _boosted(asks: Asks, entry: Entry) -> bool:
    state = _status(entry).get("currentState")
    return isinstance(state, str) and (state == "BOOSTING") is (asks["action"] == "BOOST")


SUSPEND, RESUME = {"action": "SUSPEND"}, {"action": "UNSUSPEND"}
CAP, UNCAP = {"enabled": True}, {"enabled": False}
BOOST, CANCEL = {"action": "BOOST"}, {"action": "CANCEL"}
WORDS = {
    "SUSPEND": "suspend smart charging",
    "UNSUSPEND": "resume smart charging",
    "BOOST": "boost",
    "CANCEL": "cancel the boost",
    True: "switch the charge cap on",
    False: "switch the charge cap off",
}


def words(asks: Asks) -> str:
    return next(WORDS[value] for value in asks.values() if isinstance(value, str | bool))


def _in_words(asks: Asks, entry: Entry) -> str:
    return words(asks)


def wish(ask: Ask | None, given: Asks, now: datetime) -> Wish | None:
    return Wish(at=now, what=words(given), given=given, device=ask.device) if ask else None


STEERING = Errand(
    fields=DEVICE,
    write="mutation Steer($wish: SmartControlInput!) { updateDeviceSmartControl(input: $wish) { id } }",
    wanted=_as_given,
    shown=_steered,
    words=_in_words,
)
CAPPING = Errand(
    fields=CAPPED,
    write="""mutation Cap($wish: UpdateIsChargingDurationCappedInput!) {
  updateIsChargingDurationCapped(input: $wish) { id } }""",
    wanted=_as_given,
    shown=_capped,
    words=_in_words,
    spare=True,
)
BOOSTING = Errand(
    fields=DEVICE,
    write="mutation Boost($wish: UpdateBoostChargeInput!) { updateBoostCharge(input: $wish) { id } }",
    wanted=_as_given,
    shown=_boosted,
    words=_in_words,
    again=False,
)
