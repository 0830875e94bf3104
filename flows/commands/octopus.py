"""What `wattwire setup` learns from Octopus, with nothing but an API key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.callers import Caller
from wattwire.nodes import Emit, Fault, Json, Reply, Request, Secret, kraken_token, rate_fetcher
from wattwire.nodes.kraken_accounts import Account, account_request, accounts, numbers, viewer_request
from wattwire.nodes.kraken_devices import EV, devices_request, one_field_of_one_device
from wattwire.nodes.kraken_replies import Trouble, trouble
from wattwire.nodes.messages import Prices, Token

OCTOPUS = "https://api.octopus.energy"
WHERE = "Octopus account, Personal details, API access"

MEANS = {
    "throttled": "Octopus gets too many questions with this key: wait a quarter of an hour",
    "blocked": "a firewall answered for Octopus, as it does after too many questions: wait a quarter of an hour",
    "forbidden": "this key may not be used for that",
}


class Stop(Exception):
    """Why setup cannot go on, as one sentence for a person."""


@dataclass(frozen=True)
class Found:
    """A car, a charger or something else that Octopus knows in the house."""

    name: str
    kind: str
    state: str
    usable: bool  # a car or charger that is live


class Octopus:
    def __init__(self, base: str, key: str, call: Callable[[Request], Reply] | None = None) -> None:
        self.key, self.base = Secret(key), base.rstrip("/")
        self.graphql, self.rest = f"{self.base}/v1/graphql/", f"{self.base}/v1"
        self._call = call or Caller({}, Budgets("setup")).call
        self._token: Token | None = None

    def login(self) -> None:
        """Whether the key is good. Raises Stop."""
        cfg = kraken_token.Config(api_key=self.key, url=self.graphql)
        told = kraken_token.read(cfg, self._call(kraken_token.ask(cfg, None)))
        if isinstance(told.body, Token):
            self._token = told.body
        elif told.port == "refused" and isinstance(told.body, Fault):
            raise Stop(f"Octopus does not take this key ({told.body.why.rstrip('.')}): copy it again from {WHERE}")
        else:
            raise Stop(_why(told.port, told.body))

    def numbers(self) -> list[str]:
        told = numbers(self._call(viewer_request(self.graphql, self._signed_in())))
        if isinstance(told, Trouble):
            raise Stop(_why(told.port, told.fault))
        return told

    def devices(self, account: str) -> list[Found]:
        reply = self._call(devices_request(self.graphql, account, self._signed_in()))
        wrong = trouble(reply, spare=one_field_of_one_device)
        if wrong and wrong.port != "gone":
            raise Stop(_why(wrong.port, wrong.fault))
        match reply.json:
            case {"data": {"devices": list(found)}}:
                return [_device(f) for f in found if isinstance(f, dict)]
            case _:
                return []

    def tariffs(self, account: str) -> list[Account]:
        told = accounts(self._call(account_request(self.rest, account, self.key)), account)
        if isinstance(told, Trouble):
            raise Stop(_why(told.port, told.fault))
        return told

    def prices(self, product: str, tariff: str) -> Prices | str:
        """A tariff's prices, or why there are none: that alone is no reason to stop."""
        cfg = rate_fetcher.Config(product=product, tariff=tariff, url=self.rest)
        state, told = rate_fetcher.ask(cfg, rate_fetcher.State(), None, datetime.now(UTC))
        result: Request | Emit = told
        while isinstance(result, Request):
            state, result = rate_fetcher.read(cfg, state, self._call(result))
        body = result.body
        return body if isinstance(body, Prices) else body.why if isinstance(body, Fault) else "not known"

    def _signed_in(self) -> Token:
        if self._token is None:
            self.login()
        assert self._token is not None
        return self._token


def told_prices(prices: Prices, now: datetime) -> str:
    """What a tariff costs, in words."""
    bands = prices.bands
    if bands is not None:
        pairs = [("house", bands.house_cheap, bands.house_standard), ("car", bands.car_cheap, bands.car_standard)]
        costs = ", ".join(
            f"{who} {_pence(low)} and {_pence(high)}" for who, low, high in pairs if (low, high) != (None, None)
        )
    else:
        near = [p.price for p in prices.import_ if p.start < now + timedelta(days=1) and (p.end is None or p.end > now)]
        costs = f"from {_pence(min(near))} to {_pence(max(near))}" if near else "no current price is listed"
    standing = "" if prices.standing is None else f", standing charge {_pence(prices.standing)} a day"
    return f"{costs}{standing}"


def _pence(price: float | None) -> str:
    return "?" if price is None else f"{price:.2f} p"


def _device(found: dict[str, Json]) -> Found:
    status = found.get("status")
    told = status if isinstance(status, dict) else {}
    current = str(told.get("current") or "state unknown")
    state = ", ".join(str(s) for s in (current, told.get("currentState")) if s)
    make = " ".join(str(found[part]) for part in ("make", "model") if found.get(part))
    usable = found.get("deviceType", EV) in (EV, None) and (current == "LIVE" or not told)
    return Found(str(found.get("name") or make or found.get("id")), str(found.get("__typename") or ""), state, usable)


def _why(port: str, body: object) -> str:
    fault = body if isinstance(body, Fault) else Fault("no usable answer")
    if port in MEANS:
        return f"{MEANS[port]} ({fault.why})"
    if port == "refused":
        return fault.why
    return f"Octopus cannot be asked now: {fault.why}"
