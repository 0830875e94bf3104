"""Leases on a simulated GX: in force again after each restart, and over when they said."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from wattwire.broker.envelope import stamp
from wattwire.nodes.gx_slot import covers, wall
from wattwire.nodes.gx_topics import FIELDS, slot_path

from .real_counting import Fault
from .real_harm import Script, after, send, within
from .real_site import Site

PORTAL, SLOT, LONDON = "c0619ab27f32", 4, ZoneInfo("Europe/London")
FLOW = """
flow: gx
nodes:
  simGx: {type: simGx, config: {url: "mqtt://flow", heartbeat: 1s, publish: 1s, soc: 20}}
  gx:    {type: victronGx, config: {url: "mqtt://flow", report: 1s, writes: 100000, settle: 5s}}
ends: [gx.house, gx.confirmed, gx.refused, gx.lost]
"""
RENEW, PATIENCE = 2.0, 60.0  # seconds


class Leases:
    def __init__(self, site: Site, chance: Random, seconds: float) -> None:
        self.site, self.chance, self.seconds = site, chance, seconds
        self.faults: list[Fault] = []
        self.given = self.armed = self.ended = 0
        self.overdue: list[str] = []
        self.over = False
        self._slot: dict[str, tuple[float, float]] = {}  # field -> value, when it was heard
        self._asked = 0.0
        site.topics += ["N/#"]

    @staticmethod
    def write(folder: Path) -> Path:
        file = folder / "gx.yaml"
        file.write_text(FLOW)
        return file

    def turn(self) -> None:
        for message in self.site.messages:
            path = message.topic.removeprefix(f"N/{PORTAL}/")
            field = path.rpartition("/")[2]
            if path == slot_path(SLOT, field) and message.payload:
                value = json.loads(message.payload)["value"]
                if value is not None:
                    self._slot[field] = float(value), time.monotonic()
        self.site.messages.clear()
        if time.monotonic() - self._asked > RENEW:  # ask it to tell all
            self._asked = time.monotonic()
            self.site.link.publish(f"R/{PORTAL}/keepalive", b"")

    def charging(self, since: float = 0.0) -> bool:
        """Whether the GX's schedule is on, as it said since then."""
        if any(self._slot.get(field, (0.0, 0.0))[1] <= since for field in FIELDS):
            return False
        return covers({f: v for f, (v, _) in self._slot.items()}, wall(datetime.now(UTC), LONDON))

    def script(self) -> Script:
        while not self.over:
            until = datetime.now(UTC) + timedelta(seconds=self.seconds)
            ends, began = time.monotonic() + self.seconds, time.monotonic()
            lease = {"mode": "charge", "until": stamp(until), "soc": 95, "reason": "cheap", "owner": "driver"}
            self.site.say("gx", "gx", "lease", lease)
            self.given += 1
            yield lambda: time.monotonic() > ends - 5 or self.charging(began)  # noqa: B023
            if self.charging(began):
                self.armed += 1
                yield after(self.chance.uniform(0, 3))
                whom, kind = self.chance.choice([("simGx", "GX restarted"), ("gx", "GX's node killed")])
                pid, left = self.site.pid("gx", whom), ends - time.monotonic()
                if pid and left > 15:
                    fault, cut = (
                        Fault(kind, time.time(), []),
                        time.monotonic() + 0.5,
                    )  # what it said before is on its way
                    send(pid, signal.SIGKILL)
                    self.faults.append(fault)
                    yield lambda: time.monotonic() > ends - 1 or self.charging(cut)  # noqa: B023
                    if self.charging(cut):
                        fault.took = time.time() - fault.at
                    else:
                        self.faults.remove(fault)  # another fault was in between, or the lease too short: told below
                        self.overdue.append(f"{kind}: the lease was not in force again before its end")
            yield after(max(0.0, ends + 3 - time.monotonic()))
            if self.charging():
                self.overdue.append(f"still charging 3 s after the lease's end at {stamp(until)}")
            yield within(PATIENCE, lambda: self._slot.get("Day", (0.0, 0.0))[0] < 0)
            self.ended += self._slot.get("Day", (0.0, 0.0))[0] < 0
