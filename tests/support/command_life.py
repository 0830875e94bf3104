"""teslaCommand, lived through in seconds after noon."""

from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.nodes import Emit, Json, Reply, Request, Secret
from wattwire.nodes.car_messages import CarCommand
from wattwire.nodes.messages import Car, Charger, House, Token
from wattwire.nodes.tesla_command import Config, ask
from wattwire.nodes.tesla_errand import follow
from wattwire.nodes.tesla_pending import Memory

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CFG = Config(vin="LRWTEST0000000001", url="https://proxy:4443/")
CAR = "https://proxy:4443/api/1/vehicles/LRWTEST0000000001"
YES: Json = {"response": {"result": True, "reason": ""}}
ASLEEP: Json = {
    "response": None,
    "error": "vehicle unavailable: vehicle is offline or asleep",
    "error_description": "",
}


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def no(reason: str) -> Json:
    return {"response": {"result": False, "reason": reason}}


def reading(**charge: Json) -> Json:
    return {"response": {"state": "online", "charge_state": charge}}


def wish(do: Any, at: float = 0, **rest: Any) -> CarCommand:
    return CarCommand(at=after(at), do=do, **rest)


class Life:
    """teslaCommand, lived through in seconds after noon."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory = cfg, Memory()
        self.token: Token | None = Token(Secret("t"), after(86400))
        self.car: Car | None = None
        self.house: House | None = None
        self.charger: Charger | None = None

    def _settled(self, results: list[Emit | Request]) -> list[Any]:
        return [r if isinstance(r, Request) else (r.port, r.body) for r in results]

    def _call(self, now: float, command: CarCommand | None = None, again: object = None) -> list[Any]:
        self.memory, results = ask(
            self.cfg, self.memory, command, again, self.car, after(now),
            token=self.token, house=self.house, charger=self.charger,
        )  # fmt: skip
        return self._settled(results)

    def want(self, command: CarCommand, now: float | None = None) -> list[Any]:
        return self._call((command.at - NOON).total_seconds() if now is None else now, command)

    def again(self, now: float) -> list[Any]:
        return self._call(now, again={})

    def news(self, now: float, **known: Any) -> list[Any]:
        self.car = Car(at=after(now), **{"seen": after(now), "state": "online", **known})
        return self._call(now)

    def reply(self, now: float, status: int, body: Json = None, **rest: Any) -> list[Any]:
        self.memory, results = follow(self.cfg, self.memory, Reply(status, body, at=after(now), **rest))
        return self._settled(results)

    def ports(self, results: list[Any]) -> list[str]:
        return [r[0] for r in results if not isinstance(r, Request)]


def asked(results: list[Any]) -> list[tuple[str, str, Any]]:
    return [(r.method, r.url.removeprefix(CAR), r.json) for r in results if isinstance(r, Request)]
