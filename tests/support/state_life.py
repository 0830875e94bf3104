"""teslaState, lived through in minutes after noon; and what Tesla answers, as it was recorded."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wattwire.nodes import Emit, Json, Reply, Request, Secret
from wattwire.nodes.messages import Charger, Dispatch, House, Plan, Token
from wattwire.nodes.tesla_course import follow
from wattwire.nodes.tesla_memory import Memory
from wattwire.nodes.tesla_state import Config, ask

WORLD = Path(__file__).parents[1] / "world" / "tesla"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEEN = datetime(2026, 11, 21, 11, 59, 55, tzinfo=UTC)
VIN = "LRWTEST0000000001"
CFG = Config(vin=VIN)
TOKEN = Token(Secret("eyJ-access-1"), NOON + timedelta(days=90))


def recorded(name: str) -> Reply:
    told = json.loads((WORLD / f"{name}.json").read_text())
    return Reply(told["status"], told["json"], headers=told.get("headers", {}))


class Life:
    """A car that is polled at some minutes: what was asked of Tesla, and what was said to the flow."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory, self.asked = cfg, Memory(), list[tuple[float, str]]()

    def poll(
        self, minute: float, vehicle: str = "vehicle_online", *data: str, hint: Plan | None = None, token: Token = TOKEN
    ) -> list[Emit]:
        if hint:  # told of before
            self.memory = replace(self.memory, plan=hint)
        return self.told(minute, None, None, None, vehicle, *data, token=token)

    def told(
        self,
        minute: float,
        hint: Plan | None,
        house: House | None,
        charger: Charger | None,
        *answers: str,
        token: Token = TOKEN,
    ) -> list[Emit]:
        now, replies = NOON + timedelta(minutes=minute), list(answers)
        self.memory, results = ask(self.cfg, self.memory, None, hint, house, charger, now, token=token)
        while isinstance(results, Request):
            assert results.method == "GET"
            self.asked.append((minute, "data" if results.url.endswith(f"/{VIN}/vehicle_data") else "vehicle"))
            reply = replace(fresh(recorded(replies.pop(0)), now), at=now, tag=results.tag)
            self.memory, results = follow(self.cfg, self.memory, reply)
        return results

    def reads(self) -> list[float]:
        return [minute for minute, what in self.asked if what == "data"]


def fresh(reply: Reply, now: datetime) -> Reply:
    """The recorded reading as the car would tell it now."""
    if not (isinstance(reply.json, dict) and isinstance(car := reply.json.get("response"), dict)):
        return reply
    stamp = (now - NOON + SEEN - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)
    told: dict[str, Json] = {k: {**v, "timestamp": stamp} if isinstance(v, dict) else v for k, v in car.items()}
    return replace(reply, json={"response": told})


def dispatching(start: int, end: int) -> Plan:
    at = NOON + timedelta(minutes=start)
    return Plan(at=NOON, dispatches=(Dispatch(start=at, end=NOON + timedelta(minutes=end)),))
