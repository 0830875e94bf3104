"""The simulated Tesla, lived through in minutes after noon."""

from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.nodes import Answer, Asked, Reply, Status
from wattwire.nodes.sim_messages import Doings, Drawn, SimFault
from wattwire.nodes.sim_tesla import Config, step
from wattwire.nodes.sim_tesla_car import State

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VIN = "LRWTEST0000000001"
CHEAP = f"/api/1/vehicles/{VIN}"
CFG = Config()
UNAVAILABLE = {
    "response": None,
    "error": "vehicle unavailable: vehicle is offline or asleep",
    "error_description": "",
}


class Sim:
    """The simulator, lived through in minutes after noon."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.state, self.bearer = cfg, State(), ""
        self.bearer = self.sign_in(0, "first")["access_token"]

    def hear(self, minute: float, asked: Asked) -> Reply:
        self.state, out = step(self.cfg, self.state, asked, None, None, None, None, NOON + timedelta(minutes=minute))
        assert isinstance(out, Answer)
        return out.reply

    def sign_in(self, minute: float, refresh: str) -> Any:
        form = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": refresh}
        return self.hear(minute, Asked("POST", "/oauth2/v3/token", form=form)).json

    def get(self, minute: float, path: str = CHEAP, **query: str) -> Reply:
        return self.hear(minute, Asked("GET", path, query, {"authorization": f"Bearer {self.bearer}"}))

    def word(self, minute: float) -> str:
        told: Any = self.get(minute).json
        return str(told["response"]["state"])

    def charge_state(self, minute: float) -> Any:
        told: Any = self.get(minute, f"{CHEAP}/vehicle_data").json
        return told["response"]["charge_state"]

    def draw(self, minute: float, power: float) -> None:
        at = NOON + timedelta(minutes=minute)
        self.state, _ = step(self.cfg, self.state, None, Drawn(at=at, power=power), None, None, None, at)

    def do(self, minute: float, *what: Any, gear: Any = None) -> None:
        at = NOON + timedelta(minutes=minute)
        doings = Doings(at=at, gear=gear, what=what)
        self.state, _ = step(self.cfg, self.state, None, None, None, doings, None, at)

    def trouble(self, kind: str, times: int | None = None) -> Status | Answer | None:
        self.state, out = step(self.cfg, self.state, None, None, None, None, SimFault(kind=kind, times=times), NOON)
        return out
