"""A small made-up Powerwall at Tesla, and the node beside it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.nodes import Emit, Reply, Request, Secret, Timer
from wattwire.nodes.messages import Lease, Token
from wattwire.nodes.powerwall import Config, ask, read
from wattwire.nodes.powerwall_site import State

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TOKEN = Token(Secret("tesla-token"), NOW + 8 * HOUR)


class Site:
    """A Powerwall at Tesla, and the node beside it."""

    def __init__(self, soc: float | None = 57.4, reserve: float = 20, **settings: Any) -> None:
        self.cfg, self.state = Config(site="12345", **settings), State()
        self.soc, self.reserve, self.takes, self.now = soc, reserve, True, NOW
        self.fails: dict[str, Reply] = {}
        self.requests: list[str] = []
        self.timers: list[datetime | None] = []

    def hear(self, lease: Lease | None = None, event: Any = None, token: Token | None = TOKEN) -> list[Any]:
        poll = object() if lease is event is None else None
        self.state, results = ask(self.cfg, self.state, poll, lease, event, self.now, token=token)
        said: list[Any] = []
        while results:
            it = results.pop(0)
            if isinstance(it, Request):
                self.state, more = read(self.cfg, self.state, self.answer(it))
                results += more
            elif isinstance(it, Emit) and it.port == "over":  # as the edge of the flow has it
                self.state, more = ask(self.cfg, self.state, object(), None, None, self.now, token=token)
                results += more
            elif isinstance(it, Emit) and it.port != "house":
                said.append((it.port, getattr(it.body, "mode", None) or getattr(it.body, "why", None)))
            elif isinstance(it, Timer):
                self.timers.append(it.at)
        return said

    def answer(self, request: Request) -> Reply:
        what = request.url.rpartition("/")[2]
        self.requests.append(what)
        if what in self.fails:
            failed = self.fails.pop(what)
            return Reply(failed.status, failed.json, at=self.now, tag=request.tag, spent=failed.spent)
        if what == "backup":
            assert request.json is not None
            if self.takes:
                self.reserve = float(str(request.json["backup_reserve_percent"]))
            return Reply(200, {"response": {"code": 201, "message": "Updated"}}, at=self.now, tag=request.tag)
        told: Any = {"backup_reserve_percent": self.reserve}
        if what == "live_status":
            told = {"percentage_charged": self.soc, "battery_power": 1200, "grid_power": 0, "load_power": 1500,
                    "solar_power": 300, "grid_status": "Active"}  # fmt: skip
        return Reply(200, {"response": told}, at=self.now, tag=request.tag)


def lease(mode: Any, soc: float | None = None, long: timedelta = HOUR) -> Lease:
    return Lease(mode=mode, until=NOW + long, soc=soc, reason="a test", owner="test")
