"""What becomes of what a car was told: it is seen done, it is not, or the car sleeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from . import Emit, Fault, replace
from .car_messages import CarDone, Needed
from .tesla_effects import Effect, Seen, effect
from .tesla_orders import Account, slot
from .tesla_pending import Memory, Wanted


class Settings(Account, Protocol):
    @property
    def settle(self) -> timedelta: ...
    @property
    def fresh(self) -> timedelta: ...
    @property
    def keep(self) -> timedelta: ...
    @property
    def tries(self) -> int: ...


Outcome = tuple[Memory, list[Emit]]


def lapsed(cfg: Settings, memory: Memory, now: datetime) -> Outcome:
    """What could not be done in its time is not done later, when nobody expects it."""
    emits = list[Emit]()
    for about, it in memory.wanted.items():
        ends = min(it.command.at + cfg.keep, it.command.until or it.command.at + cfg.keep)
        if now > ends:
            memory = memory.without(about)
            emits.append(Emit("lapsed", Fault(f"{it.command.do}: not wanted any more, its time is over", code="late")))
    return memory, emits


def sleeping(memory: Memory, about: str, fault: Fault, now: datetime) -> Outcome:
    """A car that sleeps does not charge: a stop is done. All else waits for somebody to wake it."""
    it = memory.wanted[about]
    command = it.command
    memory = replace(memory, asleep=True)
    if command.do != "stop":
        why = f"the car is asleep, and {command.do} is wanted" + (f": {command.reason}" if command.reason else "")
        needed = Needed(
            at=command.at, do=command.do, value=command.value, schedule=command.schedule, id=command.id,
            until=command.until, once=command.once, reason=command.reason, owner=command.owner, why=why,
        )  # fmt: skip
        return memory.at_stage(about, "asleep"), [Emit("asleep", needed)]
    if memory.drawing:
        why = "Tesla cannot reach the car, but a meter sees it charging"
        return memory.at_stage(about, "waiting"), [Emit("failed", Fault(why, fault.status, "drawing", 30.0))]
    return memory.without(about), [done(it, now, "the car is asleep, so it is not charging")]


def judged(cfg: Settings, memory: Memory, told: Seen, *, sure: bool) -> Outcome:
    """What a reading says of all that was sent before it. Only a look of our own is `sure` that it is of now."""
    emits = list[Emit]()
    for about in memory.at("sent"):
        it = memory.wanted[about]
        if it.sent is None or told.at <= it.sent:
            continue
        found, why = effect(it.command, told)
        if found in ("done", "full"):
            memory, more = memory.without(about), done(it, told.at, why, found)
        elif not sure or told.at - it.sent < cfg.settle:
            continue
        else:
            memory, more = _not_done(memory, about, it, found, why)
        emits.append(more)
    return memory, emits


def _not_done(memory: Memory, about: str, it: Wanted, found: Effect, why: str) -> tuple[Memory, Emit]:
    if found == "unplugged":
        return memory.at_stage(about, "unplugged"), Emit("unplugged", Fault(why))
    if found == "powerless":
        return memory.spared(about).at_stage(about, "waiting"), Emit("powerless", Fault(why))
    if found == "ineffective":
        told = Fault(f"Tesla took {it.command.do}, but {why}", code="ineffective")
        memory = memory.without(about) if it.command.once else memory.at_stage(about, "waiting")
        return memory, Emit("ineffective", told)
    told = Fault(f"the car does not say what became of {it.command.do}", code="unseen")
    return memory, Emit("unknown", told)


def done(it: Wanted, now: datetime, why: str, port: str = "done") -> Emit:
    command = it.command
    id_ = int(slot(command).split()[1]) if command.do == "schedule" else command.id
    return Emit(
        port,
        CarDone(
            at=now, do=command.do, value=command.value, id=id_, before=it.before, why=why, reason=command.reason,
            owner=command.owner,
        ),
    )  # fmt: skip
