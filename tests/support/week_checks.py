"""What must hold in a week whatever happens, and what of it is excused."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from week import Week, zone
from week_script import DAY, GRACE, GX, MINUTE

from wattwire.flows.engine.durations import duration
from wattwire.nodes import Request
from wattwire.nodes.sim_household import around
from wattwire.nodes.sim_plans import Slot

RESTING = (
    ("Octopus's plan was read", "dispatchFetcher.plan", timedelta(minutes=90)),
    ("the car was looked at", "teslaState.", timedelta(minutes=90)),
    ("the rate was told", "rateResolver.", timedelta(minutes=5)),
    ("the GX was read", "victronGx.house", timedelta(minutes=30)),
    ("the prices were read", "rateFetcher.prices", timedelta(hours=3)),
)
TWICE = (datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 5, tzinfo=UTC))
"""The first pass of the hour that comes twice: a slot in it would run again in the second, so none is written."""
FROM_GRID = 0.02  # kWh in a dear half hour: the GX looks at its schedules every 5 s
INTO_CAR = 0.02  # kWh in a half hour: the car draws for 2 s and 5 s before the GX holds; once, or twice at half power
PLANS, CALLS, READS, WRITES = 4, 60, 12, 100  # a minute, an hour, an hour, a day
STEERING = {"victronGx", "victronController", "edges"}
STEERING_BY = {"victronGx.house>victronController.house", "victronController.lease>victronGx.lease"}
ASKED = 5 * MINUTE  # how often Octopus is asked for its plan, about
SOON = timedelta(seconds=2)  # by which a message may be late without the battery giving the car much


def complaints(week: Week) -> list[str]:
    """Everything that should not have happened."""
    told = [f"a node crashed or got a body that is none: {fault}" for fault in week.faults]
    own_will = excused(week, ("keepCharged", "slotChanged"), steered=True)
    hands_off = excused(week, GX)
    hands_off += [(week.start, week.until)] if zone(week.seed) != "Europe/London" else [TWICE]
    for b in week.billed:
        m, end = b.metered, b.start + 30 * MINUTE
        # What the car was seen to draw confirms what the last plan still offered, and was taken back since.
        believed = m.car > 0 and any(_taken_back(s, b.start, end) for s in slots(week, b.start))
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


def _taken_back(slot: Slot, start: datetime, end: datetime) -> bool:
    """Meant for this half hour, and withdrawn just before that, or the slot, began."""
    return slot.start < end and start < slot.end and start - ASKED < slot.until <= max(start, slot.start)


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
