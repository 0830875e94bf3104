"""Writes to a GX, which acknowledges none: write, ask, compare, three times at most, then see the effect.

Longer than a page: the steps of one write follow each other here, and each leads only to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import Emit, Fault, Status, Timer, gx_checks, gx_slot, gx_wear, replace
from .gx_memory import Results, State, Work
from .gx_readings import number, soc
from .gx_topics import FORCE, SCHEDULED, SCHEDULED_SOC, SCHEDULED_STATUS, ask, slot_path, write
from .messages import Lease

if TYPE_CHECKING:
    from .victron_gx import Config

READ_BACK = timedelta(seconds=2)
TRIES = 3
PROOF = timedelta(seconds=10)  # the GX looks at its schedules every 5 s
LAST_PROOF = timedelta(seconds=6)
AGAIN = timedelta(seconds=60)
LATER = timedelta(minutes=15)  # nothing depends on it
LATE = timedelta(minutes=5)
MANY = 8


def on(values: Mapping[str, float], held: Mapping[str, float]) -> tuple[Mapping[str, float], ...]:
    """Off, then the rest, then on; a running slot that keeps its start, but for a minute, is changed as it runs."""
    rest = {f: v for f, v in values.items() if f != "Day"}
    runs = held.get("Day", -1) >= 0
    if runs and held.get("Day") == values["Day"] and abs(held.get("Start", -60.0) - values["Start"]) < 60:
        return (rest,)
    return (*(({"Day": gx_slot.OFF},) if runs else ()), rest, {"Day": values["Day"]})


def undo(held: Mapping[str, float], originals: Mapping[str, float]) -> tuple[Mapping[str, float], ...]:
    """Off, and then as its user left it: while it is on, it must stay marked as ours."""
    kept = held["Day"] if held.get("Day", 0) < 0 else gx_slot.OFF
    day = originals.get("Day", kept)
    rest = {f: v for f, v in originals.items() if f != "Day"}
    return {"Day": day if day < 0 else gx_slot.OFF}, rest


def begin(cfg: Config, state: State, work: Work, now: datetime) -> tuple[State, Results]:
    """Until it is confirmed nothing counts as in force."""
    return _write(cfg, at(replace(state, held=None, touched=True), work), now)


def check(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """A value came: is the group under way complete, or the effect there?"""
    work = state.live.work
    if work.proving:
        return _confirm(state) if _proven(cfg, state) else (state, [])
    if work.groups and not _missing(cfg, state):
        return _write(cfg, at(state, replace(work, groups=work.groups[1:], tries=0)), now)
    return state, []


def read_back(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """The time to compare is over."""
    work, live = state.live.work, state.live
    if not work.groups or not live.ready:
        return state, []
    if work.tries < TRIES:
        return _write(cfg, state, now)
    field, value = next(iter(_missing(cfg, state).items()))
    shown = live.seen.get(slot_path(cfg.slot, field))
    shows = f"{shown:g}" if isinstance(shown, int | float) else shown or "nothing"
    why = f"the GX did not take {field} {value:g} in charge schedule {cfg.slot + 1}; it shows {shows}"
    if work.goal == "on":
        return at(state, replace(work, goal="failed", why=why)), []
    if field != "Day":  # it is off, which is what counts
        state, done = released(state, work.why, now)
        return state, [*done, Status(why, "yellow"), Timer("again", now + LATER)]
    why = f"charge schedule {cfg.slot + 1} is still on: {why}"
    state = replace(state, wish=None if state.wish == work.lease else state.wish)
    return at(state, Work()), [Emit("armed", Fault(why, code="armed")), Status(why, "red"), Timer("again", now + AGAIN)]


def prove(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """The slot ought to work by now: look once more, touch Soc if only the charging is missing, else let go."""
    live, work = state.live, state.live.work
    if not work.proving or work.lease is None or not live.ready:
        return state, []
    charging = work.lease.mode == "charge"
    if work.proving > 1 and _proven(cfg, state, sure=False):
        return _confirm(state)
    if work.proving > 1:
        return at(state, replace(work, goal="failed", why=gx_checks.unproven(live.seen, charging))), []
    results: Results = []
    if charging and live.seen.get(SCHEDULED) == 1:
        path = slot_path(cfg.slot, "Soc")
        stored = (state.written["Soc"], state.target)
        soc = gx_slot.another(float(int(work.lease.soc or 100)), stored, cfg.max_soc)
        state, worn = gx_wear.count(cfg, replace(state, written={**state.written, "Soc": soc}), ("Soc",), now)
        state = _tried(state, {"Soc": soc}, now)
        results = [write(live.portal, path, soc), ask(live.portal, path), *worn]
    results += [ask(live.portal, path) for path in (SCHEDULED, SCHEDULED_SOC, SCHEDULED_STATUS, FORCE)]
    return at(state, replace(work, proving=2)), [*results, Timer("prove", now + LAST_PROOF)]


def released(state: State, why: str, now: datetime) -> tuple[State, Results]:
    """Our slot is off. Said where somebody asked, or something was in force."""
    wish = state.wish
    over = wish is None or wish.mode == "release" or wish.until <= now  # else it came meanwhile
    told = wish if wish and wish.mode == "release" else Lease(mode="release", until=now, reason=why or "its end came")
    said = bool((wish and over) or state.held or state.live.work.was_on)
    state = at(replace(state, wish=None if over else wish, held=None), Work())
    if not said:
        return state, []
    return state, [Emit("confirmed", told), *([] if why else [Status("the battery is left alone")])]


def _write(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    live, work = state.live, state.live.work
    missing = _missing(cfg, state)
    while work.groups and not missing:
        work = replace(work, groups=work.groups[1:])
        state = at(state, work)
        missing = _missing(cfg, state)
    if not work.groups:
        return _written(cfg, state, now)
    state = replace(state, written={**gx_slot.stored(live.seen, cfg.slot), **state.written, **missing})
    state = _tried(state, missing, now)
    state = at(state, replace(work, tries=work.tries + 1))
    state, worn = (
        gx_wear.count(cfg, state, missing, now) if not work.tries else (state, [])
    )  # writing an equal value wears nothing
    paths = [slot_path(cfg.slot, field) for field in missing]
    says = [write(live.portal, path, value) for path, value in zip(paths, missing.values(), strict=True)]
    return state, [*says, *(ask(live.portal, path) for path in paths), Timer("readback", now + READ_BACK), *worn]


def _tried(state: State, values: Mapping[str, float], now: datetime) -> State:
    more = {f: (*(old for old in state.tried.get(f, ()) if old != v), v)[-MANY:] for f, v in values.items()}
    return replace(state, tried={**state.tried, **more}, tried_at=now)


def sure(state: State, now: datetime) -> State:
    """No GX reports a write this late: what shows from now on, somebody else set."""
    if state.tried_at is None or timedelta() <= now - state.tried_at < LATE:
        return state
    return replace(state, tried={}, tried_at=None)


def _written(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    work = state.live.work
    if work.goal == "off":
        return released(replace(state, touched=False), work.why, now)
    state = at(replace(state, written=gx_slot.stored(state.live.seen, cfg.slot)), replace(work, proving=1))
    if _proven(cfg, state):
        return _confirm(state)
    return state, [Timer("readback", None), Timer("prove", now + PROOF)]


def _missing(cfg: Config, state: State) -> Mapping[str, float]:
    """What is not there yet, or will not be: the GX may have taken what we wrote last and not have told it."""
    held, work = gx_slot.stored(state.live.seen, cfg.slot), state.live.work
    there = (work.groups[0] if work.groups else {}).items()
    return {f: v for f, v in there if held.get(f) != v or state.written.get(f, v) != v}


def in_effect(cfg: Config, state: State, sure: bool = True) -> bool:
    """Whether the GX says that our slot runs. It may still say so of an earlier one, unless it tells our Soc."""
    seen = state.live.seen
    told = number(seen, SCHEDULED_SOC)
    return seen.get(SCHEDULED) == 1 and (not sure or told in (None, state.written.get("Soc")))


def _proven(cfg: Config, state: State, sure: bool = True) -> bool:
    seen, lease = state.live.seen, state.live.work.lease
    values = gx_slot.stored(seen, cfg.slot)
    if lease is None or values != state.written or not in_effect(cfg, state, sure):
        return False
    if lease.mode == "hold":
        return seen.get(FORCE) != 1
    level = soc(seen)
    return seen.get(FORCE) == 1 or (level is not None and level >= values["Soc"])


def _confirm(state: State) -> tuple[State, Results]:
    lease = state.live.work.lease
    assert lease is not None
    done: Results = [Emit("confirmed", lease), Timer("prove", None), Status(words(lease))]
    return at(replace(state, held=lease, target=state.written.get("Soc")), Work()), done


def at(state: State, work: Work) -> State:
    return replace(state, live=replace(state.live, work=work))


def words(lease: Lease) -> str:
    until = f"until {lease.until:%H:%M} UTC"
    if lease.mode == "charge":
        return f"charge to {lease.soc or 100:.0f} % {until}"
    return f"hold {until}" if lease.mode == "hold" else "release"
