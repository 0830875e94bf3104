"""powerwall: hold or charge a Tesla Powerwall by its backup reserve, and put the household's own reserve back."""

from dataclasses import dataclass
from datetime import timedelta

from . import Due, Fault, Node, Now, Port, Ports, Reply, Started, keep, refines
from .messages import House, Lease, Tick, Token
from .powerwall_site import Course, State, begin, follow, roused, taken


@dataclass(frozen=True, kw_only=True)
class Config:
    site: str  # the energy site's id, from Tesla's list of products
    url: str = "https://fleet-api.prd.eu.vn.cloud.tesla.com"  # the region's address, or a simulator or proxy of it
    highest: float = 80  # highest % of reserve, short of 100, that the Powerwall accepts
    max_lease: timedelta = timedelta(hours=1)  # longer leases are cut to this
    spend_per_month: float = 8.0  # pounds, for all calls on this Tesla account
    shadow: bool = False  # write nothing


class Out(Ports):
    house: Port[House] = keep()
    confirmed: Port[Lease]  # what the Powerwall was seen to accept; release when the lease has ended
    refused: Port[Fault]  # a lease that is not in force, and why
    over: Port[Tick]  # a lease has ended, or was found at start: poll, to put the household's reserve back or go on
    unauthorised: Port[Fault]
    throttled: Port[Fault]
    spent: Port[Fault] = refines("throttled")  # the month's pounds are used up: no lease begins
    failed: Port[Fault]  # no usable answer: trying again may help


def ask(
    cfg: Config,
    state: State,
    poll: object,
    lease: Lease | None,
    event: Started | Due | None,
    now: Now,
    *,
    token: Token | None,
) -> Course:
    """A lease is carried out at once; a poll reads the house, renews what is missing and ends what is over."""
    if event is not None:
        return roused(cfg, state, event, now)
    if lease is not None:
        state, why = taken(cfg, state, lease, now)
        if why:
            return state, [Out.refused(Fault(why))]
    if token is None:
        return state, [Out.unauthorised(Fault("no token yet"))]
    return begin(cfg, state, token)


def read(cfg: Config, state: State, reply: Reply) -> Course:
    return follow(cfg, state, reply)


NODE = Node("powerwall", Config, Out, ask, read, state=State, actuator=True)
