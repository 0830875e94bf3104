"""krakenToken: trade an Octopus API key for a one-hour Kraken token."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Port, Ports, Reply, Request, Secret
from .kraken_replies import expiry, key_refused, trouble
from .messages import Token

LOGIN = "mutation Login($key: String!) { obtainKrakenToken(input: {APIKey: $key}) { token payload } }"


@dataclass(frozen=True, kw_only=True)
class Config:
    api_key: Secret  # sk_live_…, from your Octopus account's developer page
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it


class Out(Ports):
    token: Port[Token]
    refused: Port[Fault]  # the key is wrong: trying again cannot help
    failed: Port[Fault]  # no usable answer: trying again may help


def ask(cfg: Config, want: object) -> Request:
    return Request(method="POST", url=cfg.url, json={"query": LOGIN, "variables": {"key": cfg.api_key}})


def read(cfg: Config, reply: Reply) -> Emit:
    match reply.json:
        case {"data": {"obtainKrakenToken": {"token": str(token), **told}}} if token:
            return Out.token(Token(Secret(token), expires=expiry(token, told.get("payload"), reply.at)))
    wrong = trouble(reply)
    fault = wrong.fault if wrong else reply.fault("the reply has no token")
    return Out.refused(fault) if key_refused(reply) else Out.failed(fault)


NODE = Node("krakenToken", Config, Out, ask, read)
