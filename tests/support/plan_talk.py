"""What dispatchFetcher makes of Octopus's answers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wattwire.nodes import Emit, Json, Reply, Secret
from wattwire.nodes.dispatch_fetcher import Config, read
from wattwire.nodes.kraken_keeping import State
from wattwire.nodes.messages import Device, Dispatch, Token

WORLD = Path(__file__).parents[1] / "world" / "kraken"
CFG = Config(account="A-00000000")
NOW = datetime(2026, 10, 1, 22, 0, tzinfo=UTC)
ID = "00000000-1111-2222-3333-444444444444"
TOKEN = Token(Secret("t"), NOW)
CAR = Device(at=NOW - timedelta(minutes=2), id=ID, state="SMART_CONTROL_CAPABLE", suspended=False, power=0.0)
SMART = Dispatch(start=NOW, end=NOW + timedelta(minutes=30), kwh=3.5)


def world(name: str) -> Reply:
    return Reply(200, json.loads((WORLD / f"{name}.json").read_text()), at=NOW)


def told(name: str, device: Device | None = None) -> Emit:
    return answer(world(name), State(device=device, left=(device.id,) if device else ()))[1]


def answer(reply: Reply, state: State = State()) -> tuple[State, Emit]:  # noqa: B008
    state, sent = read(CFG, state, reply)
    assert isinstance(sent, Emit)
    return state, sent


# An empty list, null, an error: what becomes of the plan that was there


def entry(start: str, end: str) -> Json:
    return {"start": f"2026-10-01T{start}:00Z", "end": f"2026-10-01T{end}:00Z", "type": "SMART"}


AHEAD: list[Json] = [entry("22:30", "23:00")]
NULL = Reply(200, {"data": {"flexPlannedDispatches": None}})


def plan_reply(found: Json, state: str = "SMART_CONTROL_CAPABLE", suspended: bool = False) -> Reply:
    status: Json = {"currentState": state, "isSuspended": suspended}
    return Reply(200, {"data": {"flexPlannedDispatches": found, "devices": [{"id": ID, "status": status}]}})
