"""A week of the simulated house, with faults at random from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from week_script import script

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load, load_text
from wattwire.flows.engine.record import Seen
from wattwire.flows.engine.rough import Rough
from wattwire.flows.engine.script import laid, read
from wattwire.nodes import Request
from wattwire.nodes.gx_topics import slot_path
from wattwire.nodes.messages import Lease
from wattwire.nodes.sim_billing import Billed
from wattwire.nodes.sim_gx_settings import TABLE, defaults
from wattwire.nodes.sim_tesla_car import awake

FILE = Path(__file__).parents[1] / "world" / "week.yaml"
LONDON = ZoneInfo("Europe/London")
BEGINS = ("2026-11-20", "2026-10-23", "2027-03-26", "2027-06-11", "2027-01-15")
"""Friday noons: in the second week the clocks go back, in the third they go forward."""
DAY_PATH = slot_path(4, "Day")
ANSWERED = timedelta(seconds=20)
"""A slow answer says that the car is awake, and it falls asleep before the answer is there: nobody can know."""


@dataclass
class Week:
    """What one seed's week was, as far as it is asked about."""

    seed: int
    start: datetime
    until: datetime
    script: list[str]
    billed: list[Billed] = field(default_factory=list)
    requests: list[tuple[datetime, str, Request]] = field(default_factory=list)
    disturbed: int = 0  # detailed reads of a car that was asleep
    left: dict[str, object] = field(default_factory=dict)  # settings of the GX that are not as they were found
    faults: list[str] = field(default_factory=list)
    happened: list[dict[str, Any]] = field(default_factory=list)  # what was left to chance, as lines of a script
    known: int = 0  # inputs that had come before
    calls: int = 0  # of nodes
    last: dict[str, Seen] = field(default_factory=dict)  # what left each port last

    def again(self) -> str:
        """How to see it once more, with the product's own command."""
        told = "\n".join(self.script)
        times = f"--from {self.start:%FT%TZ} --until {self.until:%FT%TZ} --seed {self.seed}"
        command = f"SEED={self.seed} GX_ZONE={zone(self.seed)} wattwire try tests/world/week.yaml --script week.jsonl"
        return f"{command} {times}\nweek.jsonl:\n{told}"


def week(seed: int, *, faults: bool = True, rough: bool = False, shadow: bool = False, over: str = "", days: int = 7,
         lines: Sequence[str] | None = None) -> Week:  # fmt: skip
    """Live through a week. `over`: YAML of nodes whose settings are changed. `lines` take the place of the faults; with
    `rough` there are worse ones."""
    start = datetime.combine(datetime.fromisoformat(BEGINS[seed % len(BEGINS)]), time(12), LONDON).astimezone(UTC)
    until = (start.astimezone(LONDON) + timedelta(days=days)).astimezone(UTC)
    if lines is None:
        lines = script(seed, start, days, rough) if faults else []
    lived = Week(seed, start, until, [*lines])
    flow = house(seed, over)
    bench: Bench | None = None

    def watch(seen: Seen) -> None:
        if isinstance(seen.body, Billed):
            lived.billed.append(seen.body)
        elif seen.request is not None:
            lived.requests.append((seen.at, seen.source, seen.request))
            if bench is not None and seen.request.url.endswith("/vehicle_data"):
                lived.disturbed += not awake(bench.actors["simTesla"].state, seen.at - ANSWERED)
        lived.calls += 1
        lived.last[seen.source] = seen

    bench = laid(flow, read(lived.script, flow), start, watch=watch, seed=seed, shadow=shadow)
    bench.run(until)
    if isinstance(bench, Rough):
        lived.happened, lived.known = bench.mishaps.happened, bench.known
    lived.left = {} if leased(lived) else left(bench.actors["simGx"].state, "slotChanged" in str(lived.script))
    lived.faults = [f"{at:%F %T} {node}: {why}" for at, node, why in bench.faults]
    return lived


def leased(week: Week) -> bool:
    """A dispatch may begin at the very end; its lease is in force then."""
    last = week.last.get("victronController.lease")
    lease = last.body if last else None
    return isinstance(lease, Lease) and lease.mode != "release" and lease.until > week.until


def left(gx: Any, slot_changed: bool) -> dict[str, object]:
    """The settings of the simulated GX that are not as they were found, but for those that somebody else set."""
    found = defaults(str(gx.settings[next(p for p in TABLE if p.endswith("TimeZone"))]), 63)
    theirs = {slot_path(4, "Soc"): 60, slot_path(4, "Duration"): 5400} if slot_changed else {}
    changed = {p: v for p, v in gx.settings.items() if v not in (found[p], theirs.get(p)) and p != DAY_PATH}
    return changed | ({DAY_PATH: gx.settings[DAY_PATH]} if float(gx.settings[DAY_PATH]) >= 0 else {})


def house(seed: int, over: str = "") -> Flow:
    env = {"SEED": str(seed), "GX_ZONE": zone(seed)}
    if not over:
        return load(str(FILE), env=env)
    return load_text(f"flow: week\ninclude: {FILE}\nnodes:\n{over}", env=env)


def zone(seed: int) -> str:
    """Of the GX. Where nobody set it the battery is left alone as soon as that matters."""
    return "/UTC" if seed % 12 == 7 else "Europe/London"
