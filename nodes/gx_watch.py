"""What the GX shows of our slot and of the house's supply, all the time: also what nobody announced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import Emit, Fault, Status, Timer, Will, gx_checks, gx_lease, gx_link, gx_overrides, gx_slot, gx_writes, replace
from .gx_memory import Results, State
from .gx_readings import SOC
from .gx_topics import FIELDS, SCHEDULED, SCHEDULED_SOC, SETPOINT, Value, ask, keepalive, slot_path, write

if TYPE_CHECKING:
    from .victron_gx import Config

LATE_WILL = timedelta(seconds=90)  # a broker may notice a dead connection after the next one is up
RECONNECT = timedelta(seconds=10)
LAPSE = timedelta(seconds=15)  # the GX looks at its schedules every 5 s
LOOK = timedelta(seconds=45)  # at most so often, with a keepalive


def ready(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """The GX told everything: see what became of our slot, set the last will, go on."""
    live, values = state.live, gx_slot.stored(state.live.seen, cfg.slot)
    if cfg.shadow or len(values) < len(FIELDS):
        return gx_lease.pursue(cfg, state, now)
    if gx_checks.taken(cfg, state):
        state = replace(
            state, held=None, written={}, touched=False, live=replace(live, armed=False, others=gx_slot.odd(values))
        )
        state, done = gx_lease.pursue(cfg, state, now)
        new = state.live.others and not live.others
        said = [Emit("armed", Fault(gx_checks.theirs(cfg, state), code="armed"))] if new else []
        return state, [*done, *said, *([Will(None)] if live.armed else [])]
    if not gx_slot.odd(values) and not gx_checks.left(cfg, state):
        state = replace(state, originals=values)
    if not live.armed:
        state = replace(state, live=replace(live, armed=True, others=False, ready=False))
        return state, [will(cfg, state), Timer("armed", now + RECONNECT)]
    if not live.swept:
        state = replace(state, held=None, live=replace(live, swept=True))
        state, done = gx_lease.let_go(cfg, state, now) if not state.blocked else (state, [])
        state, more = gx_lease.pursue(cfg, state, now) if state.wish else (state, [])
        return state, [*done, *more]
    if state.held and values["Day"] >= 0 and values != state.written and state.over is None:
        return block(cfg, state, now, _changed(cfg))
    return gx_lease.pursue(cfg, replace(state, held=None), now)  # the will let it go, or it is to be proved again


def will(cfg: Config, state: State) -> Will:
    """Off: a Day that every firmware takes. What else is to be put back waits for the next start."""
    return Will(write(state.portal, slot_path(cfg.slot, "Day"), gx_slot.OFF))


def changed(cfg: Config, state: State, path: str, now: datetime) -> tuple[State, Results]:
    """One of the slot's values was told, or what comes of it."""
    live, values = state.live, gx_slot.stored(state.live.seen, cfg.slot)
    if live.work.goal != "none":
        return gx_lease.check(cfg, state, now)
    if cfg.shadow or not live.ready or len(values) < len(FIELDS):
        return state, []  # where the settings went away nobody changed them
    if gx_checks.taken(cfg, state) == live.armed:
        return ready(cfg, state, now) if not state.held else block(cfg, state, now, _changed(cfg))
    if state.held is None or state.over is not None:
        return _idle(cfg, state, values, now)
    if path in (SCHEDULED, SCHEDULED_SOC):
        if gx_writes.in_effect(cfg, state):
            return state, [Timer("lapse", None)]
        return state, [*_ask(cfg, state), Timer("lapse", now + LAPSE)]  # a change of the slot may have been missed
    if values == state.written:
        return state, []
    if values["Day"] < 0 and live.since and now - live.since < LATE_WILL:
        return gx_lease.pursue(cfg, replace(state, held=None), now)
    return block(cfg, state, now, _changed(cfg))


def _idle(cfg: Config, state: State, values: dict[str, float], now: datetime) -> tuple[State, Results]:
    """Nothing of ours is in force."""
    left = gx_checks.left(cfg, state)
    if left and (values["Day"] >= 0 or not gx_slot.odd(values)) and not state.blocked:
        return gx_lease.let_go(cfg, state, now, "our slot was found switched on")
    if values["Day"] < 0 and not gx_slot.odd(values) and not left and values != state.originals:
        state = replace(state, originals=values)
    return state, []


def block(cfg: Config, state: State, now: datetime, why: str) -> tuple[State, Results]:
    """Somebody changed what is ours: theirs stands until a person says `rearm` or releases."""
    owner = state.held.owner if state.held else ""
    results: Results = [Emit("refused", Fault(why, code="changed")), Status(why, "red")]
    state, undone = gx_overrides.undo(replace(state, wish=None, held=None, blocked=why, owner=owner))
    if gx_checks.taken(cfg, state):
        state = replace(state, live=replace(state.live, armed=False))
        return state, [*results, *undone, Will(None)]
    return state, [*results, *undone, Timer("again", now + gx_writes.AGAIN)]


def _changed(cfg: Config) -> str:
    return f"somebody changed charge schedule {cfg.slot + 1} on the GX; left alone until released by hand"


def lapsed(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """What was in force is so no longer, and nobody changed our slot."""
    lease, seen = state.held, state.live.seen
    over = lease is None or lease.until - now < LAPSE or state.over is not None
    if lease is None or over or not state.live.ready or gx_writes.in_effect(cfg, state):
        return state, []
    return gx_lease.refuse(cfg, state, gx_checks.unproven(seen, lease.mode == "charge"), now)


def awake(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Keep the GX awake, and now and then ask for what a lease hangs on, as what is told once may be lost."""
    if state.back and state.back > now:  # by a clock that has been set back: it must not come true later
        state = replace(state, back=None)
    live = state.live
    every = cfg.keepalive if live.ready else min(cfg.keepalive, gx_link.KNOCK)
    results: Results = [keepalive(live.portal), Timer("keepalive", now + every)]
    if not live.ready or _lately(live.looked, now):
        return state, results
    if not _lately(live.soc_at, now):
        results.append(ask(live.portal, SOC))
    if state.held:
        results += [*_ask(cfg, state), ask(live.portal, SCHEDULED)]
    state, done = gx_lease.doubt(cfg, replace(state, live=replace(live, looked=now)), now)
    return state, [*done, *results]


def _lately(at: datetime | None, now: datetime) -> bool:
    return at is not None and timedelta() <= now - at < LOOK  # else it was by a clock that has been set back


def _ask(cfg: Config, state: State) -> Results:
    """All of our slot: a GX answers leaf by leaf."""
    return [ask(state.live.portal, slot_path(cfg.slot))]


def refresh(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """An override lives only so long; see whether ours still stands, and write it again."""
    live = state.live
    if state.over is None or not live.ready:
        return state, []
    if gx_overrides.foreign(state):
        return block(cfg, state, now, "somebody changed the grid setpoint of the GX; left alone until released by hand")
    if gx_overrides.why_not(cfg, state, now):
        return gx_lease.pursue(cfg, replace(state, held=None), now)  # by the slot, then
    unseen = 0 if live.seen.get(SETPOINT) == state.over else live.unseen + 1
    if unseen >= gx_overrides.UNSEEN:
        return gx_lease.refuse(cfg, state, "the GX does not keep the grid setpoint that was written", now)
    return gx_overrides.put(replace(state, live=replace(live, unseen=unseen)), now)


def supply(cfg: Config, state: State, source: Value, now: datetime) -> tuple[State, Results]:
    """What feeds the house was told. After an island the grid has its time to settle."""
    if not isinstance(source, int | float) or state.away == (source != 1):
        return state, []
    if source != 1:
        return replace(state, away=True, back=None), []
    return replace(state, away=False, back=now), [Timer("settled", now + cfg.settle)]
