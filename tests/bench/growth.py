"""What more of anything costs: nodes, flows, waiting edges, retained topics, and a look at the admin port."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from wattwire.broker.topics import into, out

from .burdens import admin, retained, waiting
from .chains import hops, ours
from .costs import a_hop, written
from .ends import Ends, enveloped
from .houses import houses
from .processes import memory, running
from .progress import loud, say
from .table import Row, Target, most

NAME = "growth"
SUBJECT = "growth"
NODES, FLOWS = (5, 20, 80), (1, 10, 100)
WAITING, RETAINED = (10, 100, 1000), (100, 10_000)
QUICK = ("nodes", "the admin port", "waiting edges")
HOUSES, SHARED = (10,), (10, 100)  # of 100 with a process for each node there would be 3,600
LOOKED = 100  # nodes, when the admin port is asked
SMALL = """\
flow: {name}
nodes:
  clock: {{type: clock, config: {{every: 1m}}}}
  rate: {{type: switch, config: {{field: n, above: -2}}}}
  car: {{type: switch, config: {{field: n, above: -2}}}}
  house: {{type: switch, config: {{field: n, above: -2}}}}
edges:
  - {{from: clock.tick, to: rate.body}}
  - {{from: rate.yes, to: car.body}}
  - {{from: car.yes, to: house.body}}
ends: [rate.no, rate.unknown, car.no, car.unknown, house.yes, house.no, house.unknown]
"""


def measure(rounds: int, quick: bool) -> list[Row]:
    part = 2 if quick else None
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts: dict[str, Callable[[], list[Row]]] = {
            "nodes": lambda: nodes(folder, NODES[:part], rounds),
            "the admin port": lambda: looked(folder, 20 if quick else LOOKED, rounds),
            "flows, isolated": lambda: flows(folder, FLOWS, rounds),
            "houses, isolated": lambda: houses(folder, HOUSES),
            "houses, shared": lambda: houses(folder, SHARED, "--shared"),
            "waiting edges": lambda: waiting(WAITING[: 1 if quick else None], SUBJECT),
            "retained topics": lambda: retained(RETAINED, rounds, SUBJECT),
        }
        for what, measured in parts.items():
            if quick and what not in QUICK:
                continue
            say(f"{NAME}: {what}")
            try:
                rows += measured()
            except (RuntimeError, TimeoutError, OSError) as wrong:
                loud(f"{NAME}: {what}: missing in the table: {wrong}")
    return rows


def row(what: str, ours: float, unit: str, peer: str = "", theirs: float | None = None,
        target: Target | None = None) -> Row:  # fmt: skip
    return Row(subject=SUBJECT, what=what, ours=ours, unit=unit, peer=peer, theirs=theirs, target=target)


def nodes(folder: Path, counts: tuple[int, ...], rounds: int) -> list[Row]:
    """One chain, longer and longer."""
    found: dict[int, tuple[float, float]] = {}
    said = list[Row]()
    for count in counts:
        with running(str(written(folder, "hops", hops("hops", count)))) as run:
            ends = ours(run, run.unix, "hops", count)
            ends.answers()
            found[count] = size, cost = memory(run.pids), a_hop(run, ends, rounds, count)
            ends.close()
        said += [row(f"{count} nodes: memory", size, "MB"), row(f"{count} nodes: start", run.ready, "s"),
                 row(f"{count} nodes: processor", cost, "µs a hop")]  # fmt: skip
    few, many = counts[0], counts[-1]
    each = (found[many][0] - found[few][0]) / (many - few)
    flat = row(f"a hop, one of {many}", found[many][1], "µs", f"one of {few}", found[few][1], most(1.2))
    return [*said, row("one node more: memory", each, "MB", target=most(3.5)), flat]


def looked(folder: Path, count: int, rounds: int) -> list[Row]:
    with running(str(written(folder, "hops", hops("hops", count)))) as run:
        return admin(run, count, "hops", rounds, SUBJECT)


def flows(folder: Path, counts: tuple[int, ...], rounds: int) -> list[Row]:
    """Houses of four nodes under one supervisor."""
    said, costs = list[Row](), dict[int, float]()
    for count in counts:
        say(f"{NAME}: {count} flows")
        names = [f"house{i}" for i in range(count)]
        files = [str(written(folder, name, SMALL.format(name=name))) for name in names]
        with running(*files) as run:
            time.sleep(1)
            size, supervisor, last = memory(run.pids), memory([run.process.pid]), names[-1]
            ends = Ends(run.unix, into(last, "rate", "body"), out(last, "house", "yes"), enveloped)
            ends.answers()
            costs[count] = a_hop(run, ends, rounds, 3)
            ends.close()
        said += [row(f"{count} flows of 4 nodes: memory", size, "MB"),
                 row(f"{count} flows of 4 nodes: supervisor", supervisor, "MB"),
                 row(f"{count} flows of 4 nodes: start", run.ready, "s")]  # fmt: skip
    few, many = counts[0], counts[-1]
    flat = row(f"a hop among {many} flows", costs[many], "µs", f"among {few}", costs[few], most(1.2))
    return [*said, flat]
