"""What a simulated GX says on MQTT, and when: awake for 60 s after a keepalive, values only as they change.

Longer than a page: all that it says comes from one state, in the order in which a GX says it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from . import Due, Event, Heard, Linked, Listen, Say, Started, Status, Timer, replace, sim_gx_plant, sim_gx_settings
from .gx_topics import COMPLETED, DYNAMIC, ECHO, ESS, HEARTBEAT, SERIAL, slot_path, written
from .sim_gx_meter import left_of_half_hour
from .sim_gx_plant import advance, leaves, next_change
from .sim_gx_telling import Results, State, awake, birth, clock, everything, tell
from .sim_messages import Drawn, SimFault

if TYPE_CHECKING:
    from .sim_gx import Config

LOOK = timedelta(seconds=5)  # schedules are looked at this often
REBOOT = timedelta(seconds=60)
FULL_A_SECOND = 3
TOUCHED: dict[str, dict[str, float | str]] = {
    "slotChanged": {slot_path(4, "Soc"): 60, slot_path(4, "Duration"): 5400},  # by a person, at the display
    "lateWill": {slot_path(4, "Day"): -7},  # of a connection that is gone
}
TOUCHED_BACK: dict[str, dict[str, float | str]] = {
    "slotChanged": {slot_path(4, f): s.default for f, s in sim_gx_settings.SLOT.items()},
}


def answer(cfg: Config, state: State, event: Event | Drawn | SimFault | None, now: datetime) -> tuple[State, Results]:
    match event:
        case Started():
            settings = {**sim_gx_settings.defaults(cfg.timezone, cfg.input_limit), **state.settings}
            plant = state.plant if state.plant.at else replace(state.plant, at=now, soc=cfg.soc)
            return live(cfg, replace(state, settings=settings, plant=plant), now)
        case Linked(up=True):
            return state, [Listen(f"R/{cfg.portal_id}/#"), Listen(f"W/{cfg.portal_id}/#"), *birth(cfg)]
        case Due(name="plant"):
            return turn(cfg, state, now)
        case Due(name="reboot") if state.fault == "reboot":
            state = replace(state, fault="none", overrides={}, awake=None, told={})
            return state, birth(cfg)
        case Drawn(power=power, smart=smart):
            state, before = live(cfg, state, now)  # up to now the car drew what it drew
            state, after = live(cfg, replace(state, plant=replace(state.plant, ev=power, smart=smart)), now)
            return state, [*before, *after]
        case SimFault(kind=kind):
            return misbehave(cfg, state, kind, now)
        case Heard(topic=topic, payload=payload) if state.fault not in ("silent", "reboot"):
            asked = written(topic, payload)
            if asked and asked[1] == cfg.portal_id:
                return heard(cfg, state, asked[0], asked[2], payload, now)
    return state, []


def heard(cfg: Config, state: State, kind: str, path: str, payload: bytes, now: datetime) -> tuple[State, Results]:
    if kind == "W":
        return write(cfg, state, path, payload, now)
    if path in ("keepalive", SERIAL):
        return keepalive(cfg, state, payload, now)
    if path in state.settings and state.fault != "settingsGone":  # does not change by itself
        return state, [tell(cfg, path, state.settings[path])]
    state, results = live(cfg, state, now)
    if path in state.told:
        return state, [*results, tell(cfg, path, state.told[path])]
    asked = {p: v for p, v in everything(cfg, state).items() if p == path or p.startswith(f"{path}/")}
    return state, [*results, *(tell(cfg, p, v) for p, v in asked.items())]


def keepalive(cfg: Config, state: State, payload: bytes, now: datetime) -> tuple[State, Results]:
    slept = not awake(state, now)
    state = replace(state, awake=now + cfg.awake)
    results: Results = []
    if slept:
        state, results = turn(cfg, replace(state, beat=now), now)
    if b"suppress-republish" in payload:
        return state, results
    recent = tuple(t for t in state.published if now - t < timedelta(seconds=1))
    if len(recent) >= FULL_A_SECOND:
        return state, results
    state = replace(state, published=(*recent, now))
    done: dict[str, object] = {"value": clock(state, now)}
    if (echo := _echo(payload)) is not None:
        done[ECHO] = echo
    told = [tell(cfg, p, v) for p, v in everything(cfg, state).items()]
    return state, [*results, *told, Say(f"N/{cfg.portal_id}/{COMPLETED}", done)]


def write(cfg: Config, state: State, path: str, payload: bytes, now: datetime) -> tuple[State, Results]:
    """Never acknowledged; what is refused is refused in silence, and what is equal is not told."""
    if path in sim_gx_settings.OVERRIDES:
        valid, number = sim_gx_settings.override(payload)
        if valid and state.settings[DYNAMIC] not in (1, 4):
            state = replace(state, overrides={**state.overrides, path: number}, overridden=now)
        return live(cfg, state, now)
    value = sim_gx_settings.accept(path, payload) if state.fault != "settingsGone" else None
    if value is None or value == state.settings[path]:
        return state, []
    state, before = live(cfg, state, now)
    state = counted(replace(state, settings={**state.settings, path: value}, look=state.look or now + LOOK), path, now)
    told = [tell(cfg, path, value)] if awake(state, now) else []
    return state, [*before, *told, timer(cfg, state, now)]


def counted(state: State, path: str, now: datetime) -> State:
    """The flash wears by one."""
    today = f"{now.astimezone(UTC):%F}"
    known = state.writes if state.written_on == today else {}
    return replace(state, writes={**known, path: known.get(path, 0) + 1}, written_on=today)


def turn(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """What happens by itself."""
    waits = state.beat is not None and timedelta() < state.beat - now <= cfg.heartbeat  # else the clock was set back
    if waits or not awake(state, now):
        return live(cfg, state, now)
    state, told = live(cfg, replace(state, beat=now + cfg.heartbeat), now)
    return state, [Say(f"N/{cfg.portal_id}/{HEARTBEAT}", {"value": clock(state, now)}), *told]


def live(cfg: Config, state: State, now: datetime) -> tuple[State, Results]:
    """Bring the plant up to now and tell what changed. A written schedule waits for the GX's next look."""
    plant = state.plant
    ends = state.overridden + cfg.override_life if state.overridden and cfg.override_life else None
    if ends and ends <= now:
        plant = (
            advance(sim_gx_plant.size(cfg), plant, state.settings, state.overrides, ends, look=False)
            if plant.at
            else plant
        )
        state = replace(state, overrides=dict.fromkeys(state.overrides), overridden=None, plant=plant)
    waits = state.look is not None and state.look > now
    plant = advance(sim_gx_plant.size(cfg), state.plant, state.settings, state.overrides, now, look=not waits)
    fresh, old = leaves(plant, state.overrides, cfg.charger and state.fault != "chargerGone"), state.told
    results: Results = []
    if awake(state, now):
        results = [tell(cfg, p, v) for p, v in fresh.items() if p not in old or old[p] != v]
    state = replace(state, plant=plant, told=fresh, look=state.look if waits else None)
    return state, [*results, timer(cfg, state, now)]


def timer(cfg: Config, state: State, now: datetime) -> Timer:
    """The next time that anything happens by itself; nobody looks while nobody listens."""
    ends = state.overridden + cfg.override_life if state.overridden and cfg.override_life else None
    half = now + timedelta(seconds=left_of_half_hour(now))
    times = [next_change(state.settings, now), state.look, ends, half]
    times += [state.beat, now + cfg.publish] if awake(state, now) else []
    return Timer("plant", min(t for t in times if t))


def misbehave(cfg: Config, state: State, kind: str, now: datetime) -> tuple[State, Results]:
    settings: dict[str, float | str] = {**state.settings, f"{ESS}/BatteryLife/State": 10, DYNAMIC: 0}
    if kind == "keepCharged":
        settings[f"{ESS}/BatteryLife/State"] = 9
    if kind == "dynamicEss":
        settings[DYNAMIC] = 1
    settings |= TOUCHED.get(kind, {}) if kind != "none" else TOUCHED_BACK.get(state.fault, {})
    told: Results = []
    if awake(state, now):
        told = [tell(cfg, p, v) for p, v in settings.items() if v != state.settings[p]]
    if kind == "chargerGone":  # a device that leaves says so by zero bytes
        told += [Say(f"N/{cfg.portal_id}/{p}", b"") for p in state.told if p.startswith("evcharger/")]
    if kind == "settingsGone":
        told += [Say(f"N/{cfg.portal_id}/{p}", b"") for p in state.settings]
    elif state.fault == "settingsGone" and awake(state, now):  # told again, as when a device returns
        told = [tell(cfg, p, v) for p, v in settings.items()]
    if kind == "reboot":
        told.append(Timer("reboot", now + REBOOT))
    plant = replace(state.plant, grid=kind != "gridLost", over=0.0)
    state = replace(state, fault=kind, settings=settings, plant=plant)
    if kind in ("silent", "reboot"):
        state = replace(state, awake=None)
    state, more = live(cfg, state, now)
    return state, [*told, *more, Status(kind, "green" if kind == "none" else "yellow")]


def _echo(payload: bytes) -> object:
    try:
        options = json.loads(payload)["keepalive-options"]
        return next((o[ECHO] for o in options if isinstance(o, dict) and ECHO in o), None)
    except (ValueError, KeyError, TypeError):
        return None
