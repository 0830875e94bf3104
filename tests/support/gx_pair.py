"""victronGx and a simulated GX, back to back on a broker of thirty lines, in made-up time."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from wattwire.nodes import (
    Due,
    Emit,
    Fault,
    Heard,
    Linked,
    Listen,
    Node,
    Say,
    Started,
    Status,
    Timer,
    Will,
    gx_memory,
    sim_gx,
    sim_gx_telling,
    victron_gx,
)
from wattwire.nodes.gx_topics import FIELDS, slot_path
from wattwire.nodes.messages import House, Lease
from wattwire.nodes.sim_messages import Drawn, SimFault

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ID = "c0619ab27f32"
USERS = {"Day": -3, "Start": 7200, "Duration": 3600, "Soc": 65, "AllowDischarge": 1}  # a schedule, switched off


def matches(topic: str, pattern: str) -> bool:
    have, want = topic.split("/"), pattern.split("/")
    if want[-1] == "#":
        want = want[:-1]
        have = have[: len(want)] if len(have) >= len(want) else have
    return len(have) == len(want) and all(w in ("+", h) for h, w in zip(have, want, strict=True))


@dataclass
class Side:
    node: Node
    cfg: Any
    state: Any
    filters: set[str] = field(default_factory=set)
    timers: dict[str, datetime] = field(default_factory=dict)
    will: Say | None = None
    linked: bool = False


class Pair:
    """The adapter, the GX, and the broker between them."""

    def __init__(
        self, gx: victron_gx.Config | None = None, sim: sim_gx.Config | None = None, now: datetime = NOON
    ) -> None:
        self.now = now
        self.out: list[tuple[datetime, Emit]] = []
        self.said: list[tuple[datetime, str, bytes]] = []
        self.status = Status("")
        self.retained: dict[str, bytes] = {}
        self.queue: deque[tuple[Side, Any, Any]] = deque()
        self.deaf: set[str] = set()  # topics that nobody hears
        self.gx = Side(victron_gx.NODE, gx or victron_gx.Config(url="mqtt://flow"), gx_memory.State())
        self.sim = Side(sim_gx.NODE, sim or sim_gx.Config(), sim_gx_telling.State())
        for side in (self.sim, self.gx):
            self.start(side)

    def start(self, side: Side) -> None:
        volatile = {f.name: cast(Any, f).default_factory() for f in fields(side.state) if f.metadata.get("volatile")}
        side.state = replace(side.state, **volatile)
        side.timers, side.filters, side.will = {}, set(), None
        self.call(side, Started())
        self.link(side, True)

    def link(self, side: Side, up: bool) -> None:
        side.filters, side.linked = set(), up
        self.call(side, Linked(up))

    def kill(self, side: Side) -> None:
        """A process dies: the broker carries out its will."""
        side.linked, side.timers = False, {}
        if side.will:
            self.publish(side.will)

    def call(self, side: Side, event: Any = None, **ports: Any) -> None:
        self.queue.append((side, event, ports))
        if len(self.queue) == 1:
            while self.queue:
                self._step(*self.queue[0])
                self.queue.popleft()

    def _step(self, side: Side, event: Any, ports: Any) -> None:
        kwargs = {name: None for name in side.node.ins} | ports
        assert side.node.run
        side.state, results = side.node.run(side.cfg, side.state, event, now=self.now, **kwargs)
        for item in results:
            match item:
                case Emit():
                    self.out.append((self.now, item))
                case Say():
                    self.publish(item)
                case Listen(filter=pattern):
                    side.filters.add(pattern)
                    for topic, payload in self.retained.items():
                        if matches(topic, pattern):
                            self.call(side, Heard(topic, payload, True))
                case Timer(name=name, at=None):
                    side.timers.pop(name, None)
                case Timer(name=name, at=at) if at:
                    side.timers[name] = at
                case Will(say=say) if say != side.will:
                    side.will = say
                    if side.linked:
                        self.link(side, False)
                        self.link(side, True)
                case Status() if side is self.gx:
                    self.status = item

    def publish(self, say: Say) -> None:
        payload = say.payload if isinstance(say.payload, bytes) else json.dumps(say.payload).encode()
        self.said.append((self.now, say.topic, payload))
        if say.retain:
            self.retained[say.topic] = payload
        for side in (self.sim, self.gx):
            if side.linked and any(matches(say.topic, f) for f in side.filters) and say.topic not in self.deaf:
                self.call(side, Heard(say.topic, payload))

    def run(self, **span: float) -> None:
        until = self.now + timedelta(**span)
        while True:
            due = [(at, i, name) for i, s in enumerate((self.sim, self.gx)) for name, at in s.timers.items()]
            at, i, name = min(due, default=(until + timedelta(1), 0, ""))
            if at > until:
                break
            side = (self.sim, self.gx)[i]
            self.now = max(self.now, at)
            del side.timers[name]
            self.call(side, Due(name))
        self.now = until

    def lease(self, mode: Any, minutes: float = 30, soc: float | None = None, owner: str = "", **ports: Any) -> Lease:
        lease = Lease(mode=mode, until=self.now + timedelta(minutes=minutes), soc=soc, reason="cheap", owner=owner)
        self.call(self.gx, lease=lease, **ports)
        return lease

    def slot(self, index: int = 4) -> dict[str, float]:
        return {f: self.sim.state.settings[slot_path(index, f)] for f in FIELDS}

    def tell_gx(self, path: str, value: object) -> None:
        self.publish(Say(f"W/{ID}/{path}", {"value": value}))

    def tell_slot(self, index: int = 4, **values: float) -> None:
        for name, value in values.items():
            self.tell_gx(slot_path(index, name), value)

    def set_fault(self, kind: str) -> None:
        self.call(self.sim, fault=SimFault(kind=kind))

    def set_plant(self, **values: float) -> None:
        self.sim.state = replace(self.sim.state, plant=replace(self.plant, **values))

    def draw(self, power: float) -> None:
        """By the car."""
        self.call(self.sim, ev=Drawn(at=self.now, power=power))

    def writes(self) -> list[str]:
        return [t.removeprefix(f"W/{ID}/") for _, t, _ in self.said if t.startswith("W/")]

    def ports(self) -> list[str]:
        return [e.port for _, e in self.out if e.port != "house"]

    def faults(self) -> list[str]:
        return [e.body.why for _, e in self.out if isinstance(e.body, Fault)]

    @property
    def house(self) -> House:
        bodies = [e.body for _, e in self.out if isinstance(e.body, House)]
        return bodies[-1]

    @property
    def plant(self) -> Any:
        return self.sim.state.plant


def charging(pair: Pair) -> Pair:
    """For five minutes of a lease of fifty."""
    pair.lease("charge", 50, soc=80, owner="victronController")
    pair.run(minutes=5)
    assert pair.plant.battery == 5000
    return pair
