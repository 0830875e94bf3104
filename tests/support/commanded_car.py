"""A car that is given commands, with edges and simulators only: what reached Tesla, what came of it, who was told."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load

FILE = Path(__file__).parents[1] / "flows" / "car_commands.yaml"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENV = {"TESLA_REFRESH_TOKEN": "first"}


@cache
def flow() -> Flow:
    return load(FILE, env=ENV)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def bench(world: Any = None) -> Bench:
    return Bench(flow(), NOON, world=world)


def order(bench: Bench, minutes: float, do: str, **rest: Any) -> None:
    bench.put(at(minutes), "teslaCommand.command", {"do": do, **rest})


def trouble(bench: Bench, minutes: float, kind: str, times: int | None = None) -> None:
    bench.put(at(minutes), "simTesla.fault", {"kind": kind, "times": times})


def asleep() -> Bench:
    """At one the car has slept for long: it was stopped at five past twelve, and is on the cable."""
    it = bench()
    it.put(at(1), "simTesla.charge", {"power": 7400})
    order(it, 5, "stop")
    return it.run(at(60))


def calls(bench: Bench, since: float = 0) -> list[str]:
    """What reached Tesla for teslaCommand and teslaWake, as HH:MM:SS and words."""
    those = [s for s in bench.seen if s.request and s.source in ("teslaCommand", "teslaWake") and s.at >= at(since)]
    return [f"{s.at:%H:%M:%S} {s.request.url.rpartition('/')[2]}" for s in those if s.request]


def outcomes(bench: Bench, node: str, since: float = 0) -> list[str]:
    left = [s for s in bench.seen if s.message and s.source.startswith(f"{node}.") and s.at >= at(since)]
    return [f"{s.at:%H:%M:%S} {s.source.partition('.')[2]}" for s in left]


def told(bench: Bench) -> list[str]:
    return [fault.why for fault in bench.bodies("alarm.said")]
