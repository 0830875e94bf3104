"""The house that we ship: what it takes of memory and processor, idle and at work, and how soon it is up."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from wattwire.broker.private import start
from wattwire.flows.engine.loading import load

from .chains import HOPS, hops, ours
from .ends import Ends, ticked
from .peers import Absent
from .processes import kind, memory, memory_by_kind, running, share
from .progress import loud, say
from .red import as_large, node_red_running, segments
from .table import Row, Target, most
from .traffic import Traffic, traffic

NAME = "memory"
SUBJECT = "the simulated house: PSS of all that is started, but for simulators that are processes of their own"
HOUSE = "simulated_house"
WAYS: dict[str, tuple[str, ...]] = {"isolated": (), "shared": ("--shared",)}
RED = "Node-RED"


@dataclass(frozen=True)
class Spans:
    settle: float  # seconds, until the first readings are over
    idle: float  # seconds: a house works by the minute, so a whole one


@dataclass
class Found:
    starts: list[float] = field(default_factory=list)  # seconds until all was ready
    first: list[float] = field(default_factory=list)  # seconds until a message came through five hops
    idle: float | None = None  # MB
    loaded: float | None = None
    share: float | None = None  # % of a core, when nothing is asked of it
    working: float | None = None  # % of a core, with 50 ticks a second
    kinds: dict[str, float] = field(default_factory=dict)
    traffic: Traffic | None = None


def measure(rounds: int, quick: bool) -> list[Row]:
    found = {way: Found() for way in (*WAYS, RED)}
    for i in range(rounds):
        say(f"{NAME}: start {i + 1} of {rounds}")
        for way, options in WAYS.items():
            with running(HOUSE, *options) as run:
                found[way].starts.append(run.ready)
            found[way].first.append(first(*options))
        red(found[RED], None)
    spans = Spans(2, 5) if quick else Spans(8, 60)
    for way, options in WAYS.items():
        say(f"{NAME}: {way}")
        house(found[way], spans, *options)
    say(f"{NAME}: {RED}")
    red(found[RED], spans)
    return rows(found)


def first(*options: str) -> float:
    """Seconds from the command until a message came through a chain of five."""
    with tempfile.TemporaryDirectory() as folder:
        flow = Path(folder) / "hops.yaml"
        flow.write_text(hops("hops"))
        with running(str(flow), *options) as run:
            ends = ours(run, run.unix, "hops")
            took = ends.answers() - run.began
            ends.close()
            return took


def house(found: Found, spans: Spans, *options: str) -> None:
    with running(HOUSE, *options) as run:
        time.sleep(spans.settle)
        pids = [pid for pid in run.pids if kind(pid, run.process.pid) != "simulators"]
        found.share = share(pids, spans.idle)
        found.idle, found.kinds = memory(pids), memory_by_kind(run)
        found.traffic = traffic(run.unix, run.pids, spans.idle)
        found.working = ticked(run.unix, "simulatedHouse", lambda: share(pids, spans.settle))
        found.loaded = memory(pids)


def red(found: Found, spans: Spans | None) -> None:
    """Node-RED with a flow of the size of ours, which does nothing; or one like our chain, for the first message."""
    try:
        with node_red_running(as_large(load(HOUSE))) as (process, took):
            found.starts.append(took)
            if spans:
                time.sleep(spans.settle)
                found.share = share([process.pid], spans.idle)
                found.idle = memory([process.pid])
        if spans:
            return
        topics = [f"red/{i}" for i in range(HOPS + 1)]
        with tempfile.TemporaryDirectory() as folder, start(folder, prefer="mosquitto", port=0) as broker:
            began = time.monotonic()
            with node_red_running(segments(broker.port, topics)):
                ends = Ends(broker.nearest, topics[0], topics[-1])
                found.first.append(ends.answers() - began)
                ends.close()
    except Absent as wrong:
        loud(f"{RED} is left out: {wrong}")


def rows(found: dict[str, Found]) -> list[Row]:
    theirs = found[RED]
    said: list[Row] = []

    def row(what: str, ours: float | None, unit: str, peer: str = "", theirs: float | None = None,
            target: Target | None = None) -> None:  # fmt: skip
        said.append(Row(subject=SUBJECT, what=what, ours=ours, unit=unit, peer=peer, theirs=theirs, target=target))

    for way in WAYS:
        it = found[way]
        row(f"{way}: idle", it.idle, "MB", f"{RED}, idle", theirs.idle, most(0.5))
        row(f"{way}: after 50 ticks a second", it.loaded, "MB", f"{RED}, idle", theirs.idle)
        for name, size in it.kinds.items():
            what = "simulators, on top" if name == "simulators" else f"of that, {name}"
            row(f"{way}: {what}", size, "MB")
        row(f"{way}: start, all nodes ready", middle(it.starts), "s", RED, middle(theirs.starts), most(0.5))
        row(f"{way}: start, first message through 5 hops", middle(it.first), "s", RED, middle(theirs.first))
        row(f"{way}: processor when idle", it.share, "% of a core", target=most(0.5))
        row(f"{way}: processor at 50 ticks a second", it.working, "% of a core")
        if it.traffic:
            row(f"{way}: connections to the broker", it.traffic.connections, "")
            row(f"{way}: messages a second", it.traffic.messages, "")
            row(f"{way}: written to disk", it.traffic.disk, "MB a day")
    row(f"processor of an idle {RED}", theirs.share, "% of a core")
    return said


def middle(values: list[float]) -> float | None:
    return median(values) if values else None
