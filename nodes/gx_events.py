"""What happens to victronGx, handed to who knows what to do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from . import (
    Due,
    Event,
    Heard,
    Linked,
    Started,
    Status,
    Stopping,
    Timer,
    gx_lease,
    gx_link,
    gx_overrides,
    gx_slot,
    gx_watch,
    gx_writes,
    replace,
)
from .gx_checks import CLOCK, settling
from .gx_memory import Live, Results, State
from .gx_readings import SOC, decisive
from .gx_topics import (
    BORN,
    COMPLETED,
    FORCE,
    HEARTBEAT,
    SCHEDULED,
    SCHEDULED_SOC,
    SERIAL,
    SETPOINT,
    SOURCE,
    ZONE,
    Note,
    note,
    slot_path,
)
from .messages import Charger, Lease

if TYPE_CHECKING:
    from .victron_gx import Config


def happened(cfg: Config, state: State, event: Event, charger: Charger | None, now: datetime) -> tuple[State, Results]:
    state = gx_writes.sure(state, now)
    if charger is not state.live.charger:
        state = replace(state, live=replace(state.live, charger=charger))
    match event:  # what happens most comes first
        case Heard(topic=topic, payload=payload, retained=retained):
            told = note(topic, payload)
            if told is None or (retained and told.path != SERIAL):  # an old value is no value
                return state, []
            return heard(cfg, state, told, now)
        case Due(name=name):
            return due(cfg, state, name, now)
        case Started():
            return started(cfg, state, now)
        case Linked(up=True):
            return gx_link.up(cfg, state, now)
        case Linked(why=why, denied=denied):
            return gx_link.down(cfg, state, why, denied, now)
        case Stopping():
            return replace(state, over=None, live=Live()), gx_lease.stop(cfg, state)  # deaf from now on
    return state, []


def given(
    cfg: Config, state: State, lease: Lease | None, charger: Charger | None, now: datetime
) -> tuple[State, Results]:
    """A lease, or else the nudge to go on after somebody changed our slot."""
    state = replace(state, live=replace(state.live, charger=charger))
    return gx_lease.take(cfg, state, lease, now) if lease else gx_lease.rearm(cfg, state, now)


def started(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Where the slot was ours before, the last will is set from the first connection on."""
    again = bool(state.portal and state.originals) and not cfg.shadow
    state = replace(state, mark=_mark(cfg, state, now), live=Live(armed=again, charger=state.live.charger))
    first: Results = [Status("connecting", "yellow"), Timer("silence", now + cfg.silent_after)]
    if state.wish:
        first.append(Timer("end", state.wish.until))
    if until := settling(cfg, state, now):
        first.append(Timer("settled", until))
    return state, [*([gx_watch.will(cfg, state)] if again else []), *first]


def _mark(cfg: Config, state: State, now: datetime) -> int:
    """What is still on the GX bears the one it was written with: an earlier version's, or of another `installation`."""
    written = int(state.written.get("Duration", 0)) % 60
    if written and (state.touched or not state.mark):
        return written
    return gx_slot.mark(cfg.installation, now) if cfg.installation or not state.mark else state.mark


def heard(cfg: Config, state: State, told: Note, now: datetime) -> tuple[State, Results]:
    if told.path == SERIAL:
        return gx_link.found(cfg, state, told, now)
    live = state.live
    if not live.portal or told.portal != live.portal or live.wrong:
        return state, []
    results: Results = []
    look = False
    if told.path == BORN:
        return gx_link.publish(state, now)
    if told.path == HEARTBEAT:
        state, results = gx_link.beat(cfg, state, told, now)
        look = (abs(live.skew) > CLOCK) != (abs(state.live.skew) > CLOCK)
    elif told.path == COMPLETED:
        state, results = gx_link.completed(cfg, state, told, now)
        if look := state.live.ready and not live.ready:
            state, more = _then(gx_watch.ready(cfg, state, now), results)
            results = more
    else:
        old = live.seen.get(told.path)
        state, results = value(cfg, state, told, now)
        look = old != told.value and (decisive(told.path) or old is None or told.value is None)
    if not look and not (state.live.ready and gx_link.due(cfg, state, now)):
        return state, results
    if look:
        state, results = _then(gx_lease.doubt(cfg, state, now), results)
    return _then(gx_link.tell(cfg, state, now), results)


def value(cfg: Config, state: State, told: Note, now: datetime) -> tuple[State, Results]:
    """One value, of which some have a meaning of their own."""
    path, live = told.path, state.live
    old = live.seen.get(path)
    if old is not told.value or path == SOC or path not in live.seen:
        soc_at = now if path == SOC else live.soc_at
        state = replace(state, live=replace(live, seen={**live.seen, path: told.value}, soc_at=soc_at))
    if path.startswith(slot_path(cfg.slot, "")) or path in (SCHEDULED, SCHEDULED_SOC, FORCE):
        return gx_watch.changed(cfg, state, path, now)
    if path == SOURCE:
        return gx_watch.supply(cfg, state, told.value, now)
    if path == SETPOINT:
        return gx_overrides.told(state)
    if path == ZONE and live.ready and old not in (None, told.value) and state.held and state.over is None:
        return gx_lease.pursue(cfg, replace(state, held=None), now)  # the slot's times mean others now
    return state, []


def due(cfg: Config, state: State, name: str, now: datetime) -> tuple[State, Results]:
    live = state.live
    match name:
        case "silence":
            return gx_link.quiet(cfg, state, now)
        case "keepalive" if live.since and live.portal:
            return gx_watch.awake(cfg, state, now)
        case "publish" | "armed" if live.since and live.portal and not live.ready:
            return gx_link.publish(state, now)
        case "readback":
            return gx_lease.read_back(cfg, state, now)
        case "prove":
            return gx_lease.prove(cfg, state, now)
        case "end" | "again":
            return gx_lease.ended(cfg, state, now)
        case "lapse":
            return gx_watch.lapsed(cfg, state, now)
        case "override":
            return gx_watch.refresh(cfg, state, now)
        case "settled":
            return gx_link.tell(cfg, state, now)
    return state, []


def _then(step: tuple[State, Results], before: Results) -> tuple[State, Results]:
    state, results = step
    return state, [*before, *results]
