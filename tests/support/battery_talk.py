"""What victronController is told in minutes after noon, and what it says then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.nodes import Emit
from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import Car, Charger, Dispatch, House, Lease, Next, Plan, Rate, Tick
from wattwire.nodes.victron_controller import Config, decide

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CFG = Config(charge_soc=80)
NO_FUSE = "the main fuse could be overloaded: set `fuse` to its amperes, or an AC input limit on the inverter"


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def rate(band: Any = "cheap", since: float = 0, until: float = 30, **more: Any) -> Rate:
    return Rate(at=at(since), until=at(until), house=7.0, car=7.0, band=band, **more)


def night(until: float = 360, minutes: float = 0) -> Rate:
    return rate(since=minutes, until=minutes + 30, window=True, next=Next(at=at(until), house=27.0))


def house(minutes: float = 0, soc: float | None = 40, ev: float | None = 0, controllable: bool | None = True) -> House:
    return House(at=at(minutes), soc=soc, ev=ev, controllable=controllable, input_limit=8000)


def car(minutes: float = 0, charging: bool | None = True, home: bool | None = True, **more: Any) -> Car:
    return Car(at=at(minutes), **{"seen": at(minutes)} | more, charging=charging, home=home)


def charger(minutes: float = 0, power: float | None = 7000, plugged: bool | None = None) -> Charger:
    return Charger(at=at(minutes), power=power, plugged=plugged)


def plan(start: float = -1, end: float = 29, seen: float = 0, location: Any = "unknown", **more: Any) -> Plan:
    return Plan(at=at(seen), dispatches=(Dispatch(start=at(start), end=at(end), location=location),), **more)


def leases(results: Iterable[object]) -> list[Lease]:
    return [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Lease)]


def ask(state: State = State(), minutes: float = 0, cfg: Config = CFG, **known: Any) -> tuple[State, Lease | None]:  # noqa: B008
    """What a tick makes of what is known: what is remembered then, and the lease that is said, if any."""
    know = {"rate": None, "house": None, "plan": None, "car": None} | known
    state, results = decide(cfg, state, Tick(at(minutes)), now=at(minutes), **know)
    said = leases(results)
    assert len(said) <= 1
    return state, said[0] if said else None


def lease(state: State = State(), minutes: float = 0, cfg: Config = CFG, **known: Any) -> Lease:  # noqa: B008
    said = ask(state, minutes, cfg, **known)[1]
    assert said is not None
    return said


def mode(**known: Any) -> str | None:
    said = ask(**known)[1]
    return said.mode if said else None


def modes(steps: Iterable[tuple[float, dict[str, Any]]]) -> list[str | None]:
    """Of the leases that are said at these minutes, knowing this."""
    state, said = State(), list[str | None]()
    for minutes, known in steps:
        state, now = ask(state, minutes, **known)
        said.append(now.mode if now else None)
    return said
