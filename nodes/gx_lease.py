"""Leases on one reserved schedule slot of the GX, which ends by itself; every write is read back and compared.

Three things undo it: the slot's own end, our release, and a last will that the GX carries out when our connection dies.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import Emit, Fault, Status, Timer, gx_checks, gx_overrides, gx_slot, gx_wear, gx_writes, replace
from .gx_memory import Results, State, Work
from .gx_topics import ESS, FIELDS, ZONE, slot_path, write
from .messages import Lease
from .wishes import OWNER as BY_HAND

if TYPE_CHECKING:
    from .victron_gx import Config

LONGEST = timedelta(hours=1)


def take(cfg: Config, state: State, lease: Lease, now: datetime) -> tuple[State, Results]:
    """A wish came. A release also goes on after somebody changed our slot, unless its owner's lease it was."""
    if state.live.work.proving:  # all is written; nobody need wait any longer for its effect
        state = replace(state, live=replace(state.live, work=Work()))
    if lease.mode == "release":
        again = lease.owner in ("", BY_HAND) or lease.owner != state.owner
        return pursue(cfg, replace(state, wish=lease, blocked="" if again else state.blocked), now)
    if lease.until <= now:
        lease = replace(lease, mode="release", reason=f"too late: {lease.reason}")
        return pursue(cfg, replace(state, wish=lease), now)
    floor = state.live.seen.get(f"{ESS}/BatteryLife/MinimumSocLimit")
    least = float(floor) if isinstance(floor, int | float) else 0.0
    target = cfg.max_soc if lease.soc is None else min(max(lease.soc, least), cfg.max_soc)
    until = min(lease.until, now + min(cfg.max_lease, LONGEST))
    lease = replace(lease, until=until, soc=target if lease.mode == "charge" else None)
    state, done = pursue(cfg, replace(state, wish=lease), now)
    if state.live.lost:
        done = [Emit("refused", Fault("no sign of life from the GX; tried again when it is back"))]
    return state, [Timer("end", lease.until), *done]


def rearm(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """A person has seen what somebody did to our slot: it is ours again."""
    return pursue(cfg, replace(state, blocked=""), now)


def pursue(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Bring the GX from what it shows to what is wished."""
    live, wish = state.live, state.wish
    if not live.ready or live.work.goal != "none":
        return state, []
    if wish is None or wish.mode == "release" or wish.until <= now:
        if state.blocked and runs(cfg, state, now):  # theirs stands
            return replace(state, wish=None), []
        return let_go(cfg, state, now)
    if wish == state.held:
        return state, []
    where = gx_slot.zone(live.seen.get(ZONE))
    why = gx_checks.reasons(cfg, state, now)
    if why or where is None:
        return refuse(cfg, state, "; ".join(why), now)
    wish = replace(wish, until=gx_slot.before_twice(now, wish.until, where))
    state = replace(state, wish=wish)
    if cfg.shadow:
        return state, [Status(f"would {gx_writes.words(wish)}", "yellow")]
    state, done = _begin(cfg, state, wish, now)
    return state, [Timer("end", wish.until), *done]


def _begin(cfg: Config, state: State, wish: Lease, now: datetime) -> tuple[State, Results]:
    held, where = gx_slot.stored(state.live.seen, cfg.slot), gx_slot.zone(state.live.seen.get(ZONE))
    assert where is not None
    if wish.mode == "hold" and not gx_overrides.why_not(cfg, state, now):
        if held["Day"] >= 0:
            return let_go(cfg, state, now)  # and then here again
        return gx_overrides.put(replace(state, held=None), now)
    values = gx_slot.plan(wish, now, where, held, cfg.max_soc, mark=state.mark, last=state.target)
    if isinstance(values, str):
        return refuse(cfg, state, values, now)
    if why := gx_wear.spent(cfg, state, now, values):
        return refuse(cfg, state, why, now)
    if not state.live.armed:
        return state, []
    state, undone = gx_overrides.undo(state)
    work = Work("on", gx_writes.on(values, held), lease=wish)
    state, done = _follow(cfg, gx_writes.begin(cfg, state, work, now), now)
    return state, [*undone, *done]


def let_go(cfg: Config, state: State, now: datetime, why: str = "") -> tuple[State, Results]:
    """Switch our slot off, if it is on, and put back what its user had in it; done twice it does no harm."""
    if cfg.shadow:
        return replace(state, wish=None), [Status("would leave the battery alone", "yellow")]
    values = gx_slot.stored(state.live.seen, cfg.slot)
    state, undone = gx_overrides.undo(state)
    if len(values) < len(FIELDS):
        return replace(state, held=None), undone  # the settings are not there; when they are back it is seen to
    if not gx_checks.left(cfg, state):
        state, done = gx_writes.released(replace(state, touched=False), why, now)
        return state, [*undone, *done]
    was_on = values["Day"] >= 0 or state.held is not None
    work = Work("off", gx_writes.undo(values, state.originals), lease=state.wish, why=why, was_on=was_on)
    state, done = _follow(cfg, gx_writes.begin(cfg, state, work, now), now)
    return state, [*undone, *done]


def refuse(cfg: Config, state: State, why: str, now: datetime) -> tuple[State, Results]:
    if cfg.shadow:
        return replace(state, wish=None), [Status(f"would refuse: {why}", "yellow")]
    if state.blocked:
        return replace(state, wish=None), [Emit("refused", Fault(why))]
    state, done = let_go(cfg, replace(state, wish=None), now, why)
    return state, [Emit("refused", Fault(why)), Status(f"refused: {why}", "red"), *done]


def doubt(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Something that must be so no longer is: let go."""
    busy = state.held or state.over is not None or state.live.work.goal == "on"
    if not state.live.ready or not busy or not (why := gx_checks.reasons(cfg, state, now)):
        return state, []
    return refuse(cfg, replace(state, live=replace(state.live, work=Work())), "; ".join(why), now)


def read_back(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    return _follow(cfg, gx_writes.read_back(cfg, state, now), now)


def prove(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    return _follow(cfg, gx_writes.prove(cfg, state, now), now)


def check(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    return _follow(cfg, gx_writes.check(cfg, state, now), now)


def _follow(cfg: Config, step: tuple[State, Results], now: datetime) -> tuple[State, Results]:
    """When the writes came to their end: let go of what failed, and see to a wish that came meanwhile."""
    state, results = step
    work = state.live.work
    if work.goal in ("on", "off"):
        return state, results
    state = replace(state, live=replace(state.live, work=Work()))
    if work.goal == "failed" and state.wish == work.lease:
        state, more = refuse(cfg, state, work.why, now)
    else:
        state, more = pursue(cfg, state, now) if state.wish else (state, [])
    return state, [*results, *more]


def ended(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """The slot is over by itself; switched off it does not come back in a week."""
    if state.wish and state.wish.until > now:
        return state, []
    state, results = pursue(cfg, state, now)
    return state, [*results, *([Timer("again", now + gx_writes.AGAIN)] if state.blocked else [])]


def runs(cfg: Config, state: State, now: datetime) -> bool:
    where = gx_slot.zone(state.live.seen.get(ZONE))
    return where is None or gx_slot.covers(gx_slot.stored(state.live.seen, cfg.slot), gx_slot.wall(now, where))


def stop(cfg: Config, state: State) -> Results:
    """The last word of an orderly end: off, and as its user left it."""
    live, values = state.live, gx_slot.stored(state.live.seen, cfg.slot) or dict(state.written)
    if cfg.shadow or not live.portal:
        return []
    _, undone = gx_overrides.undo(state)
    groups = gx_writes.undo(values, state.originals) if gx_checks.left(cfg, state) else ()
    last = state.written  # the GX may have taken it and not told yet
    changed = {f: v for group in groups for f, v in group.items() if values.get(f) != v or last.get(f, v) != v}
    return [*undone, *(write(live.portal, slot_path(cfg.slot, f), v) for f, v in changed.items())]
