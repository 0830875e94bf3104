"""krakenAccount: read every day which tariff the account is on, and say so when it is not the flow's."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Port, Ports, Reply, Request, Secret, keep, refines
from .kraken_accounts import Account, account_request, accounts
from .kraken_replies import Trouble, left


@dataclass(frozen=True, kw_only=True)
class Config:
    api_key: Secret  # sk_live_…, from your Octopus account's developer page
    account: str  # A-…, your Octopus account number
    tariff: str = ""  # code that the flow is set up for; empty: any will do
    url: str = "https://api.octopus.energy/v1"  # Octopus, or a simulator or proxy of it


class Out(Ports):
    account: Port[Account] = keep()
    changed: Port[Fault]  # the account is not on the flow's tariff: a person must act
    none: Port[Fault]  # this account buys no electricity now
    refused: Port[Fault]  # the key may not read this account: trying again cannot help
    failed: Port[Fault]  # no usable answer: trying again may help
    throttled: Port[Fault] = refines("failed")  # too many requests: wait
    blocked: Port[Fault] = refines("failed")  # a firewall's page instead of an answer: wait longer
    spent: Port[Fault] = refines("failed")  # our own budget of calls is used up: wait for `retry_after`


def ask(cfg: Config, poll: object) -> Request:
    return account_request(cfg.url, cfg.account, cfg.api_key)


def read(cfg: Config, reply: Reply) -> Emit | list[Emit]:
    told = accounts(reply, cfg.account)
    if isinstance(told, Trouble):
        return left(Out, told)
    if not told:
        return Out.none(Fault("this account buys no electricity now", reply.status))
    found = next((a for a in told if a.tariff == cfg.tariff), told[0])
    if cfg.tariff in ("", found.tariff):
        return Out.account(found)
    since = f" since {found.since:%d %B %Y}" if found.since else ""
    why = f"the account is on {found.tariff}{since}, and the flow reckons with {cfg.tariff}: run `wattwire setup` again"
    return [Out.account(found), Out.changed(Fault(why))]


NODE = Node("krakenAccount", Config, Out, ask, read)
