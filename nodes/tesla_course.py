"""What teslaState asks Tesla, and what follows from each answer. It never asks to wake the car."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from . import Emit, Fault, Reply, Request, Secret
from .tesla_memory import Memory
from .tesla_pace import Timings
from .tesla_place import Place
from .tesla_replies import Away, Moved, Online, Reading, Trouble, heard, trouble

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


Course = tuple[Memory, Request | list[Emit]]


def question(cfg: Settings, memory: Memory, what: str) -> Request:
    """`vehicle` is answered by Tesla's servers and leaves the car alone; `data` reaches it."""
    url, query = f"{(memory.base or cfg.url).rstrip('/')}/api/1/vehicles/{cfg.vin}", dict[str, str]()
    if what != "vehicle":
        # Asked for its location, the car shows an icon: not without somebody who wants to know.
        url, query = f"{url}/vehicle_data", {"endpoints": f"{BLOCKS};location_data" if cfg.home else BLOCKS}
    bearer = memory.bearer and Secret(f"Bearer {memory.bearer.reveal()}")
    return Request(method="GET", url=url, query=query, authorization=bearer, tag=what)


def follow(cfg: Settings, memory: Memory, reply: Reply) -> Course:
    now = reply.at
    match told := heard(reply):
        case Moved(base) if memory.base is None:  # once: two regions must not send us to and fro
            memory = replace(memory, base=base)
            return memory, question(cfg, memory, reply.tag)
        case Away(port, fault):
            return memory.away(told, now), [Emit(port, fault), Emit("car", memory.told(now, port))]
        case Trouble(port, fault):
            return memory.troubled(told, now), [Emit(port, fault)]
        case Online():
            memory = replace(memory, pace=memory.pace.online(now))
            if memory.pace.due(cfg, now, memory.dispatch):
                return _look(cfg, memory, now, "data")
            return memory, [Emit("car", memory.told(now, "online"))]
        case Reading(where=where) if not memory.outdates(told):
            at_home = cfg.home.holds(where) if cfg.home and where else None
            memory = memory.with_reading(told, cfg, now, at_home)
            return memory, [Emit("car", memory.told(now, "online"))]
        case Reading() if reply.tag == "data":
            return _look(cfg, memory, now, "data again")
        case Reading():
            return memory, [Emit("failed", Fault("Tesla sent an older reading than the one before, twice"))]
    return memory, [Emit("failed", trouble(reply))]


def _look(cfg: Settings, memory: Memory, now: datetime, what: str) -> Course:
    counted = memory.counted(now, cfg.reads_per_day)
    if isinstance(counted, Fault):
        return memory, [Emit("throttled", counted), Emit("car", memory.told(now, "online"))]
    return counted, question(cfg, counted, what)
