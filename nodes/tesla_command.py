"""teslaCommand: start or stop the car's charging, set its limit, current or schedules, and check that it obeys."""

from dataclasses import dataclass
from datetime import timedelta

from . import Emit, Fault, Kept, Node, Now, Port, Ports, Request, refines, replace
from .car_messages import CarCommand, CarDone, Needed
from .messages import Car, Charger, House, Token
from .tesla_errand import follow, nudged, seen, wished
from .tesla_pending import Memory


@dataclass(frozen=True, kw_only=True)
class Config:
    vin: str
    url: str = "https://localhost"  # of tesla-http-proxy, which signs the commands
    ca: str | None = None  # path of the certificate of the server at `url`, if it is self-signed
    settle: timedelta = timedelta(seconds=5)  # wait this long after a command before looking at the car
    fresh: timedelta = timedelta(minutes=1)  # a reading no older than this may show that there is nothing to do
    keep: timedelta = timedelta(hours=1)  # what could not be done for this long is given up
    tries: int = 3  # a command is sent at most this many times
    spend_per_month: float = 8.0  # pounds, for all calls on this Tesla account


class Out(Ports):
    done: Port[CarDone]  # the car shows it
    full: Port[CarDone] = refines("done")  # it cannot start: it is charged to its limit
    taken: Port[CarCommand]  # Tesla said yes: look at the car in a few seconds
    asleep: Port[Needed]  # it must be woken for this; a stop never leaves by this port
    ineffective: Port[Fault]  # Tesla said yes, and the car does not do it
    unknown: Port[Fault]  # not known whether the car got it: look before anything is repeated
    refused: Port[Fault]  # the car says no, or the command makes no sense: trying again cannot help
    unplugged: Port[Fault] = refines("refused")  # no cable: sent again by itself once there is one
    powerless: Port[Fault] = refines("refused")  # the cable brings no power
    unauthorised: Port[Fault]  # no token, or one that Tesla does not accept
    forbidden: Port[Fault]  # a person must act: key not paired, scope missing, account locked, no payment
    throttled: Port[Fault]  # too many calls: wait for `retry_after`
    spent: Port[Fault]  # our budget, or the limit at Tesla, is used up
    failed: Port[Fault]  # certainly not done: trying again may help
    busy: Port[Fault] = refines("failed")  # the car is still waking: try again in a few seconds
    lapsed: Port[Fault]  # given up: its time ran out, or it was sent as often as allowed
    overtaken: Port[Fault] = refines("lapsed")  # a newer wish took its place


def ask(
    cfg: Config, memory: Memory, command: CarCommand | None, again: object, car: Kept[Car] | None, now: Now, *,
    token: Token | None, house: House | None, charger: Charger | None,
) -> tuple[Memory, list[Emit | Request]]:  # fmt: skip
    news = car is not None and car.at != memory.news  # a nudge may come without a body
    memory = replace(memory.knowing(token, car, house, charger, now), news=car.at if car else None)
    if command is not None:
        return wished(cfg, memory, command, now)
    if again is None and news and car is not None:
        return seen(cfg, memory, car, now)
    return nudged(cfg, memory, now)


NODE = Node("teslaCommand", Config, Out, ask, follow, state=Memory, once=True, actuator=True)
