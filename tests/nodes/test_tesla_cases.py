"""Cases collected from TeslaMate, evcc, Home Assistant and their users; `left_out` says why the others do not apply."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wattwire.nodes import Emit, Heard, Json, Reply, Request, Secret
from wattwire.nodes.messages import Car, Token
from wattwire.nodes.telemetry_fields import Memory as Telemetered
from wattwire.nodes.tesla_course import follow
from wattwire.nodes.tesla_memory import Memory
from wattwire.nodes.tesla_pace import Pace
from wattwire.nodes.tesla_state import Config, ask
from wattwire.nodes.tesla_telemetry import Config as Telemetry
from wattwire.nodes.tesla_telemetry import step as hear
from wattwire.nodes.tessie import Config as Tessie
from wattwire.nodes.tessie import Memory as Kept
from wattwire.nodes.tessie import ask as wants
from wattwire.nodes.tessie import read

WORLD = json.loads((Path(__file__).parents[1] / "world" / "cases" / "tesla.json").read_text())
T0 = datetime(2026, 11, 21, 12, tzinfo=UTC)
CFG = Config(vin="LRWTEST0000000001", watch=timedelta(minutes=15))
TOKEN = Token(Secret("t"), T0 + timedelta(days=1))
PHASES = {
    "online": {"new", "waking", "watching", "settling"},
    "suspended": {"resting"},
    "asleep": {"asleep"},
    "driving": {"driving"},
    "charging": {"charging"},
}


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def remembered(given: dict[str, Any]) -> Memory:
    """What teslaState would know at the start of a case."""
    known, car = Memory(f"{CFG.vin} {CFG.url}"), Car(at=T0, seen=T0 - timedelta(minutes=1), state="online")
    match given:
        case {"last_valid": {"usable_battery_level": soc, "plugged": plugged, "at": at}}:
            return replace(known, car=replace(car, seen=after(at), soc_usable=soc, plugged=plugged))
        case {"last_valid_age_s": age}:
            return replace(known, car=replace(car, seen=after(-age)), pace=Pace("asleep", T0, after(-age)))
        case {"last_used_at": at}:
            return replace(known, car=car, pace=Pace("watching", after(at), after(at)))
        case {"state": "suspended", "last_response_ts_ms": ms}:
            seen = datetime.fromtimestamp(ms / 1000, UTC)
            return replace(known, car=replace(car, seen=seen), pace=Pace("resting", T0, T0))
        case {"state": "charging"}:
            return replace(known, car=replace(car, charging=True, plugged=True), pace=Pace("charging", T0, T0))
        case {"state": "driving"}:
            return replace(known, car=car, pace=Pace("driving", T0, T0))
        case {"state": "start"}:
            return known
    raise AssertionError(given)


def taken(memory: Memory, step: dict[str, Any]) -> tuple[Memory, Request | list[Emit]]:
    now, seen = after(step["t"]), step["in"]
    if seen["kind"] == "tick":
        return ask(CFG, memory, None, None, None, None, now, token=TOKEN)
    tag = {"GET_VEHICLE": "vehicle", "GET_VEHICLE_DATA": "data"}[seen["kind"]]
    return follow(CFG, memory, Reply(seen["status"], seen["body"], at=now, tag=tag))


def done(before: Memory, memory: Memory, results: Request | list[Emit]) -> set[str]:
    """What was done, in the words of the cases."""
    if isinstance(results, Request):
        return {"GET_VEHICLE_DATA" if results.url.endswith("/vehicle_data") else "GET_VEHICLE"}
    did, old = {"ALERT"} if {e.port for e in results} & {"unauthorised", "throttled"} else set[str](), before.car
    told = [e.body for e in results if isinstance(e.body, Car)]
    values = [(c.soc, c.soc_usable, c.plugged, c.limit, c.seen) for c in told]
    same = old is None or all(v == (old.soc, old.soc_usable, old.plugged, old.limit, old.seen) for v in values)
    did.add("KEEP_LAST" if same else "PUBLISH")
    if before.pace.phase == "charging" and memory.car and memory.car.charging is False:
        did.add("CLOSE_CHARGE_SESSION")
    if before.pace.phase == "driving" != memory.pace.phase:
        did.add("CLOSE_DRIVE")
    return did


STEPPED = [c for c in WORLD["cases"] if c["steps"][0]["in"]["kind"] != "table" and c["category"] != "feed"]


@pytest.mark.parametrize("case", STEPPED, ids=[c["id"] for c in STEPPED])
def test_a_case_that_holds_for_any_program(case: dict[str, Any]) -> None:
    memory, taken_steps = remembered(case["given"]), 0
    for step in case["steps"]:
        if step["in"]["kind"] == "stream":  # TV-21: we have none
            continue
        before, want, taken_steps = memory, step["expect"], taken_steps + 1
        memory, results = taken(memory, step)
        did = done(before, memory, results)

        assert set(want.get("do", [])) <= did
        assert not set(want.get("not", [])) & did
        if "state" in want:
            assert memory.pace.phase in PHASES[want["state"]]
        if want.get("idle_clock_restarts"):
            assert memory.pace.since == after(step["t"])
        if want.get("publish") == {"stale": True}:
            assert "KEEP_LAST" in did
            assert memory.car
            assert memory.car.seen == after(-case["given"]["last_valid_age_s"])
        if want.get("next", {}).get("do") == "GET_VEHICLE_DATA":
            assert memory.pace.due(CFG, after(step["t"]) + CFG.watch_every, None)
    assert taken_steps


BLOCKED = [c for c in WORLD["cases"] if c["id"].startswith("TV-10")]


@pytest.mark.parametrize("case", BLOCKED, ids=[c["id"] for c in BLOCKED])
@pytest.mark.parametrize(("seconds", "phase"), [(800, "watching"), (900, "resting")])
def test_a_whole_idle_period_passes_after_the_last_blocked_read(case: dict[str, Any], seconds: int, phase: str) -> None:
    blocked, free = case["steps"]
    memory, _ = taken(remembered(case["given"]), blocked)
    memory, _ = taken(memory, free)

    memory, _ = taken(memory, {**free, "t": blocked["t"] + seconds})

    assert memory.pace.phase == phase


TABLE = next(c for c in WORLD["cases"] if c["id"] == "TV-28")["steps"][0]["expect"]["rows"]


@pytest.mark.parametrize(("word", "plugged", "drawing"), TABLE)
@pytest.mark.parametrize("known", [None, True, False])
def test_tv_28_a_charging_state(word: str | None, plugged: bool | str, drawing: bool, known: bool | None) -> None:
    memory = Memory(car=Car(at=T0, plugged=known))
    body: Json = {"response": {"state": "online", "charge_state": {"charging_state": word}}}

    memory, _ = follow(CFG, memory, Reply(200, body, at=T0, tag="data"))

    assert memory.car
    assert memory.car.plugged is (known if plugged == "unknown" else plugged)
    assert (memory.car.charging is True) is drawing


def case(name: str) -> dict[str, Any]:
    return next(dict(c) for c in WORLD["cases"] if c["id"] == name)


def test_tv_53_connections_of_fleet_telemetry_out_of_order() -> None:
    cfg, memory, told = Telemetry(vin="LRWTEST0000000001"), Telemetered(), list[Car]()
    for step in case("TV-53")["steps"]:
        heard = Heard(step["in"]["topic"], step["in"]["payload"].encode())
        memory, results = hear(cfg, memory, heard, after(step["t"]))
        told += [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Car)]
        want = step["expect"]["publish"]

        assert (told[-1].state == "online") is want["online"]
        assert told[-1].soc_usable == want.get("soc")


def test_tv_56_what_tessie_keeps_is_as_old_as_it_says() -> None:
    asking, answered = case("TV-56")["steps"]
    cfg, reply = Tessie(vin="LRWTEST0000000001", token=Secret("t")), answered["in"]
    memory, request = wants(cfg, Kept(), None)
    _, emits = read(cfg, memory, Reply(reply["status"], reply["body"], at=T0))
    [car] = [e.body for e in emits if isinstance(e.body, Car)]
    path, _, query = asking["expect"]["wire_path"].format(vin=cfg.vin).partition("?")

    want = answered["expect"]["publish"]
    assert request.url == f"https://api.tessie.com{path}"
    assert "&".join(f"{k}={v}" for k, v in request.query.items()) == query
    assert (car.state == "online", car.plugged, car.soc_usable) == (want["online"], want["plugged"], want["soc"])
    assert car.seen == datetime.fromtimestamp(want["as_of_ms"] / 1000, UTC)


def test_every_case_of_the_collection_is_driven_or_left_out_for_a_reason() -> None:
    driven = {c["id"] for c in WORLD["cases"]}

    assert len(driven) == 13
    assert len(WORLD["left_out"]) == 12
    assert not driven & set(WORLD["left_out"])
