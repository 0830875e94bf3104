"""teslaState: read the car without waking it: first whether it is awake, and in detail only when that is worth it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from . import Emit, Fault, Node, Now, Port, Ports, Request, keep
from .messages import Car, Plan, Token
from .tesla_course import follow, question
from .tesla_memory import Memory
from .tesla_pace import running
from .tesla_place import Place


@dataclass(frozen=True, kw_only=True)
class Config:
    vin: str
    url: str = "https://fleet-api.prd.eu.vn.cloud.tesla.com"  # of the region; another one that Tesla names is kept
    home: Place | None = None  # {lat, lon, radius in m}: only then is the car asked where it is
    settle: timedelta = timedelta(minutes=1)  # after waking, parking or charging, wait so long for the first reading
    watch: timedelta = timedelta(minutes=15)  # parked and not plugged in: go on reading so long
    watch_every: timedelta = timedelta(minutes=4)  # read so often while it is watched, driven or busy
    let_sleep: timedelta = timedelta(minutes=21)  # then leave it alone so long, that it may fall asleep
    charging_every: timedelta = timedelta(minutes=5)  # read so often while it charges
    reads_per_day: int = 150  # detailed readings; Tesla's monthly credit pays for 166 a day


class Out(Ports):
    car: Port[Car] = keep()  # after every answer about the car; `seen` is the age of what it says
    asleep: Port[Fault]  # leave it alone
    offline: Port[Fault]  # out of reach: as good as asleep
    unauthorised: Port[Fault]  # no token, or one that Tesla does not accept
    throttled: Port[Fault]  # too many calls, or the budget is spent: not before `retry_after`
    failed: Port[Fault]  # no usable answer: trying again may help


def ask(
    cfg: Config, memory: Memory, poll: object, now: Now, *, token: Token | None, hint: Plan | None
) -> tuple[Memory, Request | list[Emit]]:
    memory = memory.of(f"{cfg.vin} {cfg.url}")
    if token is None or token.expires <= now:
        return memory, [Out.unauthorised(Fault("the token has expired" if token else "no token yet"))]
    if pause := memory.pause(now):
        return memory, [Out.throttled(pause)]
    memory = replace(memory, bearer=token.token, dispatch=running(hint, now))
    return memory, question(cfg, memory, "vehicle")


NODE = Node("teslaState", Config, Out, ask, follow, state=Memory)
