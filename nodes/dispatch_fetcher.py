"""dispatchFetcher: ask Octopus when it plans to charge the car, and what the car is doing about it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from . import Emit, Fault, Node, Port, Ports, Reply, Request, keep, volatile
from .kraken_plans import beside_the_plan, dispatches, plan_request, told_device
from .kraken_replies import refused_document, trouble
from .messages import Device, Plan, Token


@dataclass(frozen=True, kw_only=True)
class Config:
    account: str  # A-…, your Octopus account number
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it
    device_max_age: timedelta = timedelta(minutes=10)  # an older state of the device is not repeated in a plan


class Out(Ports):
    plan: Port[Plan] = keep()
    unauthorised: Port[Fault]  # the token is missing, wrong or too old
    throttled: Port[Fault]  # too many questions: wait, the token is good
    blocked: Port[Fault]  # a firewall's page instead of an answer: wait longer, the token is good
    failed: Port[Fault]  # no usable answer: the last plan stands, and ages


@dataclass(frozen=True)
class State:
    device: Device | None = volatile(lambda: None)  # the one asked about
    lean: bool = volatile(bool)  # Octopus refused the question about the device: ask for the plan alone


def ask(
    cfg: Config, state: State, poll: object, *, token: Token | None, device: Device | None
) -> tuple[State, Request | Emit]:
    if token is None:
        return state, Out.unauthorised(Fault("no token yet"))
    if device is None:
        return state, Out.failed(Fault("no device yet"))
    return replace(state, device=device), plan_request(cfg.url, cfg.account, token, device.id, lean=state.lean)


def read(cfg: Config, state: State, reply: Reply) -> tuple[State, Emit]:
    state = replace(state, lean=state.lean or refused_document(reply))
    if wrong := trouble(reply, spare=beside_the_plan):
        return state, Out.all.get(wrong.port, Out.failed)(wrong.fault)
    found = dispatches(reply.json.get("data") if isinstance(reply.json, dict) else None)
    if isinstance(found, str):
        return state, Out.failed(reply.fault(found))
    asked = state.device
    fresh = asked if asked and reply.at - asked.at <= cfg.device_max_age else None
    now = told_device(reply, asked.id if asked else None) or fresh
    told = Plan(at=reply.at, device=asked.id if asked else None, dispatches=found)
    return state, Out.plan(replace(told, state=now.state, suspended=now.suspended, power=now.power) if now else told)


NODE = Node("dispatchFetcher", Config, Out, ask, read, state=State)
