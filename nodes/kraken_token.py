"""krakenToken: trade an Octopus API key for a one-hour Kraken token."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Port, Ports, Reply, Request, Secret, refines
from .kraken_budgets import calls
from .kraken_replies import Trouble, left, trouble
from .kraken_tokens import MISTAKEN, expiry, key_refused
from .messages import Token

LOGIN = "mutation Login($key: String!) { obtainKrakenToken(input: {APIKey: $key}) { token payload } }"


@dataclass(frozen=True, kw_only=True)
class Config:
    api_key: Secret  # sk_live_…, from your Octopus account's developer page
    account: str = ""  # A-…, your account number: asking for a token counts towards its budget of calls
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it


class Out(Ports):
    token: Port[Token]
    refused: Port[Fault]  # the key is wrong: trying again cannot help
    failed: Port[Fault]  # no usable answer: trying again may help
    throttled: Port[Fault] = refines("failed")  # too many requests: wait
    blocked: Port[Fault] = refines("failed")  # a firewall's page instead of an answer: wait longer; the key is good
    spent: Port[Fault] = refines("failed")  # our own budget of calls is used up: wait for `retry_after`
    forbidden: Port[Fault] = refines("refused")  # the key is right but may not be used, as with a second factor


def ask(cfg: Config, want: object) -> Request:
    asked = {"query": LOGIN, "variables": {"key": cfg.api_key}}
    return Request(method="POST", url=cfg.url, json=asked, budgets=(calls(cfg.account, most=60),))


def read(cfg: Config, reply: Reply) -> Emit:
    match reply.json:
        case {"data": {"obtainKrakenToken": {"token": str(token), **told}}} if token:
            return Out.token(Token(Secret(token), expires=expiry(token, told.get("payload"), reply.at)))
    wrong = trouble(reply) or Trouble("failed", reply.fault("the reply has no token"))
    if key_refused(reply):
        barred = wrong.port == "forbidden" and wrong.fault.code != MISTAKEN
        return Out.forbidden(wrong.fault) if barred else Out.refused(wrong.fault)
    return left(Out, wrong) if wrong.port in ("throttled", "blocked", "spent") else Out.failed(wrong.fault)


NODE = Node("krakenToken", Config, Out, ask, read)
