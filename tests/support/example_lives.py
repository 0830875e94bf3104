"""The example flows on the bench: an Octopus of so many dispatches a day, and what the battery did."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

import wattwire.flows
from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.nodes import Json
from wattwire.nodes.messages import House

FLOWS = Path(wattwire.flows.__file__).parent
MINUTE, HALF, HOUR, DAY = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
START = datetime(
    2026, 11, 16, 11, 50, 10, tzinfo=UTC
)  # a Monday, shortly before the noon at which the allowance begins
LIVED = pytest.mark.parametrize("days", [1, pytest.param(7, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
SUN = {"type": "simGx", "config": {"heartbeat": "30s", "publish": "30s", "awake": "10m", "pv": 5000}}
DAILY = [("02:10", 80), ("13:00", 30), ("18:20", 25)]  # dispatches, by the clock of a winter's day
Hours = Iterable[tuple[str, float]]


def flow(
    include: str, nodes: Mapping[str, Any], edges: Iterable[tuple[str, str]] = (), ends: Iterable[str] = ()
) -> Flow:
    wired = [{"from": a, "to": b} for a, b in edges]
    whole = {"flow": "example", "include": include, "nodes": dict(nodes), "edges": wired, "ends": list(ends)}
    return load_text(yaml.safe_dump(whole, sort_keys=False), env={})


def octopus(
    include: str,
    over: Mapping[str, Any] | None = None,
    without: Iterable[str] = (),
    ends: Iterable[str] = (),
    daily: Hours = DAILY,
) -> Flow:
    """A flow that includes intelligent_octopus, with the simulated house's world around it."""
    nodes = yaml.safe_load((FLOWS / "simulated_house.yaml").read_text())["nodes"] | {"simGx": SUN, "rateResolver": {}}
    del nodes["simBill"]
    slots = [{"start": at, "length": f"{minutes:.0f}m"} for at, minutes in daily]
    nodes["simOctopus"] = {
        "type": "simOctopus",
        "config": {"first_after": "1s", "length": "1s", "every": "3650d", "daily": slots},
    }
    nodes["moment"] = {"type": "clock", "config": {"every": "1m"}}
    kept = {name: node for name, node in nodes.items() if name not in without} | dict(over or {})
    around = [("moment.tick", "simOctopus.tick"), ("simOctopus.ev", "simTesla.charge")]
    around += [("simOctopus.ev", "simGx.ev")] if "simGx" in kept else []
    return flow(include, kept, around, ends)


def every_day(bench: Bench, days: int, hours: Hours, *ports: str, watts: float = 7000) -> None:
    """Something that draws every day at these times."""
    for day in range(days + 1):
        for clock, minutes in hours:
            begin = datetime.fromisoformat(f"{START + day * DAY:%Y-%m-%d}T{clock}:00+00:00")
            for at, power in ((begin, watts), (begin + minutes * MINUTE, 0)):
                for port in ports if at > START else ():
                    bench.put(at, port, {"at": at.isoformat(), "power": power})


def readings(bench: Bench) -> list[tuple[House, float]]:
    """What the GX read, and for how many hours each reading stood."""
    houses: list[House] = bench.bodies("victronGx.house")
    return [(a, (b.at - a.at) / HOUR) for a, b in pairwise(houses)]


def into_the_car(bench: Bench) -> tuple[float, float]:
    """kWh that the car took, and what of it came out of the battery."""
    seen = [(house, hours) for house, hours in readings(bench) if (house.ev or 0) > 500]
    took = sum((house.ev or 0) * hours for house, hours in seen) / 1000
    return took, sum(max(0.0, -(house.battery or 0)) * hours for house, hours in seen) / 1000


def charged_from_the_grid(bench: Bench) -> set[datetime]:
    """Half hours in which the battery took more than the panels gave beside the house."""
    took = (h for h, _ in readings(bench) if (h.battery or 0) > 200 and (h.grid or 0) - (h.ev or 0) > 600)
    return {half_hour(house.at) for house in took}


def half_hour(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // 1800 * 1800, UTC)


def touched(hours: Hours, days: int) -> set[datetime]:
    """The half hours that these touch on every day."""
    found: set[datetime] = set()
    for day in range(-1, days + 1):
        for clock, minutes in hours:
            begin = datetime.fromisoformat(f"{START + day * DAY:%Y-%m-%d}T{clock}:00+00:00")
            at = half_hour(begin)
            while at < begin + minutes * MINUTE:
                found.add(at)
                at += HALF
    return found


def night(at: datetime) -> bool:
    return f"{at:%H:%M}" >= "23:30" or f"{at:%H:%M}" < "05:30"


def planned(now: datetime, hours: Hours) -> list[Json]:
    """What is left of these today and tomorrow, as Octopus writes it."""
    found: list[Json] = []
    for day in (0, 1):
        for clock, minutes in sorted(hours):
            begin = datetime.fromisoformat(f"{now + day * DAY:%Y-%m-%d}T{clock}:00+00:00")
            end = begin + minutes * MINUTE
            if end > now and begin < now + 18 * HOUR:
                found.append({"start": begin.isoformat(), "end": end.isoformat(), "type": "SMART"})
    return found


def draws(now: datetime, hours: Hours) -> bool:
    return any(datetime.fromisoformat(str(p["start"])) <= now for p in planned(now, hours) if isinstance(p, dict))
