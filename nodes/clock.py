"""clock: tick at a steady interval. Ticks missed while it was stopped are not made up for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import Due, Emit, Node, Now, Port, Ports, Started, Timer, replace
from .cadence import EPOCH, Cadence, whole
from .messages import Tick


@dataclass(frozen=True, kw_only=True)
class Config:
    every: timedelta  # from one tick to the next
    offset: timedelta = timedelta(0)  # how long after the full hour, minute or whatever `every` spans
    jitter: timedelta = timedelta(0)  # up to this much later, different each time, as remote services ask for
    align: bool = True  # to clock time in UTC, so that 24h ticks at midnight UTC; false: count from the start
    seed: int = 0  # a different number gives a different jitter

    def __post_init__(self) -> None:
        if self.every <= timedelta(0):
            raise ValueError("every must be longer than nothing")
        if not timedelta(0) <= self.offset < self.every:
            raise ValueError("offset must be shorter than every")
        if not timedelta(0) <= self.jitter <= self.every:
            raise ValueError("jitter must not be longer than every, or ticks would overtake each other")


class Out(Ports):
    tick: Port[Tick]  # `at` is the instant it was meant for, which may be a moment ago


@dataclass(frozen=True)
class State:
    start: datetime | None = None
    last: datetime | None = None  # tick sent


def step(cfg: Config, state: State, event: Started | Due, now: Now) -> tuple[State, list[Emit | Timer]]:
    if state.last and state.last - now >= cfg.every:
        state = replace(state, last=None)  # the clock was set far back: waiting for the old time would be a stall
    if state.start is None or (isinstance(event, Started) and not cfg.align and not _recent(cfg, state, now)):
        state = replace(state, start=whole(now))
    origin = EPOCH if cfg.align or state.start is None else state.start
    cadence = Cadence(cfg.every, origin + cfg.offset, cfg.jitter, f"{cfg.seed}/{state.start}" if cfg.jitter else "")
    reached, emits = cadence.reached(now), list[Emit | Timer]()
    at = cadence.at(reached)
    if isinstance(event, Due) and (state.last is None or cadence.reached(state.last) < reached):
        state = replace(state, last=at)
        emits.append(Out.tick(Tick(at)))
    following = reached if at == now else reached + 1
    if state.last:
        following = max(following, cadence.reached(state.last) + 1)
    return state, [*emits, Timer("tick", cadence.at(following))]


def _recent(cfg: Config, state: State, now: datetime) -> bool:
    return state.last is not None and timedelta(0) <= now - state.last < cfg.every


NODE = Node("clock", Config, Out, step, state=State)
