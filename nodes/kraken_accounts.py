"""An Octopus account: which there are, and what tariff is in force at its import meter. From the API key alone."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .calls import Fault, Json, Reply, Request, Secret
from .kraken_budgets import calls
from .kraken_replies import Trouble, ending, instant, trouble
from .messages import Token

VIEWER = "query Viewer { viewer { accounts { number } } }"
CODE = re.compile(
    r"(?:(?P<energy>[EG])-(?P<registers>[A-Z]*\d+R)-)?(?P<product>[A-Z0-9]+(?:-[A-Z0-9]+)*)-(?P<region>[A-HJ-NP])"
)


@dataclass(frozen=True, kw_only=True)
class TariffCode:
    """E-1R-INTELLI-VAR-24-10-29-A, taken apart from both ends: a product's code has hyphens of its own."""

    energy: str = "E"
    registers: str = "1R"
    product: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """What an account buys electricity by; its meter's number is left out, as it is nobody's business."""

    at: datetime
    number: str
    tariff: str
    product: str
    region: str
    since: datetime | None = None
    until: datetime | None = None  # known end of the agreement
    export: str | None = None  # tariff by which it sells, if it does


@dataclass(frozen=True)
class Agreement:
    tariff: str
    since: datetime
    until: datetime | None


def tariff_code(text: str) -> TariffCode | None:
    """Codes without the leading E-1R- are electricity with one register."""
    found = CODE.fullmatch(text)
    given = {name: part for name, part in found.groupdict().items() if part} if found else {}
    return TariffCode(**given) if found else None


def intelligent(product: str) -> bool:
    """Whether a product is Intelligent Octopus Go; Intelligent Flux steers a battery and not a car."""
    code = product.upper()
    return code.startswith(("INTELLI-", "IOG-")) and not code.startswith("INTELLI-FLUX-")


def in_force(agreements: Json, now: datetime) -> Agreement | None:
    """The agreement that began last and has not ended; some begin and end at the same instant."""
    running = [a for a in _agreements(agreements) if a.since <= now and (a.until is None or a.until > now)]
    return max(running, key=lambda a: a.since, default=None)


def choose(numbers: Sequence[str], wanted: str = "") -> str | Fault:
    """The account that is wanted, or the only one; the fault's code says why there is none."""
    if not numbers:
        return Fault("the key belongs to no account", code="no_accounts")
    if wanted:
        there = f"no account {wanted} belongs to this key; there are: {', '.join(numbers)}"
        return wanted if wanted in numbers else Fault(there, code="account_not_found")
    return (
        numbers[0] if len(numbers) == 1 else Fault(f"several accounts: {', '.join(numbers)}", code="several_accounts")
    )


def viewer_request(url: str, token: Token) -> Request:
    """Which accounts there are; counted in no account's budget, as none is known yet."""
    return Request(method="POST", url=url, json={"query": VIEWER}, authorization=token.token, budgets=(calls(""),))


def numbers(reply: Reply) -> list[str] | Trouble:
    match reply.json:
        case {"data": {"viewer": {"accounts": list(found)}}}:
            return [str(f["number"]) for f in found if isinstance(f, dict) and f.get("number")]
        case _:
            return trouble(reply) or Trouble("failed", reply.fault("the reply names no accounts"))


def account_request(url: str, number: str, api_key: Secret) -> Request:
    key = Secret("Basic " + b64encode(f"{api_key.reveal()}:".encode()).decode())
    where = f"{url.rstrip('/')}/accounts/{number}/"
    return Request(method="GET", url=where, authorization=key, budgets=(calls(number),))


def accounts(reply: Reply, number: str) -> list[Account] | Trouble:
    """A household's import meters, each with the tariff in force; the one on Intelligent first."""
    match reply.json:
        case {"properties": list(properties)} if reply.status == 200:
            pass
        case _:
            return _refused(reply)
    points = [p for at in properties if _lived_in(at, reply.at) for p in _points(at)]
    sold = next(
        (a.tariff for p in points if p.get("is_export") and (a := in_force(p.get("agreements"), reply.at))), None
    )
    found: list[Account] = []
    for agreement in (in_force(p.get("agreements"), reply.at) for p in points if not p.get("is_export")):
        code = tariff_code(agreement.tariff) if agreement else None
        if agreement is not None and code is not None:
            found.append(
                Account(
                    at=reply.at,
                    number=number,
                    tariff=agreement.tariff,
                    product=code.product,
                    region=code.region,
                    since=agreement.since,
                    until=agreement.until,
                    export=sold,
                )
            )
    return sorted(found, key=lambda a: not intelligent(a.product))


def _refused(reply: Reply) -> Trouble:
    """REST tells by its status what GraphQL tells by a code."""
    found = trouble(reply)
    if found is not None and found.port in ("blocked", "throttled", "spent"):
        return found
    if reply.status == 401 or (reply.status == 403 and isinstance(reply.json, dict)):
        return Trouble("refused", reply.fault("Octopus does not take this key for this account"))
    if reply.status == 404:
        return Trouble("refused", reply.fault("Octopus knows no such account"))
    return Trouble("failed", reply.fault("not an account" if reply.status == 200 else ""))


def _agreements(found: Json) -> Iterator[Agreement]:
    for one in found if isinstance(found, list) else []:
        match one:
            case {"tariff_code": str(tariff), "valid_from": str(since), **rest}:
                until = rest.get("valid_to")
                try:
                    yield Agreement(tariff, instant(since), ending(until) if isinstance(until, str) else None)
                except ValueError:
                    continue


def _points(at: Json) -> Iterator[dict[str, Json]]:
    found = at.get("electricity_meter_points") if isinstance(at, dict) else None
    yield from (p for p in (found if isinstance(found, list) else []) if isinstance(p, dict))


def _lived_in(at: Json, now: datetime) -> bool:
    """A date that is missing, or cannot be read, speaks against no home."""
    moves = at if isinstance(at, dict) else {}
    return not _by(moves.get("moved_out_at"), now, unread=False) and _by(moves.get("moved_in_at"), now, unread=True)


def _by(date: Json, now: datetime, unread: bool) -> bool:
    try:
        return instant(date) <= now if isinstance(date, str) else unread
    except ValueError:
        return unread
