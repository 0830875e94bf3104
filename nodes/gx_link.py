"""The connection to a GX: find it, have it tell everything, keep it telling, notice when it falls silent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import Emit, Fault, Listen, Status, Timer, gx_checks, gx_readings, gx_writes, replace
from .gx_memory import Live, Results, State, Work
from .gx_topics import LISTENED, SERIAL, Note, keepalive, token

if TYPE_CHECKING:
    from .victron_gx import Config

SOON = timedelta(seconds=20)  # after a connection: a late will may have undone a new lease
KNOCK = timedelta(seconds=25)  # so often a GX is woken that tells nothing
PUBLISH = timedelta(seconds=5)  # a full publish takes far less, and may be dropped without a word
RARELY = timedelta(seconds=80)  # at most so long between full publishes that are asked for in vain


def up(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    old = state.live
    live = Live(since=now, beat=old.beat, lost=old.lost, house=old.house, armed=old.armed, swept=old.swept,
                others=old.others, charger=old.charger, skew=old.skew)  # fmt: skip
    cloud = "victronenergy.com" in (cfg.url or "")  # Victron's broker refuses wildcards over sites
    find = Listen(f"N/{cfg.portal_id if cloud and cfg.portal_id else '+'}/{SERIAL}")
    silence = [] if old.beat else [_silence(cfg, now)]  # a connection that comes and goes must not hide silence
    return replace(state, live=live), [find, *silence, Status("looking for the GX", "yellow")]


def down(cfg: Config, state: State, why: str, denied: bool, now: datetime) -> tuple[State, Results]:
    """Not lost yet: it may be back before its silence counts. A wrong password is no silence, and is told at once."""
    live = replace(state.live, since=None, ready=False, token="", seen={}, why=why)
    status = Status(f"not connected{why and f': {why}'}", "red" if denied else "yellow")
    if not denied or live.denied:
        return replace(state, live=live), [status]
    state = replace(state, live=replace(live, denied=True, lost=True))
    state, told = tell(cfg, state, now, at_once=True)
    return state, [Emit("denied", Fault(f"the GX does not let us in: {why}", code="denied")), *told, status]


def found(cfg: Config, state: State, note: Note, now: datetime) -> tuple[State, Results]:
    """A GX's serial number. Its retained message is the only one of a GX that speaks unasked."""
    live = state.live
    if note.gone:  # it says nothing of what is here
        return state, []
    if cfg.portal_id and note.portal != cfg.portal_id:
        wrong = "" if live.portal else f"the GX here is {note.portal}, not {cfg.portal_id} as portal_id says"
        return replace(state, live=replace(live, wrong=wrong)), []
    if live.portal and live.portal != note.portal:
        wrong = f"two GX devices answer here, {live.portal} and {note.portal}: set portal_id"
        return tell(cfg, replace(state, live=replace(live, wrong=wrong)), now, at_once=True)
    if live.portal:
        return state, []
    if state.portal != note.portal:  # nothing remembered of another GX is true of this one
        state = State(wish=state.wish, mark=state.mark)
    state = replace(state, portal=note.portal, live=replace(live, portal=note.portal, wrong=""))
    state, asked = publish(state, now)
    return state, [*(Listen(f"N/{note.portal}/{path}") for path in LISTENED), *asked]


def publish(state: State, now: datetime) -> tuple[State, Results]:
    """Ask for everything; until it came nothing is known."""
    asked = state.live.asked + 1
    live = replace(state.live, ready=False, seen={}, token=token(now), asked=asked, work=Work())
    again = min(PUBLISH * 2 ** min(asked - 1, 8), RARELY)
    return replace(state, live=live), [keepalive(live.portal, live.token), Timer("publish", now + again)]


def completed(cfg: Config, state: State, note: Note, now: datetime) -> tuple[State, Results]:
    """The end of a full publish; GX before 3.50 send no echo."""
    live = state.live
    if live.ready or not live.token or note.echo not in (None, live.token):
        return state, []
    silence = [_silence(cfg, now)] if live.lost else []
    live = replace(live, ready=True, token="", asked=0, lost=False, denied=False, beat=now, soc_at=now,
                   looked=None)  # fmt: skip
    timers: Results = [Timer("publish", None), Timer("keepalive", now + min(SOON, cfg.keepalive))]
    held = f"; {gx_writes.words(state.held)}" if state.held else ""
    return replace(state, live=live), [*silence, *timers, Status(f"connected to the GX{held}")]


def beat(cfg: Config, state: State, note: Note, now: datetime) -> tuple[State, Results]:
    old = state.live
    gap = old.beat is not None and now - old.beat > cfg.silent_after
    skew = float(note.value) - now.timestamp() if isinstance(note.value, int | float) else old.skew
    state = replace(state, live=replace(old, beat=now, skew=skew))
    rearm: Results = [_silence(cfg, now)] if old.lost or gap else []
    if (gap or not old.ready) and not old.token and old.portal:
        state, asked = publish(state, now)
        return state, [*rearm, *asked]
    return state, rearm


def quiet(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """The time for a heartbeat has come; has it?"""
    live = state.live
    since = live.beat or live.since
    if since is not None and now - since < cfg.silent_after:
        return state, [_silence(cfg, since)]
    if live.lost:
        return state, []
    why = live.wrong or f"no sign of life from the GX for {cfg.silent_after.total_seconds():.0f} s"
    why += f": {live.why}" if live.why and live.since is None else ""
    said = Emit("refused" if live.wrong else "lost", Fault(why))
    state = replace(state, live=replace(live, lost=True, ready=False, token="", seen={}))
    state, told = tell(cfg, state, now, at_once=True)
    return state, [said, *told, Status(why, "red"), Timer("keepalive", now)]


def tell(cfg: Config, state: State, now: datetime, at_once: bool = False) -> tuple[State, Results]:
    """The house: now and then, and at once when others decide by it."""
    live = state.live
    if not (live.ready or live.lost or live.wrong):
        return state, []
    house = gx_readings.house(live.seen, gx_checks.reasons(cfg, state, now), now)
    if not at_once and not gx_readings.telling(live.house, house) and not due(cfg, state, now):
        return state, []
    return replace(state, live=replace(live, house=house)), [Emit("house", house)]


def due(cfg: Config, state: State, now: datetime) -> bool:
    house = state.live.house
    return house is None or now - house.at >= cfg.report


def _silence(cfg: Config, since: datetime) -> Timer:
    return Timer("silence", since + cfg.silent_after)
