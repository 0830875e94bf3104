"""Whole houses under one supervisor and one broker: what each more of them takes, for those who plan many."""

from __future__ import annotations

import time
from pathlib import Path

from .costs import written
from .processes import busy, kind, memory, running
from .progress import say
from .table import Row
from .traffic import traffic

SUBJECT = "planning: whole houses under one supervisor and one broker"
HOUSE = """\
flow: {name}
version: 1
include: simulated_house
nodes:
  simGx: {{config: {{portal_id: {name}}}}}
  victronGx: {{config: {{portal_id: {name}}}}}
"""
PLANNED = (100, 10_000)
WINDOW = 60.0  # seconds: a house works by the minute


def houses(folder: Path, counts: tuple[int, ...], *options: str) -> list[Row]:
    """As many as were measured, and from the most of those as many as somebody may plan."""
    way = "shared" if options else "isolated"

    def row(what: str, value: float | None, unit: str = "") -> Row:
        return Row(subject=SUBJECT, what=f"{way}: {what}", ours=value, unit=unit)

    said: list[Row] = []
    for count in counts:
        say(f"{way}: {count} houses")
        names = [f"home{i}" for i in range(count)]
        files = [str(written(folder, name, HOUSE.format(name=name))) for name in names]
        with running(*files, *options) as run:
            time.sleep(8)
            own = [pid for pid in run.pids if kind(pid, run.process.pid) != "simulators"]
            of_all = memory(run.of("supervisor", "broker", "fork server"))
            each, before = (memory(own) - of_all) / count, busy(own)
            seen = traffic(run.unix, run.pids, WINDOW)
            used = (busy(own) - before) / WINDOW * 100 / count
        said += [
            row(f"{count} houses: start, all nodes ready", run.ready, "s"),
            row(f"each of {count}: memory", each, "MB"),
            row(f"supervisor, broker and fork server of {count}", of_all, "MB"),
            row(f"each of {count}: processor", used, "% of a core"),
            row(f"each of {count}: connections", seen.connections and seen.connections / count),
            row(f"each of {count}: messages", seen.messages / count, "a second"),
            row(f"each of {count}: bytes of them", seen.bytes / count, "a second"),
            row(f"each of {count}: written to disk", seen.disk / count, "MB a day"),
        ]
    for many in (planned for planned in PLANNED if planned > counts[-1]):
        said.append(row(f"{many:,} houses, reckoned: memory", (of_all + each * many) / 1024, "GB"))
        said.append(row(f"{many:,} houses, reckoned: processor", used * many / 100, "cores"))
    return said
