"""How teslaWake wakes a car: one call, then questions to Tesla's servers until it is up; never without a need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from . import Budget, Emit, Fault, Reply, Request, Secret, replace, volatile
from .car_messages import CarCommand, Needed, Woken
from .tesla_orders import Account, request
from .tesla_readings import Reading
from .tesla_refusals import trouble
from .tesla_replies import Away, Moved, Online, Trouble, heard

SAID = 10  # reasons of a day that are told


class Settings(Account, Protocol):
    @property
    def per_day(self) -> int: ...
    @property
    def patience(self) -> timedelta: ...
    @property
    def keep(self) -> timedelta: ...


@dataclass(frozen=True)
class Memory:
    needs: Mapping[str, Needed] = field(default_factory=dict)  # by what is wanted
    since: datetime | None = None  # when the wake call was made
    needed: datetime | None = None  # when the newest need came
    asking: str = ""
    day: date | None = None  # UTC
    count: int = 0  # of wake calls on that day
    reasons: tuple[str, ...] = ()
    bases: Mapping[str, str] = field(default_factory=dict)  # the region's address that Tesla named instead of `url`
    bearer: Secret | None = volatile(lambda: None)

    def free(self) -> Memory:
        return replace(self, needs={}, since=None, needed=None)

    def counted(self, now: datetime) -> Memory:
        today = now.astimezone(UTC).date()
        count, reasons = (self.count, self.reasons) if self.day == today else (0, ())
        return replace(self, day=today, count=count + 1, reasons=(*reasons, self.why())[-SAID:], since=now)

    def why(self) -> str:
        return "; ".join(n.why or n.do for n in self.needs.values())


Course = tuple[Memory, Request | list[Emit] | None]


def needed(cfg: Settings, memory: Memory, need: Needed, now: datetime) -> Course:
    if need.until is not None and now > need.until:
        return memory, [Emit("refused", Fault(f"{need.do} is no longer wanted, so the car is not woken"))]
    memory = replace(memory, needs={**memory.needs, f"{need.do} {need.id or ''}": need}, needed=now)
    if memory.since is not None and abs(now - memory.since) < cfg.patience:
        return memory, None  # it is being woken: one call serves all
    return _wake(cfg, replace(memory, since=None))


def looked(cfg: Settings, memory: Memory, now: datetime) -> Course:
    wanted = {k: n for k, n in memory.needs.items() if n.until is None or now <= n.until}
    if not wanted or memory.needed is None or abs(now - memory.needed) > cfg.keep:
        return memory.free(), None
    memory = replace(memory, needs=wanted)
    if memory.since is None:
        return _wake(cfg, memory)
    if memory.bearer is None:
        return memory, [Emit("unauthorised", Fault("no valid token at the moment"))]
    base = memory.bases.get(cfg.url)
    return replace(memory, asking="look"), request(cfg, "GET", "", memory.bearer, None, "look", base=base)


def _wake(cfg: Settings, memory: Memory) -> Course:
    if memory.bearer is None:
        return memory, [Emit("unauthorised", Fault("no valid token at the moment"))]
    asked = request(cfg, "POST", "/wake_up", memory.bearer, "wake", "wake", base=memory.bases.get(cfg.url))
    daily = Budget(name=f"tesla wakes {cfg.vin[-6:]}", most=cfg.per_day, per="day")
    return replace(memory, asking="wake"), replace(asked, budgets=(daily, *asked.budgets))


def follow(cfg: Settings, memory: Memory, reply: Reply) -> Course:
    asked, memory = memory.asking, replace(memory, asking="")
    if not memory.needs:
        return memory, []
    told = heard(reply)
    if isinstance(told, Moved) and cfg.url not in memory.bases:  # once: two regions must not send us back and forth
        memory = replace(memory, bases={cfg.url: told.base})
        return looked(cfg, memory, reply.at) if asked == "look" else _wake(cfg, memory)
    if asked == "look":
        return _seen(cfg, memory, reply)
    if reply.spent == "tesla wake":  # of this minute: the need stays
        return memory, [Emit("throttled", reply.fault(code="budget"))]
    if reply.spent:
        why = f"the car is not woken for {memory.why()}: {reply.why or reply.spent + ' is spent'}"
        return memory.free(), [Emit("spent", reply.fault(why, "budget"))]
    if isinstance(told, Trouble) and told.port in ("unauthorised", "throttled"):
        return memory, [Emit(told.port, told.fault)]
    if isinstance(told, Trouble) and told.port in ("spent", "forbidden", "gone", "in_service"):
        port = "spent" if told.port == "spent" else "failed"
        return memory.free(), [Emit(port, told.fault)]
    if isinstance(told, Moved) or (isinstance(told, Trouble) and told.port == "failed" and 400 <= reply.status < 500):
        return memory.free(), [Emit("failed", trouble(reply))]
    # A yes may still say asleep, and no answer may have woken it: only what Tesla's servers say later counts.
    memory = memory.counted(reply.at)
    woken = Emit("woken", Woken(at=reply.at, count=memory.count, why=memory.why(), reasons=memory.reasons))
    memory, emits = _seen(cfg, memory, reply)
    return memory, [woken, *emits]


def _seen(cfg: Settings, memory: Memory, reply: Reply) -> tuple[Memory, list[Emit]]:
    now, since = reply.at, memory.since or reply.at
    match told := heard(reply):
        case Online() | Reading():
            return memory.free(), [Emit("awake", _command(memory))]
        case Trouble(port="unauthorised", fault=fault):
            return memory, [Emit("unauthorised", fault)]
    if abs(now - since) >= cfg.patience:  # or the clock was set back
        left = f"the car did not wake within {cfg.patience.total_seconds():.0f} s: {memory.why()}"
        return memory.free(), [Emit("failed", Fault(left, code="patience"))]
    fault = told.fault if isinstance(told, Away | Trouble) else trouble(reply)
    return memory, [Emit("waking", Fault(f"not awake yet: {fault.why}", fault.status, fault.code, fault.retry_after))]


def _command(memory: Memory) -> CarCommand:
    """The newest need, as it was wanted; who gets it brings what else waits for the car."""
    it = max(memory.needs.values(), key=lambda n: (n.do == "start", n.at))
    return CarCommand(
        at=it.at, do=it.do, value=it.value, schedule=it.schedule, id=it.id, until=it.until, once=it.once,
        reason=it.reason, owner=it.owner,
    )  # fmt: skip
