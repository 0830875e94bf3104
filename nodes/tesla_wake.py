"""teslaWake: wake the car for a command that waits for it, and for nothing else; wakes are expensive."""

from dataclasses import dataclass
from datetime import timedelta

from . import Emit, Fault, Node, Now, Port, Ports, Request, keep, refines, replace
from .car_messages import CarCommand, Holiday, Needed, Woken
from .messages import Token
from .tesla_waking import Memory, follow, looked, needed


@dataclass(frozen=True, kw_only=True)
class Config:
    vin: str
    url: str = "https://fleet-api.prd.eu.vn.cloud.tesla.com"  # your region's; a wake needs no signature
    ca: str | None = None  # path of the certificate of the server at `url`, if it is self-signed
    per_day: int = 6  # wakes; days are UTC
    holiday: bool = False  # never wake it
    patience: timedelta = timedelta(seconds=90)  # how long a wake may take
    keep: timedelta = timedelta(minutes=15)  # a need that could not be met for this long is dropped
    spend_per_month: float = 8.0  # pounds, for all calls on this Tesla account; a wake costs 1/65 of one


class Out(Ports):
    awake: Port[CarCommand]  # the command again, with whatever else waits for the car
    waking: Port[Fault]  # not awake yet: look again in a few seconds
    woken: Port[Woken] = keep()  # a wake call was made: why, and how many that makes today
    refused: Port[Fault]  # holiday mode is on, or what it was for is no longer wanted
    spent: Port[Fault]  # the day's wakes or the month's pounds are used up
    unauthorised: Port[Fault]  # no token, or one that Tesla does not accept: the need stays
    throttled: Port[Fault] = refines("waking")  # too many calls: wait for `retry_after`, and the need stays
    failed: Port[Fault]  # it did not wake


def ask(
    cfg: Config, memory: Memory, need: Needed | None, look: object, now: Now, *,
    token: Token | None, holiday: Holiday | None,
) -> tuple[Memory, Request | list[Emit] | None]:  # fmt: skip
    memory = replace(memory, bearer=token.token if token and token.expires > now else None)
    away = cfg.holiday or (holiday is not None and holiday.on and (holiday.until is None or now < holiday.until))
    if away and (need is not None or memory.needs):
        why = need.why or need.do if need else memory.why()
        return memory.free(), [Out.refused(Fault(f"it is a holiday, the car is not woken: {why}", code="holiday"))]
    return needed(cfg, memory, need, now) if need else looked(cfg, memory, now)


NODE = Node("teslaWake", Config, Out, ask, follow, state=Memory, once=True, actuator=True)
