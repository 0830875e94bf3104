"""What the broker, the `edges` process and the admin port bear: waiting messages, retained topics, many nodes."""

from __future__ import annotations

import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from wattwire.broker.link import Link, Message
from wattwire.broker.topics import into

from .chains import hops, ours
from .costs import a_hop, written
from .processes import Run, busy, memory, running, share
from .progress import say
from .table import Row

BODIES = (b'{"n": 1}', b'{"n": -5}', b"{}")  # for yes, no and unknown


def waits(size: int) -> str:
    """Every outcome of every node leads to every node, an hour later."""
    names = [f"n{i}" for i in range(size)]
    nodes = "".join(f"  {n}: {{type: switch, config: {{field: n, above: -2}}}}\n" for n in names)
    edges = "".join(
        f"  - {{from: {a}.{port}, to: {b}.body, after: 1h}}\n"
        for a in names
        for port in ("yes", "no", "unknown")
        for b in names
    )
    return f"flow: waits\nnodes:\n{nodes}edges:\n{edges}"


def waiting(counts: Sequence[int], subject: str) -> list[Row]:
    """Edges with `after` that hold a message each."""
    said: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            size = next(n for n in range(1, 100) if 3 * n * n >= count)
            say(f"growth: {3 * size * size} waiting edges")
            with running(str(written(Path(folder), "waits", waits(size)))) as run:
                carrier = run.of("edges")
                before, used = memory(carrier), busy(carrier)
                took = filled(run, size)
                many = 3 * size * size
                cost = (busy(carrier) - used) / many * 1e6
                values = ((memory(carrier), "MB", "edges process"), (cost, "µs", "processor to take one"),
                          (took, "s", "until all wait"), (share(carrier, 3), "% of a core", "processor meanwhile"),
                          ((memory(carrier) - before) * 1024 / many, "kB", "memory of each"))  # fmt: skip
            for value, unit, what in values:
                said.append(Row(subject=subject, what=f"{many} waiting edges: {what}", ours=value, unit=unit))
    return said


def filled(run: Run, size: int) -> float:
    """Seconds until each edge was told to wait, and said so."""
    seen: set[str] = set()
    ready: list[bool] = []

    def heard(message: Message) -> None:
        if message.payload:
            seen.add(message.topic)
        link.ack(message)

    def up(session: bool) -> None:
        link.subscribe(["wattwire/waits/$waiting/#"], lambda refused: ready.append(True))

    link = Link(run.unix, "bench-waits", on_up=up, on_down=lambda why: None, on_message=heard, clean=True)
    link.connect()
    began = time.monotonic()
    while not ready:
        link.step(0.05)
    for n in range(size):
        for body in BODIES:
            link.publish(into("waits", f"n{n}", "body"), body)
    while len(seen) < 3 * size * size:
        if time.monotonic() - began > 120:
            raise TimeoutError(f"{len(seen)} of {3 * size * size} edges wait")
        link.step(0.05)
    link.close()
    return time.monotonic() - began


def retained(counts: Sequence[int], rounds: int, subject: str) -> list[Row]:
    """Topics that the broker keeps: what it takes of its memory, and of a hop."""
    said: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, running(str(written(Path(folder), "hops", hops("hops")))) as run:
        ends = ours(run, run.unix, "hops")
        ends.answers()
        broker, kept = run.of("broker"), 0
        empty, alone = memory(broker), a_hop(run, ends, rounds, 5)
        for count in counts:
            say(f"growth: {count} retained topics")
            for n in range(kept, count):
                ends.link.publish(f"bench/kept/{n}", ends.payload(n), retain=True)
            ends.until(lambda: not ends.link.backlog)
            kept = count
            size = (memory(broker) - empty) * 1024 / count
            said.append(
                Row(subject=subject, what=f"{count:,} retained topics: each in the broker", ours=size, unit="kB")
            )
            said.append(Row(subject=subject, what=f"{count:,} retained topics: a hop", ours=a_hop(run, ends, rounds, 5),
                            unit="µs", peer="with none", theirs=alone))  # fmt: skip
        ends.close()
    return said


def admin(run: Run, count: int, flow: str, rounds: int, subject: str) -> list[Row]:
    """What a look costs, with so many nodes."""
    said = [Row(subject=subject, what=f"{count} nodes: supervisor", ours=memory([run.process.pid]), unit="MB")]
    for path in ("/metrics", "/sd", "/health", f"/metrics/{flow}/hop1"):
        took = [asked(run.admin + path) for _ in range(max(rounds, 5) * 2)]
        said.append(Row(subject=subject, what=f"{count} nodes: {path}", ours=median(took), unit="ms"))
    return said


def asked(url: str) -> float:
    began = time.monotonic()
    with urllib.request.urlopen(url, timeout=20) as reply:
        reply.read()
    return (time.monotonic() - began) * 1000
