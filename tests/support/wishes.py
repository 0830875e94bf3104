"""The simulated house, in which a person asks something of Octopus; and how that went."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load
from wattwire.nodes import Fault, Json, Reply, Request
from wattwire.nodes.kraken_errands import Settled

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SET: Json = {"percent": 85, "ready_by": "06:00"}
NODES = ("chargePreferences", "smartControl", "chargeCap", "boostCharge")
World = Callable[[str, Request, datetime], Reply | None]


@cache
def house() -> Flow:
    return load("simulated_house", env={})


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def lived(*puts: tuple[float, str, Any], until: float = 400, world: World | None = None) -> Bench:
    """The house, in which at so many seconds something is sent to a node."""
    bench = Bench(house(), START, world=world)
    for seconds, to, body in puts:
        bench.put(at(seconds), to, body)
    bench.run(at(until))
    assert bench.faults == []
    return bench


def story(bench: Bench, node: str) -> list[str]:
    """Seconds and port, or `read` and `write` for what the node asks."""
    told = []
    for seen in bench.seen:
        seconds = f"{(seen.at - START).total_seconds():.0f}"
        if seen.request is not None and seen.source == node:
            told.append(f"{seconds} {'write' if 'mutation' in str(seen.request.json) else 'read'}")
        elif seen.source.startswith(f"{node}."):
            told.append(f"{seconds} {seen.source.partition('.')[2]}")
    return told


def said(bench: Bench) -> list[str]:
    faults = [s.body.why for s in bench.seen if s.source == "alarm.said" and isinstance(s.body, Fault)]
    return [why for why in faults if why != "no plan has come yet"]


def confirmed(bench: Bench, node: str) -> list[str]:
    return [body.what for body in bench.bodies(f"{node}.confirmed") if isinstance(body, Settled)]
