"""The simulated Octopus, asked by the real nodes' questions."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from wattwire.nodes import (
    Asked,
    Emit,
    Json,
    Reply,
    Request,
    Secret,
    Started,
    Status,
    dispatch_fetcher,
    kraken_device,
    kraken_keeping,
    kraken_token,
    rate_fetcher,
)
from wattwire.nodes.messages import Device, Plan, Tick, Token
from wattwire.nodes.sim_messages import SimFault
from wattwire.nodes.sim_octopus import KEY, Config, step
from wattwire.nodes.sim_octopus_answers import answer
from wattwire.nodes.sim_octopus_car import State

CFG = Config()
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DEVICE = kraken_device.Config(account=CFG.account)
PLAN = dispatch_fetcher.Config(account=CFG.account)


class Octopus:
    """The simulator behind the nodes that ask it, at a time that the test sets."""

    def __init__(self, cfg: Config = CFG, now: datetime = NOON) -> None:
        self.cfg, self.now = cfg, now
        self.state, _ = step(cfg, State(), Started(), None, None, now)

    def reply(self, request: Request) -> Reply:
        path = "/v1/" + request.url.partition("/v1/")[2]
        headers = {"authorization": request.authorization.reveal()} if request.authorization else {}
        body: Json = json.loads(json.dumps(request.json, default=Secret.reveal))
        asked = Asked(request.method, path, request.query, headers, body)
        self.state, reply = answer(self.cfg, self.state, asked, self.now)
        return replace(reply, at=self.now)

    def told(self, kind: str, times: int | None = None) -> Status | None:
        self.state, status = step(self.cfg, self.state, None, None, SimFault(kind=kind, times=times), self.now)
        return status if isinstance(status, Status) else None

    def tick(self) -> Emit | None:
        self.state, sent = step(self.cfg, self.state, None, Tick(self.now), None, self.now)
        return sent if isinstance(sent, Emit) else None

    def login(self, key: Secret = KEY) -> Emit:
        cfg = kraken_token.Config(api_key=key)
        return kraken_token.read(cfg, self.reply(kraken_token.ask(cfg, None)))

    def token(self) -> Token:
        body = self.login().body
        assert isinstance(body, Token)
        return body

    def device(self, token: Token | None = None) -> Emit:
        request = kraken_device.ask(DEVICE, None, token=token or self.token())
        assert isinstance(request, Request)
        return kraken_device.read(DEVICE, self.reply(request))

    def plan(self, token: Token | None = None, device: str = CFG.device) -> Emit:
        known = Device(at=self.now, id=device)
        state, request = dispatch_fetcher.ask(
            PLAN, kraken_keeping.State(), None, token=token or self.token(), device=known
        )
        assert isinstance(request, Request)
        sent = dispatch_fetcher.read(PLAN, state, self.reply(request))[1]
        assert isinstance(sent, Emit)
        return sent

    def prices(self, product: str) -> Emit:
        cfg = rate_fetcher.Config(product=product, tariff=f"E-1R-{product}-A")
        state, result = rate_fetcher.ask(cfg, rate_fetcher.State(), None, self.now)
        while isinstance(result, Request):
            state, result = rate_fetcher.read(cfg, state, self.reply(result))  # type: ignore[assignment]
        return result


def hours(sent: Emit) -> list[str]:
    assert isinstance(sent.body, Plan), sent
    return [f"{d.start:%H:%M}-{d.end:%H:%M}" for d in sent.body.dispatches]
