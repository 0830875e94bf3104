"""When a heat pump should run ahead, and how its switches are told. Off is safe: then it does as it always did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from . import Emit, Linked, Say, Started, Status, Timer, Will, replace
from .ladder import RANK
from .messages import Rate
from .topics import check_topic

if TYPE_CHECKING:
    from .heat_pump import Config

MARGIN = timedelta(seconds=60)  # the next rate is on its way
ENOUGH = timedelta(minutes=20)  # of a cheap half hour, to begin in it; a longer run begins as early and may last beyond


@dataclass(frozen=True, kw_only=True)
class Switch:
    topic: str
    on: str = "ON"
    off: str = "OFF"

    def __post_init__(self) -> None:
        check_topic(self.topic)


@dataclass(frozen=True, kw_only=True)
class Heating:
    at: datetime
    mode: Literal["normal", "encouraged", "forced"]
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True)
class State:
    on: bool = False
    since: datetime | None = None  # it is on, or off
    until: datetime | None = None  # it is looked at again, whether a tick comes or not
    said: datetime | None = None  # to the switches; not known while there is no connection


@dataclass(frozen=True)
class Wish:
    on: bool
    why: str
    until: datetime | None = None


Results: TypeAlias = list[Emit | Say | Will | Timer | Status]
Step: TypeAlias = tuple[State, Heating | None, Results]


def wish(cfg: Config, rate: Rate | None, now: datetime) -> Wish:
    """Whether this half hour is cheap enough, with the certainty wanted."""
    if rate is None or not rate.at <= now < rate.until + MARGIN:
        return Wish(False, "what power costs now is not known")
    if rate.window:
        return Wish(True, "the tariff's own cheap hours", rate.until)
    if cfg.below is not None and rate.house is not None and rate.house < cfg.below:
        return Wish(True, f"power costs {rate.house:.1f} p", rate.until)
    if rate.band == "unsure":
        return Wish(False, "what power costs now is not known")
    left = rate.allowance_left is None or rate.allowance_left > 0
    # It ran out before noon and earns nothing after it; or no dispatch makes more than the car's power cheap.
    dear = rate.barred or (rate.rung == "confirmed" and rate.band != "cheap")
    if rate.rung is not None and left and not dear and RANK[rate.rung] >= RANK[cfg.trust]:
        return Wish(True, f"a dispatch is {rate.rung}", rate.until)
    if rate.band == "cheap" and cfg.trust != "window":
        return Wish(True, "power is cheap", rate.until)
    return Wish(False, "power is not cheap")


def settled(cfg: Config, state: State, wish: Wish, now: datetime) -> Step:
    """What is switched, mindful of how long it has run or rested."""
    lasted = now - state.since if state.since and state.since <= now else None  # a clock set back tells nothing
    on = wish.on
    if state.on and lasted is not None:
        on = lasted < cfg.run or (wish.on and lasted < cfg.most)
    elif not state.on and ((lasted is not None and lasted < cfg.rest) or not _worth(cfg, wish, now)):
        on = False
    if on == state.on:
        state, says = _again(cfg, state, now)
        ends = (state.since or now) + cfg.run
        later = max(wish.until or ends, ends) + MARGIN
        if not on or later == state.until:
            return state, None, says
        return replace(state, until=later), None, [*says, Timer("look", later)]
    until = max(wish.until or now, now + cfg.run) + MARGIN if on else None
    heating = Heating(at=now, mode=_mode(cfg, on), until=until, why=wish.why)
    return (
        State(on, now, until, now if state.said else None),
        heating,
        [*_says(cfg, on), Timer("look", until), Status(f"{heating.mode}: {wish.why}")],
    )


def _again(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """A switch that was out of reach hears it now: it acknowledges nothing."""
    if state.said is None or state.said <= now < state.said + cfg.again:
        return state, []
    return replace(state, said=now), _says(cfg, state.on)


def _worth(cfg: Config, wish: Wish, now: datetime) -> bool:
    """Whether enough is left for a run: what has begun goes on, at whatever price."""
    return wish.until is None or wish.until - now >= min(cfg.run, ENOUGH)


def due(cfg: Config, state: State, event: Linked | Started, now: datetime) -> Step:
    """A connection says again how it should be; should it die, the broker ends what is on.

    With two contacts it ends the first: the first alone would block the pump.
    """
    if isinstance(event, Started):
        last = cfg.first or cfg.switch
        will: Results = [] if cfg.shadow else [Will(Say(last.topic, last.off.encode()))]
        if state.on and state.until and now < state.until:
            return replace(state, said=None), None, [*will, Timer("look", state.until)]
        return (*_ended(state, "its time ended while we were away", now), will)
    if not event.up:
        why = f"not connected: {event.why}" if event.why else "not connected"
        return replace(state, said=None), None, [Status(why, "yellow")]
    said = None if cfg.shadow else now
    return replace(state, said=said), None, [*_says(cfg, state.on), Status(_mode(cfg, state.on))]


def released(cfg: Config, state: State, now: datetime) -> Step:
    says = _says(cfg, False) if state.on else []
    return (*_ended(state, "wattwire stops", now), says)


def _ended(state: State, why: str, now: datetime) -> tuple[State, Heating | None]:
    if not state.on:
        return replace(state, said=None), None
    return State(False, now), Heating(at=now, mode="normal", why=why)


def _says(cfg: Config, on: bool) -> Results:
    if cfg.shadow:
        return []
    switches = [s for s in (cfg.first, cfg.switch) if s is not None]
    ordered = reversed(switches) if on else switches  # never the first alone
    return [Say(s.topic, (s.on if on else s.off).encode()) for s in ordered]


def _mode(cfg: Config, on: bool) -> Literal["normal", "encouraged", "forced"]:
    return "normal" if not on else "forced" if cfg.first else "encouraged"
