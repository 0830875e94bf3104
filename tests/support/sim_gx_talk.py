"""The simulated GX, lived through from noon on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from wattwire.nodes import Due, Heard, Linked, Say, Started
from wattwire.nodes.gx_topics import ESS, slot_path
from wattwire.nodes.sim_gx import Config
from wattwire.nodes.sim_gx_answers import answer
from wattwire.nodes.sim_gx_telling import State
from wattwire.nodes.sim_messages import Drawn, SimFault

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
ID = "c0619ab27f32"
CFG = Config()
SOC = slot_path(4, "Soc")
LIMIT = f"{ESS}/BatteryLife/MinimumSocLimit"


class Gx:
    def __init__(self, cfg: Config = CFG, now: datetime = NOON) -> None:
        self.cfg, self.now, self.state, self.timers = cfg, now, State(), dict[str, datetime]()
        self.said: list[tuple[str, object]] = []
        self.retained: list[str] = []
        for event in (Started(), Linked(True)):
            self.call(event)

    def call(self, event: Started | Linked | Heard | Due | Drawn | SimFault) -> list[tuple[str, object]]:
        self.state, results = answer(self.cfg, self.state, event, self.now)
        says = [r for r in results if isinstance(r, Say)]
        self.retained += [s.topic for s in says if s.retain]
        for timer in (r for r in results if type(r).__name__ == "Timer"):
            self.timers.pop(timer.name, None)  # type: ignore[union-attr]
            if timer.at:  # type: ignore[union-attr]
                self.timers[timer.name] = timer.at  # type: ignore[union-attr]
        told = [(s.topic.removeprefix(f"N/{ID}/"), s.payload) for s in says]
        self.said += told
        return told

    def hear(self, topic: str, payload: object = b"") -> list[tuple[str, object]]:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.call(Heard(topic.replace("ID", ID), raw))

    def write(self, path: str, value: object) -> list[tuple[str, object]]:
        return self.hear(f"W/ID/{path}", {"value": value})

    def slot(self, index: int = 4, **values: int) -> None:
        for field, value in values.items():
            self.write(slot_path(index, field), value)

    def run(self, **span: float) -> None:
        until = self.now + timedelta(**span)
        while self.timers and (due := min((at, name) for name, at in self.timers.items()))[0] <= until:
            self.now = max(self.now, due[0])
            del self.timers[due[1]]
            self.call(Due(due[1]))
        self.now = until

    def times(self, path: str) -> int:
        return sum(p == path for p, _ in self.said)
