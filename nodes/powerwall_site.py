"""A Powerwall through Tesla's energy-site API: a lease is its backup reserve, the one thing that is written.

The API knows no end of a write. So the household's own reserve is kept durably before the first one and put back at the
end, on doubt, and at a start that comes after the end. A stop is an event, and none may ask Tesla: if no start
follows, the reserve stays where it is: the house then buys what it would have taken from the battery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import Budget, Due, Emit, Fault, Reply, Request, Secret, Started, Timer, replace, volatile
from .field import figure
from .messages import Lease, Tick, Token
from .powerwall_replies import MONEY, house, trouble

if TYPE_CHECKING:
    from .powerwall import Config

SLACK = timedelta(minutes=1)  # a wish that reaches further dates from before a clock was set back
READ, WRITE = 1 / 650, 1 / 1300
"""Pounds, as for a car; what Tesla charges for a site is not published."""
BACK = 1.0  # pounds beyond the month's, while a reserve of ours is there: it must not stay for lack of money


@dataclass(frozen=True)
class State:
    wish: Lease | None = None
    held: Lease | None = None  # confirmed
    original: float | None = None  # %, the household's own reserve
    wrote: float | None = None  # %, ours, as long as it is there
    before: float | None = None  # %, ours too, while it is not known whether `wrote` took its place
    theirs: str = ""  # what somebody else did to the reserve: left alone until the next release
    soc: float | None = None
    bearer: Secret | None = volatile(lambda: None)  # of the call in hand
    asked: bool = False  # somebody wants to hear how it went


Course = tuple[State, list[Emit | Request | Timer]]


def call(cfg: Config, state: State, what: str, reserve: float | None = None) -> Request:
    path = {"live": "live_status", "info": "site_info", "check": "site_info", "write": "backup"}[what]
    body = None if reserve is None else {"backup_reserve_percent": int(reserve)}
    pounds = cfg.spend_per_month + (0 if state.wrote is None else BACK)
    return Request(
        method="GET" if body is None else "POST",
        url=f"{cfg.url.rstrip('/')}/api/1/energy_sites/{cfg.site}/{path}",
        json=body,
        authorization=state.bearer and Secret(f"Bearer {state.bearer.reveal()}"),
        tag=what,
        budgets=(
            Budget(name=f"powerwall {cfg.site}", most=60, per=timedelta(hours=1)),
            Budget(name=MONEY, most=pounds, per="month", cost=WRITE if body else READ),
        ),
    )


def roused(cfg: Config, state: State, event: Started | Due, now: datetime) -> Course:
    """At a start and at an end: what is not over goes on to its own end, what is over or in doubt is put back."""
    poll, wish = Emit("over", Tick(now)), state.wish
    if wish is not None and not cfg.shadow and not _over(cfg, wish, now):
        return state, [Timer("end", wish.until), poll]
    if isinstance(event, Due):
        return state, [poll]
    over = replace(state, wish=Lease(mode="release", until=now, reason="a new start"), bearer=None)
    return (state, []) if state.wrote is None else (over, [poll])


def taken(cfg: Config, state: State, lease: Lease, now: datetime) -> tuple[State, str]:
    """A wish as it is pursued, or why it is not."""
    if cfg.shadow:
        return replace(state, wish=None, asked=False), f"only watching; it would {lease.mode}"
    if state.theirs and lease.mode != "release":
        return state, state.theirs
    target = _target(cfg, lease.soc) if lease.mode == "charge" else None
    wish = replace(lease, until=min(lease.until, now + cfg.max_lease), soc=target)
    return replace(state, wish=wish, asked=True, theirs=""), ""


def begin(cfg: Config, state: State, token: Token) -> Course:
    state = replace(state, bearer=token.token)
    return state, [call(cfg, state, "live")]


def follow(cfg: Config, state: State, reply: Reply) -> Course:
    """live, then info; then, where the reserve is not what it should be, write and check."""
    now = reply.at
    if reply.status != 200:
        return state, [trouble(reply)]
    told = reply.json.get("response") if isinstance(reply.json, dict) else None
    if not isinstance(told, dict):
        return state, [Emit("failed", reply.fault("the reply says nothing about the site"))]
    match reply.tag:
        case "live":
            seen = house(told, now)
            state = replace(state, soc=seen.soc)
            idle = state.wish is None and state.wrote is None
            return state, [Emit("house", seen), *([] if idle else [call(cfg, state, "info")])]
        case "info":
            return _compared(cfg, state, told, now)
        case "write":
            return state, [call(cfg, state, "check")]
        case _:
            return _confirmed(cfg, state, told, now)


def _compared(cfg: Config, state: State, told: Mapping[str, object], now: datetime) -> Course:
    reserve = figure(told.get("backup_reserve_percent"))
    if reserve is None:
        return state, [Emit("refused", Fault("the Powerwall does not report its backup reserve"))]
    if state.wrote is not None and reserve not in (state.wrote, state.before, state.original):
        why = f"somebody set the backup reserve to {reserve:g} %; it is left alone until the next release"
        return State(soc=state.soc, bearer=state.bearer, theirs=why), [Emit("refused", Fault(why))]
    if state.wrote is None:
        state = replace(state, original=reserve)
    wanted = _wanted(cfg, state, now)
    if isinstance(wanted, Fault):
        return replace(state, wish=None), [Emit("refused", wanted)]
    if wanted == reserve:
        return _confirmed(cfg, state, told, now)
    if cfg.shadow:
        why = f"only watching; it would set the backup reserve to {wanted:g} %"
        return replace(state, wish=None), [Emit("refused", Fault(why))] if state.wish else []
    state = replace(state, wrote=wanted, before=None if reserve == state.original else reserve)  # before it is written
    return state, [call(cfg, state, "write", wanted)]


def _confirmed(cfg: Config, state: State, told: Mapping[str, object], now: datetime) -> Course:
    reserve, wanted, wish = figure(told.get("backup_reserve_percent")), _wanted(cfg, state, now), state.wish
    if isinstance(wanted, Fault) or reserve != wanted:
        return state, [Emit("refused", Fault(f"the Powerwall shows a reserve of {reserve}, not what was written"))]
    if wish is None or _over(cfg, wish, now):
        ended = wish or Lease(mode="release", until=now, reason="nothing is asked for")
        if ended.mode != "release":
            ended = replace(ended, mode="release", reason="its end came")
        free = State(soc=state.soc, bearer=state.bearer)
        return free, [Emit("confirmed", ended)] if state.asked or state.held else []
    held = replace(state, held=wish, wrote=reserve, before=None, asked=False)
    return held, [Emit("confirmed", wish), Timer("end", wish.until)] if wish != state.held else []


def _wanted(cfg: Config, state: State, now: datetime) -> float | Fault:
    """The reserve that a wish amounts to; none below the household's own."""
    wish, own = state.wish, state.original
    if own is None:
        return Fault("the household's own reserve is not known")
    if wish is None or _over(cfg, wish, now):
        return own
    if wish.mode == "charge":
        return max(own, _target(cfg, wish.soc))
    charge = None if state.soc is None else _target(cfg, state.soc)
    if state.held and state.held.mode == "hold" and state.wrote is not None:
        held = state.wrote if state.before is None else state.before  # a falling reserve would be no hold
        return held if charge is None else max(held, charge)
    return Fault("the state of charge is not known") if charge is None else max(own, charge)


def _over(cfg: Config, wish: Lease, now: datetime) -> bool:
    return wish.mode == "release" or not now < wish.until <= now + cfg.max_lease + SLACK


def _target(cfg: Config, soc: float | None) -> float:
    """% to charge to or to hold at: what is above `highest` cannot be held, and would empty into the car."""
    return cfg.highest if soc is None else min(cfg.highest, float(int(soc)))
