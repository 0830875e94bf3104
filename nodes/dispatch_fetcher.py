"""dispatchFetcher: ask Octopus when it plans to charge the car, and what the car is doing about it."""

from dataclasses import dataclass
from datetime import timedelta

from . import Emit, Fault, Node, Port, Ports, Reply, Request, keep, refines
from .kraken_keeping import State, answered
from .kraken_plans import plan_request
from .kraken_replies import left
from .messages import Device, Plan, Token


@dataclass(frozen=True, kw_only=True)
class Config:
    account: str  # A-…, your Octopus account number
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it
    device_max_age: timedelta = timedelta(minutes=10)  # a device's state older than this is not repeated in a plan


class Out(Ports):
    plan: Port[Plan] = keep()  # of one device; where the account has several live ones, each has its own
    unauthorised: Port[Fault]  # the token is missing, wrong or too old
    throttled: Port[Fault]  # too many requests: wait; the token is still good
    blocked: Port[Fault]  # a firewall's page instead of an answer: wait longer; the token is still good
    failed: Port[Fault]  # no usable answer: the last plan stands, and ages
    spent: Port[Fault] = refines("failed")  # our own budget of calls is used up: wait for `retry_after`
    unavailable: Port[Fault] = refines("failed")  # Octopus itself cannot get the plan, sometimes for hours
    emptied: Port[Fault] = refines("failed")  # an empty list after a plan: the plan stands until a further poll agrees
    gone: Port[Fault] = refines("failed")  # Octopus no longer knows the device's id: find it again
    forbidden: Port[Fault] = refines("failed")  # the key has no right to this account or field: a person must act
    disabled: Port[Fault] = refines("failed")  # Octopus no longer offers what is asked for
    invalid: Port[Fault] = refines("failed")  # the query is too large or wrong: asking it again cannot help


def ask(
    cfg: Config, state: State, poll: object, *, token: Token | None, device: Device | None
) -> tuple[State, Request | Emit]:
    if token is None:
        return state, Out.unauthorised(Fault("no token yet"))
    if device is None:
        return state, Out.failed(Fault("no device yet"))
    state = state.polled(device, token)
    return state, plan_request(cfg.url, cfg.account, token, state.left[0], lean=state.lean)


def read(cfg: Config, state: State, reply: Reply) -> tuple[State, Emit | list[Emit | Request]]:
    state, told = answered(state, reply, cfg.device_max_age)
    sent = Out.plan(told) if isinstance(told, Plan) else left(Out, told)
    if not state.left or state.token is None:
        return state, sent
    return state, [sent, plan_request(cfg.url, cfg.account, state.token, state.left[0], lean=state.lean)]


NODE = Node("dispatchFetcher", Config, Out, ask, read, state=State)
