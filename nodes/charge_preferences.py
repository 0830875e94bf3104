"""chargePreferences: tell Octopus how full the car should be and by when, on every day of the week or on some."""

from dataclasses import dataclass
from datetime import timedelta

from . import Fault, Node, Now, Port, Ports, Reply, refines
from .kraken_errands import Settled, State
from .kraken_schedules import SETTING, Preferences, wish
from .kraken_writes import Results, answered, proceed
from .messages import Token


@dataclass(frozen=True, kw_only=True)
class Config:
    account: str  # A-…, your Octopus account number
    device: str | None = None  # its id or name, if the account has several and a message names none
    url: str = "https://api.octopus.energy/v1/graphql/"  # Octopus, or a simulator or proxy of it
    patience: timedelta = timedelta(minutes=30)  # a wish older than this is given up, not carried out late


class Out(Ports):
    confirmed: Port[Settled]  # the device shows it
    refused: Port[Fault]  # not done, or the device never showed it; `why` says why
    pending: Port[Fault]  # asked, but the device does not show it yet: look again
    unauthorised: Port[Fault]  # the token is missing, wrong or too old
    throttled: Port[Fault]  # too many requests: wait; the token is still good
    failed: Port[Fault]  # no usable answer: look before asking again
    blocked: Port[Fault] = refines("failed")  # a firewall's page instead of an answer: wait longer
    undone: Port[Fault] = refines("failed")  # Octopus could not carry it out: look, then ask once more
    gone: Port[Fault] = refines("failed")  # Octopus no longer knows the device: find it again
    spent: Port[Fault] = refines("throttled")  # our own budget of calls is used up: wait for `retry_after`


def run(
    cfg: Config,
    state: State,
    set: Preferences | None,
    look: object,
    give_up: Fault | None,
    *,
    token: Token | None,
    now: Now,
) -> tuple[State, Results]:
    wanted = wish(set, now) if set else None
    if isinstance(wanted, str):
        return state, [Out.refused(Fault(wanted))]
    return proceed(SETTING, cfg, state, wanted, give_up, token, now)


def read(cfg: Config, state: State, reply: Reply) -> tuple[State, Results]:
    return answered(SETTING, cfg, state, reply)


NODE = Node("chargePreferences", Config, Out, run, read, state=State, actuator=True)
