"""Every node of the shipped flows, with bad bodies, replies and payloads. What it makes of them is a message."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

from fuzzing import RUBBISH, WILD, chanced, edited, limited, remade

from wattwire.broker.envelope import begin, loads
from wattwire.flows.commands.try_ import Lent
from wattwire.flows.engine.actor import Actor, Asking, Work
from wattwire.flows.engine.bodies import BadBody, decode
from wattwire.flows.engine.graph import FlowNode
from wattwire.flows.engine.loading import load, shipped_flows
from wattwire.flows.engine.names import dotenv
from wattwire.nodes import Answer, Asked, Due, Heard, Linked, Listen, Reply, Secret, Started, Stopping, Timer
from wattwire.nodes.victron_gx import NODE as GX

WORLD = Path(__file__).parents[1] / "world"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATUS = [0, 200, 200, 200, 200, 200, 400, 401, 403, 404, 408, 412, 421, 423, 429, 500, 503, 540, 999, -1]
DATES = ["Fri, 20 Nov 2026 12:00:03 GMT", "x", "", "Fri, 31 Dec 9999 23:59:59 GMT", "-5", "1e999", "²", "9" * 400]


@cache
def nodes() -> Mapping[str, FlowNode]:
    """By type; of several of a type, one of them."""
    found = dict[str, FlowNode]()
    for file in shipped_flows().values():
        for node in load(file, env=Lent(dotenv(WORLD / "example.env"))).nodes.values():
            if node.type.serve is None:
                found.setdefault(node.type.name, node)
    return found


@cache
def replies() -> tuple[Any, ...]:
    found = [json.loads(f.read_text()) for f in sorted(WORLD.glob("*/*.json")) if f.parent.name != "cases"]
    return tuple(it["json"] if isinstance(it, dict) and "json" in it else it for it in found)


def example(kind: Any) -> Any:
    """A body that is what it should be, as JSON."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return example(next(a for a in args if a is not type(None)))
    if origin is Literal:
        return args[0]
    if origin in (tuple, list, set, frozenset):
        return [example(args[0])] if args else []
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return {f.name.removesuffix("_"): example(hints[f.name]) for f in dataclasses.fields(kind)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"x": example(args[1])}
    plain: dict[Any, Any] = {str: "x", int: 5, float: 50.0, bool: True, datetime: "2026-11-20T12:10:00Z", Secret: "s",
                             timedelta: 60.0, date: "2026-11-20", time: "12:00:00"}  # fmt: skip
    return plain.get(kind, {"n": 3, "at": "2026-11-20T12:00:00Z"})


class Life:
    """A node from its start on. `step` is one thing that happens to it."""

    def __init__(self, node: FlowNode, chance: Random) -> None:
        self.node, self.chance, self.now = node, chance, NOW
        self.actor = Actor("f", node)
        self.topics, self.timers, self.said = list[str](), list[str](), list[str]()
        if Started in node.type.events:
            self.took(self.actor.happen(Started(), self.now))

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.now += timedelta(seconds=self.chance.choice([0, 0.5, 1, 10, 60, 600, 3600, 40_000]))
            self.step()
        again = Actor("f", self.node, saved=json.loads(json.dumps(self.actor.snapshot(), allow_nan=False)))
        assert again.unread == [], again.unread

    def step(self) -> None:
        kinds = [*self.node.type.ins] * 2 + [e for e in self.node.type.events if e is not Started]
        if not kinds:
            return
        what: Any = self.chance.choice(kinds)
        try:
            if isinstance(what, str):
                self.take(what)
            elif (event := self.event(what)) is not None:
                self.took(self.actor.happen(event, self.now))
        except BadBody as wrong:
            str(wrong).encode()

    def take(self, port: str) -> None:
        body = self.spoilt(example(self.node.type.ins[port].carries))
        try:
            sent = begin("x.y" if self.chance.random() < 0.8 else "", body, self.now, "1")
            message = loads(json.dumps(json.loads(sent.dumps())).encode(), self.now)
        except ValueError:
            return  # no such message gets here
        self.took(self.actor.take(port, message, self.now))

    def event(self, kind: Any) -> Any:
        match kind:
            case _ if kind is Due:
                return Due(self.chance.choice(self.timers)) if self.timers else None
            case _ if kind is Linked:
                return Linked(self.chance.random() < 0.8, "why")
            case _ if kind is Heard:
                return Heard(self.topic(), self.payload(), self.chance.random() < 0.1)
            case _ if kind is Asked:
                method, path = self.chance.choice(["GET", "POST", "X"]), self.chance.choice(PATHS)
                body = self.spoilt(self.chance.choice([{}, {"query": "{ x }", "variables": {}}, *replies()]))
                return Asked(method, path, {"page": "x"}, {"authorization": "Bearer x"}, body, {"grant_type": "x"})
            case _ if kind is Stopping:
                return None
        return None

    def topic(self) -> str:
        pattern = self.chance.choice(self.topics or ["x"])
        rest = self.chance.choice(GX_PATHS) if self.node.type is GX else self.chance.choice(["state", "x/y", "v/Soc"])
        return pattern.replace("#", rest).replace("+", "c0ffee")

    def payload(self) -> bytes:
        chance = self.chance
        good = [{"value": chance.choice([*WILD, 1, 100.0, 230])}, 12, "Charging", {"power": 12}, {"value": 1e308}]
        if chance.random() < 0.2:
            return edited(b'{"value": 1}', [("over", chance.random(), chance.random(), chance.choice(RUBBISH))])
        return json.dumps(self.spoilt(chance.choice(good))).encode()

    def reply(self, asking: Asking) -> Reply:
        chance = self.chance
        found = self.spoilt(chance.choice(replies()))
        headers = {"date": chance.choice(DATES), "retry-after": chance.choice([*DATES, "30"])}
        try:
            known = json.loads(json.dumps(found, allow_nan=False))
        except ValueError:
            known = None
        spent = "octopus" if chance.random() < 0.05 else ""
        return Reply(chance.choice(STATUS), known, str(found)[:2000], headers, self.now, asking.request.tag, "why",
                     chance.random() < 0.1, spent)  # fmt: skip

    def spoilt(self, good: Any) -> Any:
        return remade(good, chanced(self.chance, WILD))

    def took(self, work: Work) -> None:
        """What it sends can be written, read again, and is what its port carries."""
        for _ in range(6):
            for sent in work.sent:
                port = self.node.type.outs[sent.envelope.source.partition(".")[2]]
                decode(port.carries, loads(sent.envelope.dumps(), self.now).body)
            for action in work.actions:
                if isinstance(action, Listen):
                    self.topics.append(action.filter)
                elif isinstance(action, Timer) and action.name not in self.timers:
                    self.timers.append(action.name)
                elif isinstance(action, Answer) and action.reply.json is not None:
                    json.dumps(action.reply.json)
            if work.asking is None:
                return
            work = self.actor.resume(work.asking, self.reply(work.asking), self.now)


PATHS = ["/", "/v1/graphql/", "/oauth2/v3/token", "/api/1/vehicles/V", "/api/1/vehicles/V/vehicle_data",
         "/v1/products/X/electricity-tariffs/Y/standard-unit-rates/", "/v1/accounts/A/", "/x" * 300]  # fmt: skip
GX_PATHS = ["system/0/Dc/Battery/Soc", "system/0/Ac/Grid/L1/Power", "system/0/Ac/Grid/L2/Power",
            "system/0/SystemState/State", "system/0/Ac/ActiveIn/Source", "settings/0/Settings/CGwacs/AcInputLimit",
            "settings/0/Settings/System/TimeZone", "evcharger/1/Ac/Power", "heartbeat", "full_publish_completed",
            "system/0/Serial", "platform/0/Firmware/Installed/Version", "system/0/Ac/ActiveIn/NumberOfPhases",
            "vebus/1/Ac/ActiveIn/L1/V", "hub4/0/Overrides/Setpoint", "settings/0/Settings/DynamicEss/Mode",
            *(f"settings/0/Settings/CGwacs/BatteryLife/Schedule/Charge/4/{f}" for f in
              ("Day", "Start", "Duration", "Soc", "AllowDischarge")), "x"]  # fmt: skip


def lived(name: str, seed: object, steps: int = 12) -> None:
    """A short life of a node of that type; the same seed is the same life."""
    with limited():
        Life(nodes()[name], Random(str(seed))).live(steps)
