"""A week of the simulated house, with faults at random from a seed; and what must hold whatever happens."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.durations import duration, spell
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load, load_text
from wattwire.flows.engine.record import Seen
from wattwire.flows.engine.replies import ODD
from wattwire.flows.engine.rough import Rough
from wattwire.flows.engine.script import laid, read
from wattwire.nodes import Request
from wattwire.nodes.gx_topics import slot_path
from wattwire.nodes.messages import Lease
from wattwire.nodes.sim_billing import Billed
from wattwire.nodes.sim_gx_settings import TABLE, defaults
from wattwire.nodes.sim_household import around
from wattwire.nodes.sim_plans import Slot
from wattwire.nodes.sim_tesla_car import awake

FILE = Path(__file__).parents[1] / "world" / "week.yaml"
LONDON = ZoneInfo("Europe/London")
BEGINS = ("2026-11-20", "2026-10-23", "2027-03-26", "2027-06-11", "2027-01-15")
"""Friday noons: in the second week the clocks go back, in the third they go forward."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
RESTING = (
    ("Octopus's plan was read", "dispatchFetcher.plan", timedelta(minutes=90)),
    ("the car was looked at", "teslaState.", timedelta(minutes=90)),
    ("the rate was told", "rateResolver.", timedelta(minutes=5)),
    ("the GX was read", "victronGx.house", timedelta(minutes=30)),
    ("the prices were read", "rateFetcher.prices", timedelta(hours=3)),
)

TWICE = (datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 5, tzinfo=UTC))
"""The first pass of the hour that comes twice: a slot in it would run again in the second, so none is written."""

DAY_PATH = slot_path(4, "Day")

FROM_GRID = 0.02  # kWh in a dear half hour: the GX looks at its schedules every 5 s
INTO_CAR = 0.02  # kWh in a half hour: the car draws for 2 s and 5 s before the GX holds; once, or twice at half power
GRACE = timedelta(minutes=20)  # after the GX could not be steered: 5 minutes to settle, longer where it came and went
PLANS, CALLS, READS, WRITES = 4, 60, 12, 100  # a minute, an hour, an hour, a day

OCTOPUS: tuple[str, ...] = (
    "500",
    "502",
    "429",
    "403html",
    "403json",
    "garbled",
    "KT-CT-1199",
    "KT-CT-1124",
    "KT-CT-4340",
    "nullPlan",
)
OCTOPUS += ("emptyPlan", "badPlan", "noDevice", "deviceStatus", "emptyRates", "KT-CT-4301")
TESLA = ("500", "401", "429", "timeout", "asleep", "offline")
GX: tuple[str, ...] = (
    "silent",
    "reboot",
    "gridLost",
    "keepCharged",
    "dynamicEss",
    "chargerGone",
    "settingsGone",
    "clockAhead",
)
GX += ("slotChanged", "lateWill")
MORTAL: tuple[str, ...] = (
    "edges",
    "dispatchFetcher",
    "krakenToken",
    "krakenDevice",
    "rateResolver",
    "victronController",
    "victronGx",
)
MORTAL += ("teslaState", "teslaToken", "rateFetcher", "pollPlanner", "minute")
STEERING = {"victronGx", "victronController", "edges"}
STEERING_BY = {"victronGx.house>victronController.house", "victronController.lease>victronGx.lease"}
SOON = timedelta(seconds=2)  # by which a message may be late without the battery giving the car much
CALLERS: tuple[str, ...] = (
    "krakenToken",
    "krakenDevice",
    "dispatchFetcher",
    "completedFetcher",
    "rateFetcher",
    "krakenAccount",
)
CALLERS += ("teslaState", "teslaToken")


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
                lived.disturbed += not awake(bench.actors["simTesla"].state, seen.at)
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


# What goes wrong


def script(seed: int, start: datetime, days: int = 7, rough: bool = False) -> list[str]:
    """A script as `wattwire try` takes it. Nothing goes wrong in the last hours, so that all may come to rest."""
    random = Random(seed)
    quiet = start + days * DAY - timedelta(hours=5)
    lines: list[tuple[datetime, dict[str, object]]] = []

    def some(a_day: float, least: timedelta, most: timedelta) -> Iterator[tuple[datetime, datetime]]:
        for _ in range(round(a_day * days)):
            at = start + (quiet - start) * random.random()
            at = at.replace(microsecond=0)
            yield at, min(at + least + (most - least) * random.random() ** 2, quiet).replace(microsecond=0)

    def fault(node: str, kind: str, at: datetime, until: datetime) -> None:
        lines.append((at, {"to": f"{node}.fault", "body": {"kind": kind}}))
        lines.append((until, {"to": f"{node}.fault", "body": {"kind": "none"}}))

    for at, until in some(2, MINUTE, 120 * MINUTE):
        fault("simOctopus", random.choice(OCTOPUS), at, until)
    for at, until in some(1, MINUTE, 120 * MINUTE):
        fault("simTesla", random.choice(TESLA), at, until)
    free = start
    for at, until in sorted(some(1, 2 * MINUTE, 90 * MINUTE)):
        if at < free:
            continue
        kind, free = random.choice(GX), until + GRACE
        fault("simGx", kind, at, until)
        if kind == "lateWill":
            lines.append((at - timedelta(seconds=random.randint(2, 20)), {"crash": "victronGx"}))
        if kind == "slotChanged":
            lines.append((until + MINUTE, {"to": "victronGx.rearm", "body": {}}))
    for at, _ in some(2, MINUTE, MINUTE):
        lines.append((at, {"crash": random.choice(MORTAL)}))
    for at, until in some(0.5, 5 * MINUTE / 60, 10 * MINUTE):
        lines += [(at, {"broker": "down"}), (until, {"broker": "up"})]
    if rough:
        lines += weather(seed, start, quiet, days)
    lines.append((quiet, {"broker": "up"}))
    return [json.dumps({"at": f"{at:%FT%TZ}", **said}) for at, said in sorted(lines, key=lambda line: line[0])]


def weather(seed: int, start: datetime, quiet: datetime, days: int) -> Iterator[tuple[datetime, dict[str, object]]]:
    """What goes wrong with processes, connections, calls and clocks: a little all the time, and much now and then."""
    random = Random(f"weather {seed}")

    def some(a_day: float, least: float, most: float) -> Iterator[tuple[datetime, timedelta, str]]:
        """So many a day, of so many seconds."""
        for _ in range(int(a_day * days + random.random())):
            at = (start + (quiet - start) * random.random()).replace(microsecond=0)
            span = timedelta(seconds=round(least + (most - least) * random.random() ** 3))
            yield at, min(span, quiet - at), f"{min(at + span, quiet):%FT%TZ}"

    always = {"late": "5%", "by": "2s", "double": "2%", "again": "10m", "crash": "0.02%", "away": "5s", "answers": "1%"}
    yield start, {"mishaps": {"seed": seed, **always}, "until": f"{quiet:%FT%TZ}"}
    for n, (at, _, until) in enumerate(some(0.7, 60, 3600)):
        by, away = random.choice(("5s", "20s", "2m", "10m")), random.choice(("1s", "20s", "3m"))
        storm = {"late": "30%", "by": by, "double": "20%", "again": "1h", "crash": "1%", "away": away, "answers": "50%"}
        yield at, {"mishaps": {"seed": 1000 * seed + n, **storm}, "until": until}
    for at, span, _ in some(1, 3, 1200):
        yield at, {"link": random.choice(MORTAL), "for": spell(span)}
    for at, span, _ in some(1, 1, 900):
        yield at, {"crash": random.choice(MORTAL), "for": spell(span)}
    for at, _, until in some(0.1, 1800, 5 * 3600):
        yield at, {"broker": "down"}
        yield datetime.fromisoformat(until), {"broker": "up"}
    for at, _, until in some(3, 60, 3600):
        yield at, {"reply": {"node": random.choice(CALLERS), **random.choice(ODD)}, "until": until}
    for at, _, until in some(0.2, 60, 5400):
        ahead = random.choice("+-") + random.choice(("90s", "6m", "31m", "1h", "5h"))
        yield at, {"clock": ahead, "until": until}


def excused(week: Week, kinds: tuple[str, ...], steered: bool = False) -> list[tuple[datetime, datetime]]:
    """When nobody could have steered the GX: these faults of it, the broker away, a node just started anew, its
    connection cut, what it is told under way for long, or the clock wrong. `steered`: what the GX does of itself
    then, as its slots end without us; that leaves these faults, and a clock that is wrong."""
    spans: list[tuple[datetime, datetime]] = []
    since: dict[str, datetime] = {}
    for line in [*map(json.loads, week.script), *week.happened]:
        at = datetime.fromisoformat(line["at"])
        if line.get("to") == "simGx.fault":
            kind = line["body"]["kind"]
            if kind in kinds:
                since["gx"] = at
            elif kind == "none" and "gx" in since:
                spans.append((since.pop("gx"), at + GRACE))
        elif "clock" in line:
            spans.append((at, datetime.fromisoformat(line["until"]) + GRACE))
        elif steered:
            continue
        elif line.get("broker") == "down":
            since.setdefault("broker", at)
        elif line.get("broker") == "up" and "broker" in since:
            spans.append((since.pop("broker"), at + 2 * MINUTE))
        elif STEERING & {line.get("crash"), line.get("link")}:
            spans.append((at, at + duration(line.get("for", "0s")) + 2 * MINUTE))
        elif line.get("delay") in STEERING_BY and duration(line["by"]) > SOON:
            spans.append((at, at + duration(line["by"]) + MINUTE))
    return spans


def forward(week: Week) -> list[datetime]:
    """When a clock leapt ahead: by it, what was asked before is long past, and a budget begins anew."""
    clocks = [line for line in map(json.loads, week.script) if "clock" in line]
    return [datetime.fromisoformat(line["until" if line["clock"][0] == "-" else "at"]) for line in clocks]


# What must hold


def complaints(week: Week) -> list[str]:
    """Everything that should not have happened."""
    told = [f"a node crashed or got a body that is none: {fault}" for fault in week.faults]
    own_will = excused(week, ("keepCharged", "slotChanged"), steered=True)
    hands_off = excused(week, GX)
    hands_off += [(week.start, week.until)] if zone(week.seed) != "Europe/London" else [TWICE]
    for b in week.billed:
        m, end = b.metered, b.start + 30 * MINUTE
        # What the car was seen to draw confirms what was offered then, and taken back before it began.
        believed = m.car > 0 and any(b.start < s.until <= s.start < end for s in slots(week, b.start))
        if not b.cheap and m.from_grid > FROM_GRID and not _within(own_will, b.start, end) and not believed:
            told.append(f"{b.start:%F %R} charged {m.from_grid:.3f} kWh from the grid at {b.house_price} p")
        if m.into_car > INTO_CAR and not _within(hands_off, b.start, end):
            told.append(f"{b.start:%F %R} discharged {m.into_car:.3f} kWh into the car")
        if m.writes > WRITES:
            told.append(f"{b.start:%F} wrote one setting of the GX {m.writes} times")
    if missing := (week.until - week.start) // (30 * MINUTE) - len(week.billed):
        told.append(f"{missing} half hours were never billed")
    told += [f"{at:%F %T} {node} woke the car" for at, node, r in week.requests if r.url.endswith("/wake_up")]
    if week.disturbed:
        told.append(f"a car asleep was read in detail {week.disturbed} times")
    account = [(at, r) for at, _, r in week.requests if "simOctopus" in r.url and "/v1/products" not in r.url]
    leaps = forward(week)
    told += _over("asked Octopus", [at for at, _ in account], CALLS, 60 * MINUTE, leaps)
    told += _over("asked Octopus for its plan", [at for at, r in account if _plans(r)], PLANS, MINUTE, leaps)
    reads = [at for at, _, r in week.requests if r.url.endswith("/vehicle_data")]
    told += _over("read the car in detail", reads, READS * 24, DAY, leaps)
    told += _restless(week)
    told += [f"left the GX with {path} = {value}" for path, value in week.left.items()]
    return told


def slots(week: Week, at: datetime) -> Iterator[Slot]:
    """What Octopus planned around a time."""
    return (s for stay in around(week.seed, "Europe/London", at) for s in stay.slots)


def _restless(week: Week) -> Iterator[str]:
    """After hours in which nothing went wrong all is as if nothing had: no chain of messages has come to an end."""
    for what, ports, most in RESTING:
        last = max((seen.at for port, seen in week.last.items() if port.startswith(ports)), default=week.start)
        if week.until - last > most:
            yield f"{last:%F %T} {what} for the last time"
    rates = [
        seen for port, seen in week.last.items() if port.startswith("rateResolver.") and port != "rateResolver.rate"
    ]
    if rates and max(rates, key=lambda seen: seen.at).source == "rateResolver.unsure":
        yield f"{rates[0].at:%F %T} the rate was not known in the end"


def _within(spans: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> bool:
    return any(a < end and start < b for a, b in spans)


def _plans(request: Request) -> bool:
    return "flexPlannedDispatches" in str((request.json or {}).get("query"))


def _over(what: str, times: list[datetime], most: int, span: timedelta, leaps: list[datetime]) -> Iterator[str]:
    recent = deque[datetime]()
    worst = Counter[datetime]()
    for at in times:
        recent.append(at)
        while at - recent[0] >= span or any(recent[0] < leap <= at for leap in leaps):
            recent.popleft()
        if len(recent) > most:
            worst[recent[0]] = len(recent)
    if worst:
        at, count = worst.most_common(1)[0]
        yield f"{at:%F %T} {what} {count} times in {span}, {most} are allowed"
