"""An edge on trial: a message and a time in seconds come in, what is handed over comes out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.broker.envelope import Envelope, begin
from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.graph import Edge, Flow, FlowNode
from wattwire.flows.engine.work import Sent, Work
from wattwire.nodes import alarm, dispatch_fetcher, kraken_token

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NODES = {
    "plan": FlowNode("plan", dispatch_fetcher.NODE, dispatch_fetcher.Config(account="A-1")),
    "token": FlowNode("token", kraken_token.NODE, None),
    "alarm": FlowNode("alarm", alarm.NODE, alarm.Config()),
}


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def flow(**edge: Any) -> Flow:
    """One edge, from plan.failed to plan.poll unless said otherwise."""
    return Flow("f", NODES, (Edge(**{"source": "plan.failed", "to": "plan.poll", **edge}),))


class Trial:
    """An edge, at a time in seconds that the test says."""

    def __init__(self, chance: float = 0.0, **edge: Any) -> None:
        self.flow = flow(**edge)
        self.carrier = Carrier(self.flow, chance=lambda: chance)
        [self.name] = self.carrier.edges

    def take(self, at: float, message: Envelope | str, tried: int = 0) -> list[str]:
        if isinstance(message, str):
            message = said(message, at)
        if tried:
            message = replace(message, attempts={self.name: tried})
        return told(self.carrier.take(self.name, message, NOON + seconds(at)))

    def due(self, at: float) -> list[str]:
        return told(self.carrier.due(NOON + seconds(at)))

    def reborn(self, at: float | None = None, journal: dict[str, Any] | None = None) -> None:
        """The process died; its journal is JSON."""
        saved = json.loads(json.dumps(journal or self.carrier.snapshot()))
        self.carrier = Carrier(self.flow, saved=saved, now=None if at is None else NOON + seconds(at))

    def watch(self, at: float) -> bool:
        """Whether the journal is told."""
        return self.carrier.watch(NOON + seconds(at)) and self.carrier.due(NOON + seconds(at)).changed

    @property
    def next(self) -> float | None:
        at = self.carrier.next_due()
        return None if at is None else (at - NOON).total_seconds()

    @property
    def counts(self) -> dict[str, int]:
        return {k: n for k, n in self.carrier.edges[self.name].counts.items() if n}


def said(why: str, at: float = 0, **more: Any) -> Envelope:
    return begin("plan.failed", {"why": why, **more}, NOON + seconds(at), why)


def told(work: Work) -> list[str]:
    """`plan.poll a`: what is handed over, without the mirrors."""
    handed = [s for s in work.sent if s.topic and s.until is None]
    return [f"{s.topic.split('/')[2]}.{s.topic.split('/')[4]} {_why(s)}" for s in handed]


def _why(sent: Sent) -> str:
    return str(sent.envelope.body["why"]) if sent.envelope.body else "-"
