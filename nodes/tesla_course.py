"""What teslaState asks Tesla, and what follows from each answer. It never asks to wake the car."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from . import Emit, Fault, Reply, Request, Secret, replace
from .car_messages import CarDone
from .messages import Charger, House, Plan, Token
from .tesla_costs import budgets
from .tesla_hints import of_charger, of_house
from .tesla_memory import Memory
from .tesla_pace import Timings, running
from .tesla_place import Place
from .tesla_readings import Reading
from .tesla_refusals import trouble
from .tesla_replies import Away, Moved, Online, Trouble, heard

BLOCKS = "charge_state;drive_state;vehicle_state;climate_state"


class Settings(Timings, Protocol):
    @property
    def vin(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def home(self) -> Place | None: ...
    @property
    def reads_per_day(self) -> int: ...
    @property
    def spend_per_month(self) -> float: ...
    @property
    def name(self) -> str | None: ...
    @property
    def step(self) -> float: ...


Course = tuple[Memory, Request | list[Emit]]


def heed(
    cfg: Settings, memory: Memory, now: datetime, plan: Plan | None, seen: House | Charger | None, done: CarDone | None
) -> tuple[Memory, bool]:
    """Whether what came is worth a look at the car: a hint only when it tells of something new."""
    if plan is not None:
        return memory.planned(plan, now)
    match seen:
        case House():
            plug, new = of_house(memory.plug, seen, cfg.step)
        case Charger():
            plug, new = of_charger(memory.plug, seen)
        case None if done is not None:  # the car is awake, and does something else than before
            pace, plug = replace(memory.pace, heeded=None), replace(memory.plug, vague=False)
            return replace(memory, pace=pace, plug=plug, hinted=now), True
        case None:
            return memory, True
    return replace(memory, plug=plug, hinted=now if new else memory.hinted), new


def begin(cfg: Settings, memory: Memory, token: Token | None, now: datetime) -> Course:
    if token is None or token.expires <= now:
        return memory, [Emit("unauthorised", Fault("the token has expired" if token else "no token yet"))]
    if pause := memory.pause(now):
        return memory, [Emit("throttled", pause)]
    memory = replace(memory, bearer=token.token, dispatch=running(memory.plan, now), pace=memory.pace.by(now))
    return memory, question(cfg, memory, "vehicle")


def question(cfg: Settings, memory: Memory, what: str) -> Request:
    """`vehicle` is answered by Tesla's servers and leaves the car alone; `data` reaches it."""
    url = f"{(memory.base or cfg.url).rstrip('/')}/api/1/vehicles/{cfg.vin}"
    bearer = memory.bearer and Secret(f"Bearer {memory.bearer.reveal()}")
    if what.startswith("vehicle"):
        return Request(method="GET", url=url, authorization=bearer, tag=what)
    # Asked for its location, the car shows an icon: not without somebody who wants to know.
    query = {"endpoints": f"{BLOCKS};location_data" if cfg.home else BLOCKS}
    cost = budgets("data", cfg.spend_per_month)
    return Request(method="GET", url=f"{url}/vehicle_data", query=query, authorization=bearer, tag=what, budgets=cost)


def follow(cfg: Settings, memory: Memory, reply: Reply) -> Course:
    now = reply.at
    match told := heard(reply):
        case Moved(base) if memory.base is None:  # once: two regions must not send us back and forth
            memory = replace(memory, base=base)
            return memory, question(cfg, memory, reply.tag)
        case Away("asleep") if reply.tag.startswith("data") and memory.pace.phase in ("charging", "driving"):
            return memory, question(cfg, memory, "vehicle again")  # a radio hole has the same words: Tesla knows which
        case Away(port, fault):
            memory = memory.away(told, cfg, now)
            return memory, [Emit(port, fault), _car(cfg, memory, now, port)]
        case Trouble(port, fault) if reply.spent:
            return memory.uncounted(), [Emit(port, fault), _car(cfg, memory, now, "online")]
        case Trouble(port, fault):
            return memory.troubled(told, cfg, now), [Emit(port, fault)]
        case Online():
            memory = replace(memory, pace=memory.pace.online(now))
            if reply.tag == "vehicle again":  # the car was just asked, in vain
                return memory, [_car(cfg, memory, now, "online")]
            if memory.pace.heeds(cfg, now, memory.hinted, memory.plug.vague):
                return _look(cfg, replace(memory, pace=replace(memory.pace, heeded=now)), now, "data")
            if memory.pace.due(cfg, now, memory.dispatch):
                return _look(cfg, memory, now, "data")
            return memory, [_car(cfg, memory, now, "online")]
        case Reading(where=where) if not memory.outdates(told):
            at_home = cfg.home.holds(where) if cfg.home and where else None
            memory = memory.with_reading(told, cfg, now, at_home)
            return memory, [_car(cfg, memory, now, "online")]
        case Reading() if reply.tag == "data":
            return _look(cfg, memory, now, "data again")
        case Reading():
            return memory, [Emit("failed", Fault("Tesla sent an older reading than the one before, twice"))]
    return memory, [Emit("failed", trouble(reply))]


def _look(cfg: Settings, memory: Memory, now: datetime, what: str) -> Course:
    counted = memory.counted(now, cfg.reads_per_day)
    if isinstance(counted, Fault):
        return memory, [Emit("spent", counted), _car(cfg, memory, now, "online")]
    return counted, question(cfg, counted, what)


def _car(cfg: Settings, memory: Memory, now: datetime, state: Literal["online", "asleep", "offline"]) -> Emit:
    return Emit("car", replace(memory.told(now, state), vin=cfg.vin, name=cfg.name))
