"""teslaState: read the car without waking it: first whether it is awake, and in detail only when that is worth it."""

from dataclasses import dataclass
from datetime import timedelta

from . import Emit, Fault, Node, Now, Port, Ports, Request, keep, refines
from .car_messages import CarDone
from .messages import Car, Charger, House, Plan, Token
from .tesla_course import begin, follow, heed
from .tesla_memory import Memory
from .tesla_place import Place


@dataclass(frozen=True, kw_only=True)
class Config:
    vin: str
    url: str = "https://fleet-api.prd.eu.vn.cloud.tesla.com"  # your region's; if Tesla names another, that one is kept
    home: Place | None = None  # {lat, lon, radius in m}: the car is asked where it is only if this is set
    name: str | None = None  # what people call it; told with each reading
    settle: timedelta = timedelta(minutes=1)  # wait this long after parking or charging for the first reading
    woken: timedelta = timedelta(minutes=1)  # and this long after waking: 4m spares cars that wake every hour for 3 min
    watch: timedelta = timedelta(minutes=15)  # parked and not plugged in: go on reading this long
    watch_every: timedelta = timedelta(minutes=4)  # how often to read while it is watched, driven or busy
    let_sleep: timedelta = timedelta(minutes=21)  # then leave it alone this long, so that it can fall asleep
    charging_every: timedelta = timedelta(minutes=5)  # how often to read while it charges
    step: float = 3000  # W; a jump in the house's load that is worth a look, where no meter tells the car's
    reads_per_day: int = 150  # detailed readings; the month's money pays for 167 a day
    spend_per_month: float = 8.0  # pounds; all calls to Tesla count, and detailed readings stop at this sum


class Out(Ports):
    car: Port[Car] = keep()  # after every answer about the car; `seen` says how old its readings are
    asleep: Port[Fault]  # leave it alone
    offline: Port[Fault]  # out of reach: as good as asleep
    unauthorised: Port[Fault]  # no token, or one that Tesla does not accept
    throttled: Port[Fault]  # too many calls: wait for `retry_after`
    spent: Port[Fault] = refines("throttled")  # the day's or month's budget is used up; free calls go on
    failed: Port[Fault]  # no usable answer: trying again may help
    silent: Port[Fault] = refines("failed")  # the car did not answer in time: no reception, or it is falling asleep
    in_service: Port[Fault] = refines("failed")  # it is in a workshop
    forbidden: Port[Fault] = refines("failed")  # somebody has to change something: trying again cannot help
    gone: Port[Fault] = refines("failed")  # no such car on this account


def ask(
    cfg: Config, memory: Memory, poll: object, hint: Plan | None, house: House | None, charger: Charger | None,
    now: Now, done: CarDone | None = None, *, token: Token | None,
) -> tuple[Memory, Request | list[Emit]]:  # fmt: skip
    memory, worth = heed(cfg, memory.of(f"{cfg.vin} {cfg.url}"), now, hint, house or charger, done)
    return begin(cfg, memory, token, now) if worth else (memory, [])


NODE = Node("teslaState", Config, Out, ask, follow, state=Memory)
