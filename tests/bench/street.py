"""A street of small houses, each with a simulated GX: what is seen there, and when each step was taken."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from wattwire.broker.link import Link, Message
from wattwire.broker.topics import into, out

from .processes import Run

HOUSE = """\
flow: {name}
nodes:
  minute: {{type: clock, config: {{every: 1m}}}}
  rateResolver:
    type: rateResolver
    config: {{window: false, trust: started, allowance: null, price: {{cheap: 7, standard: 27, car_cheap: 7, car_standard: 27}}}}
  victronController: {{type: victronController, config: {{settle: 0s}}}}
  victronGx: {{type: victronGx, config: {{url: "mqtt://flow", portal_id: {name}, writes: 10000}}}}
  simGx: {{type: simGx, config: {{portal_id: {name}}}}}
edges:
  - {{from: minute.tick, to: rateResolver.tick}}
  - {{from: minute.tick, to: victronController.tick}}
  - {{from: rateResolver.cheap, to: victronController.rate}}
  - {{from: rateResolver.standard, to: victronController.rate}}
  - {{from: rateResolver.unsure, to: victronController.rate}}
  - {{from: victronGx.house, to: rateResolver.house}}
  - {{from: victronGx.house, to: victronController.house}}
  - {{from: victronController.lease, to: victronGx.lease}}
  - {{from: victronGx.refused, to: victronController.refused, after: 1m}}
ends: [victronGx.confirmed, victronGx.armed, victronGx.worn, victronGx.lost, victronGx.denied]
"""  # noqa: E501


class House:
    """One house, and what is heard of it since something was seen there."""

    def __init__(self, name: str, link: Link) -> None:
        self.name, self._link = name, link
        self.at: dict[str, float] = {}
        self.lease = self.confirmed = ""

    def filters(self) -> list[str]:
        return [out(self.name, "victronController", "lease"), out(self.name, "victronGx", "confirmed"),
                f"N/{self.name}/#"]  # fmt: skip

    def heard(self, message: Message, now: float) -> None:
        topic = message.topic
        if topic.endswith("/lease") or topic.endswith("/confirmed"):
            mode = str(json.loads(message.payload)["body"]["mode"])
            step = topic.rpartition("/")[2]
            setattr(self, step, mode)
            self.at[f"{step} {mode}"] = now
        elif topic.endswith("/Schedule/Charge/4/Day"):
            self.at["on" if json.loads(message.payload)["value"] >= 0 else "off"] = now
        elif topic.endswith("/Control/ScheduledCharge") or topic.endswith("/Overrides/ForceCharge"):
            self.at["works"] = now  # the later of the two is what a lease waits for
        elif topic.startswith("N/") and "/evcharger/" in topic and topic.endswith("/Ac/Power"):
            self.at["draws"] = now

    def plan(self, dispatch: bool) -> None:
        now = datetime.now(UTC)
        one = {"start": stamp(now - timedelta(minutes=1)), "end": stamp(now + timedelta(minutes=50)), "kind": "smart"}
        plan = {"at": stamp(now), "state": "SMART_CONTROL_IN_PROGRESS", "dispatches": [one] if dispatch else []}
        self._hand("rateResolver", "plan", plan)

    def draw(self, watts: float) -> None:
        self._hand("simGx", "ev", {"at": stamp(datetime.now(UTC)), "power": watts})

    def _hand(self, node: str, port: str, body: object) -> None:
        self.at.clear()
        self.at["seen"] = time.monotonic()
        self._link.publish(into(self.name, node, port), json.dumps(body).encode())


class Street:
    """Houses of one run, each seen through one connection."""

    def __init__(self, run: Run, names: list[str]) -> None:
        self._ready = False
        self._link = Link(run.unix, "bench-street", on_up=self._up, on_down=lambda why: None,
                          on_message=self._heard, clean=True)  # fmt: skip
        self.houses = {name: House(name, self._link) for name in names}
        self._link.connect()
        self.until(lambda: self._ready, 10)

    def _up(self, session: bool) -> None:
        filters = [f for house in self.houses.values() for f in house.filters()]
        self._link.subscribe(filters, self._subscribed)

    def _subscribed(self, refused: tuple[str, ...]) -> None:
        self._ready = True

    def _heard(self, message: Message) -> None:
        name = message.topic.split("/")[1]
        if not message.retain and name in self.houses:
            self.houses[name].heard(message, time.monotonic())
        self._link.ack(message)

    def until(self, done: Callable[[], bool], limit: float) -> bool:
        ends = time.monotonic() + limit
        while not done() and time.monotonic() < ends:
            self._link.step(0.02)
        return done()

    def rest(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def close(self) -> None:
        self._link.close()


def stamp(at: datetime) -> str:
    return f"{at:%FT%T}.{at.microsecond // 1000:03}Z"
