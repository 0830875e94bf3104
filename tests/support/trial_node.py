"""A node of any shape without its process, and what it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.broker.envelope import Envelope, begin
from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.graph import FlowNode
from wattwire.flows.engine.work import Work
from wattwire.nodes import (
    Due,
    Emit,
    Fault,
    Json,
    Node,
    Now,
    Port,
    Ports,
    Say,
    Started,
    Status,
    Timer,
    keep,
)
from wattwire.nodes.messages import Plan, Tick

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = "2026-11-20T12:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Config:
    name: str = "cfg"
    shadow: bool = False
    seed: int = 0


class Out(Ports):
    told: Port[object]
    plan: Port[Plan] = keep()
    cheap: Port[Tick] = keep("rate")
    dear: Port[Tick] = keep("rate")
    unsure: Port[Tick] = keep("rate")
    failed: Port[Fault]


def actor(run: Any, read: Any = None, cfg: Any = None, saved: Mapping[str, Any] | None = None, shadow: bool = False,
          **node: Any) -> Actor:  # fmt: skip
    kind = Node("trial", Config if cfg is None else type(cfg), Out, run, read, **node)
    return Actor("f", FlowNode("n", kind, Config() if cfg is None else cfg), saved=saved, salt="1.", shadow=shadow)


def message(body: Json, attempts: Mapping[str, int] | None = None) -> Envelope:
    return replace(begin("other.out", body, NOON, "1"), attempts=attempts or {})


def give(it: Actor, port: str, body: Json, attempts: Mapping[str, int] | None = None) -> Work:
    return it.take(port, message(body, attempts), NOON)


def told(work: Work) -> list[Any]:
    return [sent.body for sent in work.sent]


def one(cfg: Config, tick: Tick) -> Emit:
    return Out.told(tick)


def lives(cfg: Config, go: object, event: Started | Due | None, now: Now) -> list[Emit | Timer | Status | Say]:
    match event:
        case Started():
            return [Timer("t", now + timedelta(seconds=5)), Status("up"), Say("x", 1)]
        case Due(name=name):
            return [Out.told(name)]
    return [Out.told("message")]
