"""The simulated Octopus's GraphQL: tokens that really expire, limits that really hold, errors in the recorded shape.

Longer than a page: a question goes through all of its checks in the order in which Octopus makes them.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from . import replace
from .calls import Json, Reply
from .kraken_tokens import expiry
from .linked import Asked
from .sim_octopus_car import State, device, entry, planned
from .sim_octopus_faults import CODE, DEVICES, MESSAGES, PLAN, TOKEN, TYPES
from .sim_octopus_past import completed
from .sim_octopus_settings import WRITES, Refusal, write

if TYPE_CHECKING:
    from .sim_octopus import Config

FIELDS = {TOKEN, PLAN, DEVICES, *WRITES, "completedDispatches", "viewer"}
MINUTE = timedelta(minutes=1)
Answered = tuple[State, Json, list[Json]]


def fields(asked: Asked) -> list[str]:
    """The questions of a document, without what is wanted of each."""
    return list(_fields(_query(asked)))


@lru_cache
def _fields(query: str) -> tuple[str, ...]:
    depth, found = 0, []
    for token in re.findall(r"[{(]|[})]|[A-Za-z_]\w*", query.partition("{")[2]):
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(token, 0)
        if depth == 0 and token[0] not in "{(})":
            found.append(token)
    return tuple(found)


def graphql(cfg: Config, state: State, asked: Asked, fault: str, now: datetime) -> tuple[State, Reply]:
    wanted = fields(asked)
    if unknown := [f for f in wanted if f not in FIELDS]:
        told: list[Json] = [{"message": f"Cannot query field '{f}' on type 'Query'.", "locations": AT} for f in unknown]
        return state, Reply(200, {"errors": told})
    data: dict[str, Json] = {}
    errors: list[Json] = []
    for field in wanted:
        state, data[field], wrong = _field(cfg, state, field, asked, fault, now)
        errors += wrong
    return state, Reply(200, {"errors": errors, "data": data} if errors else {"data": data})


def error(code: str, path: list[Json], reasons: Sequence[str] = ()) -> dict[str, Json]:
    message = MESSAGES.get(code, "Unexpected error.")
    more: dict[str, Json] = {"errorType": TYPES.get(code, "APPLICATION"), "errorCode": code}
    more |= {"errorDescription": message, **({"boostChargeRefusalReasons": list(reasons)} if reasons else {})}
    return {"message": message, "locations": AT, "path": path, "extensions": more}


AT: list[Json] = [{"line": 1, "column": 9}]


def _field(cfg: Config, state: State, field: str, asked: Asked, fault: str, now: datetime) -> Answered:
    if field == TOKEN:
        return _login(cfg, state, asked, fault, now)
    code = _unauthorised(cfg, asked.headers.get("authorization"), now)
    if code is None and CODE.fullmatch(fault):
        code = fault
    return _refuse(state, field, code) if code else _data(cfg, state, field, asked, fault, now)


def _login(cfg: Config, state: State, asked: Asked, fault: str, now: datetime) -> Answered:
    if fault == "wrongKey" or _argument(asked, "APIKey") != cfg.api_key.reveal():
        return _refuse(state, TOKEN, "KT-CT-1139")
    given: dict[str, Json] = {"iat": int(now.timestamp()), "exp": int((now + cfg.token_life).timestamp())}
    payload: dict[str, Json] = {"sub": "kraken|simulated", "gty": "API-KEY", **given}
    return state, {"token": _sign(cfg, payload), "payload": payload}, []


def _data(cfg: Config, state: State, field: str, asked: Asked, fault: str, now: datetime) -> Answered:
    if field == DEVICES:
        return _devices(cfg, state, asked, fault, now)
    if field == "viewer":
        return state, {"accounts": [{"number": cfg.account}]}, []
    if field == "completedDispatches":
        return state, completed(cfg, state, now), []
    wish = _wish(asked)
    if wish.get("deviceId", _argument(asked, "deviceId")) != cfg.device:
        return _refuse(state, field, "KT-CT-4313")
    return _plan(cfg, state, fault, now) if field == PLAN else _written(cfg, state, field, wish, fault, now)


def _written(cfg: Config, state: State, field: str, wish: Mapping[str, Json], fault: str, now: datetime) -> Answered:
    if fault.startswith("BC_"):
        return state, None, [error("KT-CT-4357", [field], [fault])]
    if fault == "unshown":
        return state, {"id": cfg.device}, []
    taken = write(cfg, state, field, wish, now)
    if isinstance(taken, Refusal):
        return state, None, [error(taken.code, [field], taken.reasons)]
    return taken, {"id": cfg.device}, []


def _devices(cfg: Config, state: State, asked: Asked, fault: str, now: datetime) -> Answered:
    if _argument(asked, "accountNumber") != cfg.account:
        return _refuse(state, DEVICES, "KT-CT-4301")
    if fault == "noDevice" or _argument(asked, "deviceId") not in (None, cfg.device):
        return state, [], []
    found = device(cfg, state, now)
    if fault == "deviceStatus":
        return state, [found | {"status": None}], [error("KT-CT-4360", [DEVICES, 0, "status"])]
    return state, [found], []


def _plan(cfg: Config, state: State, fault: str, now: datetime) -> Answered:
    recent = tuple(at for at in state.plans if now - at < MINUTE)
    if len(recent) >= cfg.plan_reads:
        return _refuse(replace(state, plans=recent), PLAN, "KT-CT-1199")
    state = replace(state, plans=(*recent, now))
    if fault == "nullPlan":
        return state, None, []
    if fault == "badPlan":
        return state, [{"start": "soon", "end": None, "type": "SMART", "energyAddedKwh": None}], []
    found = () if fault == "emptyPlan" else planned(cfg, state, now)
    boosts = [replace(d, kind="boost") for d in found] if fault == "boostPlan" else found
    return state, [entry(cfg, d) for d in boosts], []


def _refuse(state: State, field: str, code: str) -> Answered:
    return state, None, [error(code, [field])]


def _unauthorised(cfg: Config, header: str | None, now: datetime) -> str | None:
    """The code for what is wrong with a token, or None."""
    if not header:
        return "KT-CT-1112"
    token = header.removeprefix("JWT ")
    if token.count(".") != 2:
        return "KT-CT-1143"
    ends = _ends(cfg.api_key.reveal(), token)
    return "KT-CT-1139" if ends is None else "KT-CT-1124" if ends <= now else None


@lru_cache(maxsize=16)
def _ends(key: str, token: str) -> datetime | None:
    """When a token ends; None where it is not one of ours."""
    signed, _, signature = token.rpartition(".")
    return expiry(token, None, datetime.min.replace(tzinfo=UTC)) if _signature(key, signed) == signature else None


def _sign(cfg: Config, payload: Mapping[str, Json]) -> str:
    head, body = (_b64(part) for part in ({"alg": "simulated", "typ": "JWT"}, payload))
    return f"{head}.{body}.{_signature(cfg.api_key.reveal(), f'{head}.{body}')}"


def _signature(key: str, signed: str) -> str:
    return sha256(f"{key}.{signed}".encode()).hexdigest()


def _b64(part: Mapping[str, Json]) -> str:
    return urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).decode().rstrip("=")


def _query(asked: Asked) -> str:
    match asked.json:
        case {"query": str(query)}:
            return query
        case _:
            return ""


def _argument(asked: Asked, name: str) -> Json:
    """What a question was given, written into the query or as a variable."""
    variable, written = _sought(_query(asked), name)
    match asked.json:
        case {"variables": dict(given)} if variable:
            return given.get(variable)
        case _:
            return written


@lru_cache
def _sought(query: str, name: str) -> tuple[str | None, str | None]:
    found = re.search(rf'\b{name}\s*:\s*(?:\$(\w+)|"([^"]*)")', query)
    return (found[1], found[2]) if found else (None, None)


def _wish(asked: Asked) -> Mapping[str, Json]:
    given = _argument(asked, "input")
    return given if isinstance(given, dict) else {}
