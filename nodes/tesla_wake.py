"""teslaWake: wake the car for a command that waits for it, and for nothing else; a wake is dear."""

from dataclasses import dataclass
from datetime import timedelta

from . import Emit, Fault, Node, Now, Port, Ports, Request, keep, refines, replace
from .car_messages import CarCommand, Holiday, Needed, Woken
from .messages import Token
from .tesla_waking import Memory, follow, looked, needed


@dataclass(frozen=True, kw_only=True)
class Config:
    vin: str
    url: str = "https://fleet-api.prd.eu.vn.cloud.tesla.com"  # of the region; a wake needs no signature
    ca: str | None = None  # path of the certificate that the server at `url` shows, where it is its own
    per_day: int = 6  # wakes; a day is UTC's
    holiday: bool = False  # never wake it
    patience: timedelta = timedelta(seconds=90)  # it may take so long
    keep: timedelta = timedelta(minutes=15)  # a need that could not be met for so long is dropped
    spend_per_month: float = 8.0  # pounds, of all that is called on this Tesla account; a wake is 1/65


class Out(Ports):
    awake: Port[CarCommand]  # the command, again; what else waits for the car comes with it
    waking: Port[Fault]  # not awake yet: look again in some seconds
    woken: Port[Woken] = keep()  # a wake call was made: why, and the how-manieth of the day
    refused: Port[Fault]  # it is a holiday, or what it was for is not wanted any more
    spent: Port[Fault]  # the wakes of the day or the pounds of the month are used up
    unauthorised: Port[Fault]  # no token, or one that Tesla does not accept: the need stays
    throttled: Port[Fault] = refines("waking")  # too many calls: not before `retry_after`, and the need stays
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
