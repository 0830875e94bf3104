"""What happens to victronGx, handed to who knows what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from . import Due, Event, Heard, Linked, Started, Status, Stopping, Timer, gx_lease, gx_link
from .gx_memory import Live, Results, State
from .gx_readings import decisive
from .gx_topics import COMPLETED, FORCE, HEARTBEAT, SCHEDULED, SCHEDULED_SOC, SERIAL, Note, keepalive, note, slot_path

if TYPE_CHECKING:
    from .victron_gx import Config


def happened(cfg: Config, state: State, event: Event, now: datetime) -> tuple[State, Results]:
    match event:
        case Started():
            return started(cfg, state, now)
        case Linked(up=True):
            return gx_link.up(cfg, state, now)
        case Linked(why=why):
            return gx_link.down(state, why)
        case Heard(topic=topic, payload=payload, retained=retained):
            told = note(topic, payload)
            if told is None or (retained and told.path != SERIAL):  # an old value is no value
                return state, []
            return heard(cfg, state, told, now)
        case Due(name=name):
            return due(cfg, state, name, now)
        case Stopping():
            return replace(state, live=Live()), gx_lease.stop(cfg, state)  # deaf from now on
    return state, []


def started(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Where the slot was ours before, the last will is set from the first connection on."""
    again = bool(state.portal and state.originals) and not cfg.shadow
    state = replace(state, blocked="", live=Live(armed=again))
    first: Results = [Status("connecting", "yellow"), Timer("silence", now + cfg.silent_after)]
    if state.wish:
        first.append(Timer("end", state.wish.until))
    return state, [*([gx_lease.will(cfg, state)] if again else []), *first]


def heard(cfg: Config, state: State, told: Note, now: datetime) -> tuple[State, Results]:
    if told.path == SERIAL:
        return gx_link.found(cfg, state, told, now)
    live = state.live
    if not live.portal or told.portal != live.portal or live.wrong:
        return state, []
    results: Results = []
    look = False
    if told.path == HEARTBEAT:
        state, results = gx_link.beat(cfg, state, told, now)
    elif told.path == COMPLETED:
        state, results = gx_link.completed(cfg, state, told, now)
        if look := state.live.ready and not live.ready:
            state, more = _then(gx_lease.ready(cfg, state, now), results)
            results = more
    else:
        old = live.seen.get(told.path)
        state = replace(state, live=replace(live, seen={**live.seen, told.path: told.value}))
        if told.path.startswith(slot_path(cfg.slot, "")) or told.path in (SCHEDULED, SCHEDULED_SOC, FORCE):
            state, results = gx_lease.changed(cfg, state, now)
        look = old != told.value and (decisive(told.path) or old is None or told.value is None)
    if not look and not (state.live.ready and gx_link.due(cfg, state, now)):
        return state, results
    if look:
        state, results = _then(gx_lease.doubt(cfg, state, now), results)
    return _then(gx_link.tell(cfg, state, now), results)


def due(cfg: Config, state: State, name: str, now: datetime) -> tuple[State, Results]:
    live = state.live
    match name:
        case "silence":
            return gx_link.quiet(cfg, state, now)
        case "keepalive" if live.since and live.portal:
            return state, [keepalive(live.portal), Timer("keepalive", now + gx_link.KEEPALIVE)]
        case "publish" | "armed" if live.since and live.portal and not live.ready:
            return gx_link.publish(state, now)
        case "readback":
            return gx_lease.read_back(cfg, state, now)
        case "prove":
            return gx_lease.prove(cfg, state, now)
        case "end" | "again":
            return gx_lease.ended(cfg, state, now)
    return state, []


def _then(step: tuple[State, Results], before: Results) -> tuple[State, Results]:
    state, results = step
    return state, [*before, *results]
