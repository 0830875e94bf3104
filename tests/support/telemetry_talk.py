"""What a server of Fleet Telemetry publishes of a car in minutes after noon, and the car as teslaTelemetry tells it."""

import json
from datetime import UTC, datetime, timedelta

from wattwire.nodes import Due, Emit, Heard, Json, Linked
from wattwire.nodes.messages import Car
from wattwire.nodes.telemetry_fields import Memory
from wattwire.nodes.tesla_telemetry import Config, step

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VIN = "LRWTEST0000000001"
CFG = Config(vin=VIN)


class Server:
    """What the telemetry server publishes, at some minutes after noon, and the car as told on."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory, self.told = cfg, Memory(), list[Car]()

    def happen(self, minute: float, event: Linked | Heard | Due) -> list[object]:
        self.memory, results = step(self.cfg, self.memory, event, NOON + timedelta(minutes=minute))
        self.told += [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Car)]
        return list(results)

    def says(self, minute: float, name: str, value: Json, retained: bool = False) -> list[object]:
        topic = f"telemetry/{VIN}/v/{name}"
        return self.happen(minute, Heard(topic, json.dumps(value).encode(), retained))

    def link(
        self, minute: float, link: str, status: str, made: str = "2026-11-21T12:00:00Z", retained: bool = False
    ) -> list[object]:
        told = json.dumps({"ConnectionId": link, "Status": status, "CreatedAt": made})
        return self.happen(minute, Heard(f"telemetry/{VIN}/connectivity", told.encode(), retained))

    @property
    def car(self) -> Car:
        return self.told[-1]
