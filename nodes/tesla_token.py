"""teslaToken: trade a Tesla refresh token, which every use replaces, for an access token that lasts some hours."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from . import Emit, Fault, Node, Port, Ports, Reply, Request, Secret, replace
from .field import amount
from .messages import Token
from .tesla_refusals import trouble

SIGN_IN = "Tesla no longer accepts the refresh token: it expired, another program used it, or the password was changed."


@dataclass(frozen=True, kw_only=True)
class Config:
    client_id: str  # of the application registered at developer.tesla.com
    refresh_token: Secret  # the first one; those that replace it are kept with the node's state
    url: str = "https://fleet-auth.prd.vn.cloud.tesla.com/oauth2/v3/token"


class Out(Ports):
    token: Port[Token]
    refused: Port[Fault]  # the owner must sign in again: trying again cannot help
    failed: Port[Fault]  # no usable answer: trying again may help


@dataclass(frozen=True)
class State:
    newest: Secret | None = None
    heir_of: str = ""  # print of the configured token that the newest descends from


def ask(cfg: Config, state: State, want: object) -> tuple[State, Request]:
    given = sha256(cfg.refresh_token.reveal().encode()).hexdigest()[:12]
    if state.newest is None or state.heir_of != given:
        state = State(cfg.refresh_token, given)
    form = {"grant_type": "refresh_token", "client_id": cfg.client_id, "refresh_token": state.newest}
    return state, Request(method="POST", url=cfg.url, form=form)


def read(cfg: Config, state: State, reply: Reply) -> tuple[State, Emit]:
    if reply.unknown:  # the token that was shown stays good for a day
        return state, Out.failed(reply.fault("not known whether Tesla answered before the process died"))
    body = reply.json if isinstance(reply.json, dict) else {}
    good, life = reply.status == 200, amount(body.get("expires_in", 28800)) or 0.0  # OAuth need not tell it
    match body:
        case {"refresh_token": str(newest)} if good and newest:
            state = replace(state, newest=Secret(newest))
    match body:
        case {"access_token": str(token)} if good and token and 1 < life < 10**8:
            return state, Out.token(Token(Secret(token), reply.at + timedelta(seconds=life)))
        case {"error": "login_required" | "invalid_grant" as code}:
            return state, Out.refused(reply.fault(f"{SIGN_IN} Sign in again and set the new refresh token.", code))
        case {"error": "invalid_client" | "unauthorized_client" as code}:
            return state, Out.refused(reply.fault("Tesla knows no such client_id; compare it with the app's.", code))
    return state, Out.failed(trouble(reply))


NODE = Node("teslaToken", Config, Out, ask, read, state=State, once=True)
