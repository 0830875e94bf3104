"""What keeps Tesla from answering, in words, and for how long it is to be left alone."""

from __future__ import annotations

from datetime import timedelta

from . import Fault, Reply

ASLEEP = "vehicle unavailable:"  # only this text means asleep: a bare 408 is a radio hole
SPENT, LOCKED, BUSY, SERVICE = 900.0, 600.0, 300.0, 60.0  # s to wait where Tesla names no time
LONGEST = timedelta(days=1)  # no wait is longer, whatever Tesla or a wrong clock said

BARRED = {
    "mobile_access_disabled": "mobile access is switched off in the car: Controls > Safety",
    "login_required": "Tesla wants the owner to sign in again, and the new refresh token to be set",
}

WORDS = {
    400: "Tesla does not understand the request",
    402: "Tesla wants a payment method for this developer account",
    403: "Tesla forbids it: the token lacks a scope, or the call was not made over HTTP/2",
    404: "Tesla knows no such car on this account; compare the VIN",
    405: "the car is in service",
    408: "the car did not answer in time",
    412: "the application is not registered in this region; register it there once (partner_accounts)",
    421: "the account belongs to another region, and no address of Tesla's was named",
    423: "Tesla has locked the account; look at its app or web page",
    451: "Tesla may not say, for reasons of privacy or law",
    503: "Tesla's service, or the car, is not available",
    504: "the car did not answer in time",
    540: "the car gave Tesla an answer that it did not expect",
}


def said(reply: Reply) -> str:
    """The error text of a reply, or nothing."""
    match reply.json:
        case {"error": str(error)}:
            return error
    return ""


def barred(error: str) -> str:
    """Why no other token would help, or nothing."""
    return next((why for word, why in BARRED.items() if word in error), "")


def trouble(reply: Reply) -> Fault:
    """Words for a reply that is of no use."""
    if reply.status == 405:
        return waiting(reply, WORDS[405], SERVICE)
    why = WORDS.get(reply.status, "")
    if reply.status == 200:
        why = "Tesla's answer lacks what was asked for"
    return reply.fault(why, said(reply) or None)


def waiting(reply: Reply, why: str, seconds: float, least: float = 0.0) -> Fault:
    asked = reply.retry_after()
    reset = reply.headers.get("ratelimit-reset", "") if reply.status == 429 else ""
    if asked is None and reset.isdecimal() and len(reset) < 6:  # a longer one is an instant
        asked = float(reset)
    wait = seconds if asked is None else min(max(asked, least), LONGEST.total_seconds())
    return Fault(why, reply.status or None, said(reply) or None, wait)


def exceeded(reply: Reply) -> Fault:
    return waiting(reply, "the account's spending limit at Tesla is reached", SPENT, least=SPENT)
