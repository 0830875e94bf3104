"""completedFetcher: read what Octopus lists as charged, hours later; what kind each charge was comes from the plan."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Port, Ports, Reply, Request, keep, refines, replace
from .kraken_completed import Completed, completed, completed_request, remembered
from .kraken_replies import left
from .messages import Dispatch, Plan, Token


@dataclass(frozen=True, kw_only=True)
class Config:
    account: str  # A-…, your Octopus account number
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it


class Out(Ports):
    completed: Port[Completed] = keep()  # about half a day late: for the books, not for what to do now
    unauthorised: Port[Fault]  # the token is missing, wrong or too old
    throttled: Port[Fault]  # too many requests: wait; the token is still good
    failed: Port[Fault]  # no usable answer: the last list stands
    spent: Port[Fault] = refines("throttled")  # our own budget of calls is used up: wait for `retry_after`
    unavailable: Port[Fault] = refines("failed")  # Octopus itself cannot get the list
    blocked: Port[Fault] = refines("failed")  # a firewall's page instead of an answer: wait longer
    forbidden: Port[Fault] = refines("failed")  # the key has no right to this account: a person must act
    disabled: Port[Fault] = refines("failed")  # Octopus no longer offers what is asked for


@dataclass(frozen=True)
class State:
    planned: tuple[Dispatch, ...] = ()  # every entry of the plans of the last days


def ask(
    cfg: Config, state: State, poll: object, plan: Plan | None, *, token: Token | None
) -> tuple[State, Request | Emit | None]:
    if plan is not None:
        return replace(state, planned=remembered(state.planned, plan)), None
    if token is None:
        return state, Out.unauthorised(Fault("no token yet"))
    return state, completed_request(cfg.url, cfg.account, token)


def read(cfg: Config, state: State, reply: Reply) -> tuple[State, Emit]:
    told = completed(reply, state.planned)
    return state, Out.completed(told) if isinstance(told, Completed) else left(Out, told)


NODE = Node("completedFetcher", Config, Out, ask, read, state=State)
