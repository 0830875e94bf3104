"""Leases on one reserved schedule slot of the GX, which ends by itself; every write is read back and compared.

Three things undo it: the slot's own end, our release, and a last will that the GX carries out when our connection dies.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import Emit, Fault, Status, Timer, Will, gx_checks, gx_slot, gx_writes
from .gx_memory import Results, State, Work
from .gx_topics import ESS, ZONE, slot_path, write
from .messages import Lease

if TYPE_CHECKING:
    from .victron_gx import Config

LATE_WILL = timedelta(seconds=60)  # a broker may notice a dead connection after the next one is up
RECONNECT = timedelta(seconds=10)


def take(cfg: Config, state: State, lease: Lease, now: datetime) -> tuple[State, Results]:
    """A wish came. Release also ends the stop after somebody changed our slot."""
    if state.live.work.proving:  # all is written; nobody need wait for its effect any more
        state = replace(state, live=replace(state.live, work=Work()))
    if lease.mode == "release":
        return pursue(cfg, replace(state, wish=lease, blocked=""), now)
    if lease.until <= now:
        lease = replace(lease, mode="release", reason=f"too late: {lease.reason}")
        return pursue(cfg, replace(state, wish=lease), now)
    floor = state.live.seen.get(f"{ESS}/BatteryLife/MinimumSocLimit")
    least = float(floor) if isinstance(floor, int | float) else 0.0
    target = max(min(cfg.max_soc if lease.soc is None else lease.soc, cfg.max_soc), least)
    lease = replace(lease, until=min(lease.until, now + cfg.max_lease), soc=target if lease.mode == "charge" else None)
    state, done = pursue(cfg, replace(state, wish=lease), now)
    if state.live.lost:
        done = [Emit("refused", Fault("no sign of life from the GX; tried again when it is back"))]
    return state, [Timer("end", lease.until), *done]


def ready(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """The GX told everything: see what became of our slot, set the last will, go on."""
    live, values = state.live, gx_slot.stored(state.live.seen, cfg.slot)
    if cfg.shadow or "Day" not in values:
        return pursue(cfg, state, now)
    if gx_checks.taken(cfg, state):
        state = replace(state, held=None, written={}, live=replace(live, armed=False))
        state, done = pursue(cfg, state, now)
        return state, [*done, *([Will(None)] if live.armed else [])]
    if not state.originals and not gx_slot.ours(values):
        state = replace(state, originals=values)
    if not live.armed:
        state = replace(state, live=replace(live, armed=True, ready=False))
        return state, [will(cfg, state), Timer("armed", now + RECONNECT)]
    if not live.swept:
        state = replace(state, held=None, live=replace(live, swept=True))
        if values["Day"] >= 0:
            return let_go(cfg, state, now)
    elif state.held and values["Day"] < 0:  # the will let it go
        state = replace(state, held=None)
    elif state.held and values != state.written:
        return block(cfg, state, now)
    else:
        state = replace(state, held=None)  # to be proved again
    return pursue(cfg, state, now)


def will(cfg: Config, state: State) -> Will:
    off = gx_writes.off(state.originals)
    return Will(write(state.portal, slot_path(cfg.slot, "Day"), off))


def pursue(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Bring the GX from what it shows to what is wished."""
    live, wish = state.live, state.wish
    if not live.ready or live.work.goal != "none":
        return state, []
    if wish is None or wish.mode == "release" or wish.until <= now:
        theirs = state.blocked and wish is None and _runs(cfg, state, now)
        return (state, []) if theirs else let_go(cfg, state, now)
    if wish == state.held:
        return state, []
    where = gx_slot.zone(live.seen.get(ZONE))
    why = gx_checks.reasons(cfg, state, now)
    held = gx_slot.stored(live.seen, cfg.slot)
    values = "; ".join(why) if why or where is None else gx_slot.plan(wish, now, where, held, cfg.max_soc)
    if isinstance(values, str):
        return refuse(cfg, state, values, now)
    if cfg.shadow:
        return state, [Status(f"would {gx_writes.words(wish)}", "yellow")]
    if not live.armed:
        return state, []
    work = Work("on", gx_writes.groups(values, held, state.originals), lease=wish)
    return _follow(cfg, gx_writes.begin(cfg, state, work, now), now)


def let_go(cfg: Config, state: State, now: datetime, why: str = "") -> tuple[State, Results]:
    """Switch our slot off, if it is on; done twice it does no harm."""
    values = gx_slot.stored(state.live.seen, cfg.slot)
    if cfg.shadow:
        return replace(state, wish=None), [Status("would leave the battery alone", "yellow")]
    if values.get("Day", -1) < 0 or not gx_slot.ours(values):
        return gx_writes.released(state, why, now)
    off = ({"Day": gx_writes.off(state.originals)},)
    return _follow(cfg, gx_writes.begin(cfg, state, Work("off", off, lease=state.wish, why=why), now), now)


def refuse(cfg: Config, state: State, why: str, now: datetime) -> tuple[State, Results]:
    if cfg.shadow:
        return replace(state, wish=None), [Status(f"would refuse: {why}", "yellow")]
    if state.blocked:
        return replace(state, wish=None), [Emit("refused", Fault(why))]
    state, done = let_go(cfg, replace(state, wish=None), now, why)
    return state, [Emit("refused", Fault(why)), Status(f"refused: {why}", "red"), *done]


def doubt(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Something that must be so no longer is: let go."""
    why = gx_checks.reasons(cfg, state, now)
    if not why or not state.live.ready or not (state.held or state.live.work.goal == "on"):
        return state, []
    return refuse(cfg, replace(state, live=replace(state.live, work=Work())), "; ".join(why), now)


def changed(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """One of the slot's values was told."""
    live, values = state.live, gx_slot.stored(state.live.seen, cfg.slot)
    if live.work.goal != "none":
        return _follow(cfg, gx_writes.check(cfg, state, now), now)
    if cfg.shadow or not live.ready:
        return state, []
    if gx_checks.taken(cfg, state) == live.armed:
        return ready(cfg, state, now) if not state.held else block(cfg, state, now)
    if state.held is None or values == state.written:
        return state, []
    if values.get("Day", -1) < 0 and live.since and now - live.since < LATE_WILL:
        return pursue(cfg, replace(state, held=None), now)
    return block(cfg, state, now)


def read_back(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    return _follow(cfg, gx_writes.read_back(cfg, state, now), now)


def prove(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    return _follow(cfg, gx_writes.prove(cfg, state, now), now)


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
        state, more = pursue(cfg, state, now)
    return state, [*results, *more]


def block(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Somebody changed our slot: theirs is the word until a release or a restart."""
    why = f"somebody changed charge schedule {cfg.slot + 1} on the GX; left alone until released"
    live = state.live
    results: Results = [Emit("refused", Fault(why)), Status(why, "red")]
    state = replace(state, wish=None, held=None, blocked=why)
    if gx_checks.taken(cfg, state):
        return replace(state, live=replace(live, armed=False)), [*results, Will(None)]
    return state, results


def ended(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """The slot is over by itself; switched off it does not come back in a week."""
    if state.wish and state.wish.until > now:
        return state, []
    state, results = pursue(cfg, state, now)
    return state, [*results, *([Timer("again", now + gx_writes.AGAIN)] if state.blocked else [])]


def _runs(cfg: Config, state: State, now: datetime) -> bool:
    where = gx_slot.zone(state.live.seen.get(ZONE))
    return where is None or gx_slot.covers(gx_slot.stored(state.live.seen, cfg.slot), gx_slot.wall(now, where))


def stop(cfg: Config, state: State) -> Results:
    """The last word of an orderly end."""
    values = gx_slot.stored(state.live.seen, cfg.slot) or dict(state.written)
    on = values.get("Day", -1) >= 0 and gx_slot.ours(values)
    if cfg.shadow or not state.live.portal or not on:
        return []
    return [write(state.live.portal, slot_path(cfg.slot, "Day"), gx_writes.off(state.originals))]
