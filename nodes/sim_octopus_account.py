"""The simulated Octopus's account: an import meter with an agreement before this one, and one for what is sold."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .calls import Json, Reply
from .linked import Asked

if TYPE_CHECKING:
    from .sim_octopus import Config

BEFORE = "E-1R-VAR-22-11-01-A"
SOLD = "E-1R-OUTGOING-VAR-24-10-26-A"
REFUSED = Reply(401, {"detail": "Invalid API key."})
UNKNOWN = Reply(404, {"detail": "Not found."})


def account(cfg: Config, asked: Asked, now: datetime) -> Reply | None:
    """The answer to `accounts/{number}/`; None where something else is asked."""
    head, _, number = asked.path.rstrip("/").rpartition("/")
    if asked.method != "GET" or head != "/v1/accounts":
        return None
    if asked.headers.get("authorization") != _basic(cfg.api_key.reveal()):
        return REFUSED
    if number != cfg.account:
        return UNKNOWN
    began = (now - timedelta(days=200)).replace(hour=0, minute=0, second=0, microsecond=0)
    bought = [_agreement(BEFORE, began - timedelta(days=365), began), _agreement(cfg.prices.code, began, None)]
    points: list[Json] = [
        {"mpan": "1000000000000", "is_export": False, "meters": [{"serial_number": "S1"}], "agreements": bought},
        {"mpan": "1000000000001", "is_export": True, "meters": [], "agreements": [_agreement(SOLD, began, None)]},
    ]
    home: Json = {"moved_in_at": _stamp(began), "moved_out_at": None, "electricity_meter_points": points}
    return Reply(200, {"number": number, "properties": [home]})


def _agreement(tariff: str, since: datetime, until: datetime | None) -> Json:
    return {"tariff_code": tariff, "valid_from": _stamp(since), "valid_to": _stamp(until) if until else None}


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _basic(key: str) -> str:
    return "Basic " + b64encode(f"{key}:".encode()).decode()
