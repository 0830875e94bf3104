"""A house that is killed in the middle of a lease, and lives on by another release of ours."""

from __future__ import annotations

import json
import os
import signal
from functools import reduce
from pathlib import Path
from typing import Any

from supervised import gone, watch
from watched import Watched

FLOW = """
flow: kept
include: simulated_house
nodes:
  simOctopus:   {config: {first_after: 8s, length: 8m, plan_reads: 1000, daily: []}}
  simGx:        {config: {heartbeat: 1s, publish: 1s}}
  rateResolver: {config: {window: false}}
  minute:       {config: {every: 5s}}
  moment:       {config: {every: 1s}}
  later:        {type: debug}
  delicate:     {type: delicate}
edges:
  - {from: delicate.passed, to: later.body, after: 10m}
  - {from: dispatchFetcher.plan, to: dispatchFetcher.poll, after: 16s}
"""
SELDOM = {
    "heartbeat: 1s, publish: 1s": "heartbeat: 20s, publish: 20s",
    "every: 5s": "every: 30s",
    "every: 1s": "every: 30s",
}
HEALED = {"{type: delicate}": "{type: delicate, config: {healed: true}}"}
LATER = reduce(lambda flow, change: flow.replace(*change), [*SELDOM.items(), *HEALED.items()], FLOW)
"""The same house when its clock runs fast: what is said every second is said less often."""
DELICATE = '''"""delicate: pass on what comes; some of it kills a delicate one."""

from dataclasses import dataclass

from wattwire.nodes import Emit, Node, Port, Ports


@dataclass(frozen=True, kw_only=True)
class Config:
    healed: bool = False


class Out(Ports):
    passed: Port[object]


def act(cfg: Config, body: object) -> Emit:
    if body == "poison" and not cfg.healed:
        raise RuntimeError("as it is delicate")
    return Out.passed(body)


NODE = Node("delicate", Config, Out, act)
'''
SLOT = "c0619ab27f32/settings/0/Settings/CGwacs/BatteryLife/Schedule/Charge/4/"
PERSON = {"Start": 7200, "Duration": 5400, "Soc": 80, "Day": -7}
"""The schedule that a person has on the GX, switched off."""


class House(Watched):
    """The simulated one, with a message that waits for ten minutes and a node that cannot take everything."""

    def __init__(self, folder: Path, flow: str, *options: str) -> None:
        (folder / "nodes").mkdir(parents=True, exist_ok=True)
        (folder / "nodes" / "delicate.py").write_text(DELICATE)
        super().__init__(folder, flow, *options)
        self.early()
        self.link.subscribe(["W/#", "N/#"])

    def into_a_lease(self) -> None:
        """Until the GX does what it was told, an input was set aside, and the broker has saved all of it."""
        self.until(self._set_by_a_person)
        self.ready()
        self.give("delicate.body", "poison")
        self.until(lambda: self.heard.get("delicate/$aside"))
        self.give("delicate.body", "patience")
        self.until(lambda: self.heard.get("$waiting/delicate.passed>later.body"))
        self.until(lambda: any(body["mode"] in ("charge", "hold") for body in self.bodies("victronGx.confirmed")), 60)
        saved = self.state / self.name / "broker" / "mosquitto.db"
        before = saved.stat().st_mtime if saved.exists() else 0.0
        self.until(lambda: saved.exists() and saved.stat().st_mtime > before)

    def _set_by_a_person(self) -> bool:
        for name, value in PERSON.items():
            self.link.publish(f"W/{SLOT}{name}", json.dumps({"value": value}).encode())
        return self.schedule() == PERSON

    def kill_all(self) -> None:
        """At once, as a power cut would that spares the disk."""
        family = self.family() | {self.process.pid: "supervisor"}
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        handles = watch(family)
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()
        gone(handles, 10.0)

    def look(self) -> None:
        """Have the GX tell everything anew."""
        self.link.publish("R/c0619ab27f32/keepalive", b"")
        self.until(lambda: None not in self.schedule().values())

    def slot(self, name: str) -> Any:
        """What the GX's charge schedule was last seen to be."""
        told = [m.payload for m in self.messages if m.topic == f"N/{SLOT}{name}" and m.payload]
        return json.loads(told[-1])["value"] if told else None

    def schedule(self) -> dict[str, Any]:
        return {name: self.slot(name) for name in PERSON}
