"""krakenDevice: find the car or charger that Octopus steers, and what it is doing."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Port, Ports, Reply, Request, keep, refines, replace
from .kraken_devices import candidates, devices_request, one_field_of_one_device
from .kraken_replies import Trouble, left, trouble, unread
from .messages import Device, Token


@dataclass(frozen=True, kw_only=True)
class Config:
    account: str  # A-…, your Octopus account number
    device: str | None = None  # its id or name, to pick one of several
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it


class Out(Ports):
    device: Port[Device] = keep()  # the car, or else the charger; if there are several, `also` names the others
    unauthorised: Port[Fault]  # the token is missing, wrong or too old
    throttled: Port[Fault]  # too many requests: wait; the token is still good
    failed: Port[Fault]  # no usable answer: trying again may help
    none: Port[Fault]  # the account has no live car or charger, or none of that id or name
    spent: Port[Fault] = refines("throttled")  # our own budget of calls is used up: wait for `retry_after`
    blocked: Port[Fault] = refines("failed")  # a firewall's page instead of an answer: wait longer
    unavailable: Port[Fault] = refines("failed")  # Octopus cannot say at the moment
    forbidden: Port[Fault] = refines("failed")  # the key has no right to this account: a person must act
    disabled: Port[Fault] = refines("failed")  # Octopus no longer offers what is asked for
    invalid: Port[Fault] = refines("failed")  # the query is too large or wrong: asking it again cannot help


def ask(cfg: Config, poll: object, *, token: Token | None) -> Request | Emit:
    if token is None:
        return Out.unauthorised(Fault("no token yet"))
    return devices_request(cfg.url, cfg.account, token)


def read(cfg: Config, reply: Reply) -> Emit:
    if wrong := trouble(reply, spare=one_field_of_one_device):
        return _told(wrong)
    match reply.json:
        case {"errors": [_, *_], "data": {"devices": list(found)}} if None in found:
            return Out.failed(reply.fault("a device could not be read"))
        case {"data": {"devices": list(found)}}:
            live = candidates(found, reply.at)
        case _:
            return _told(unread(reply, "the reply has no devices"))
    wanted = [d for d in live if cfg.device in (None, d.id, d.name)]
    if wanted:
        return Out.device(replace(wanted[0], also=() if cfg.device else tuple(d.id for d in wanted[1:])))
    named = ", ".join(d.name or d.id for d in live)
    return Out.none(reply.fault(f"no such device; there are: {named}" if live else "no live car or charger"))


def _told(wrong: Trouble) -> Emit:
    return Out.none(wrong.fault) if wrong.port == "gone" else left(Out, wrong)


NODE = Node("krakenDevice", Config, Out, ask, read)
