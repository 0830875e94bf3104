"""The chains of hops that are measured: ours, and each peer's, all through one broker, the one that we tune."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from .ends import Ends, enveloped, plain
from .peers import Absent, c_hop
from .processes import Run, ended, running, started
from .progress import loud, say
from .red import node_red_running, segments

HOPS = 5


@dataclass
class Chain:
    """A chain that runs, and what was seen of it, round by round."""

    name: str
    ends: Ends
    pids: list[int]  # of its hops
    all: list[int] = field(default_factory=list)  # and of everything else that it takes, the broker included
    count: int = 300  # messages in a round of full load; grows until a round takes a second
    rates: list[float] = field(default_factory=list)
    narrow: list[float] = field(default_factory=list)  # messages a second, 20 under way
    costs: list[float] = field(default_factory=list)  # us a hop, of the hops
    whole: list[float] = field(default_factory=list)  # us a hop, of everything
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)  # ms, one under way


def hops(name: str, count: int = HOPS) -> str:
    """A flow of nodes that hand on what they are given."""
    names = [f"hop{i}" for i in range(1, count + 1)]
    nodes = "".join(f"  {n}: {{type: switch, config: {{field: n, above: -2}}}}\n" for n in names)
    edges = "".join(f"  - {{from: {a}.yes, to: {b}.body}}\n" for a, b in pairwise(names))
    ends = [f"{n}.{port}" for n in names for port in ("no", "unknown")] + [f"{names[-1]}.yes"]
    return f"flow: {name}\nnodes:\n{nodes}edges:\n{edges}ends: [{', '.join(ends)}]\n"


def ours(run: Run, near: str, flow: str, count: int = HOPS) -> Ends:
    return Ends(near, f"wattwire/{flow}/hop1/in/body", f"wattwire/{flow}/hop{count}/yes", enveloped)


@contextmanager
def side_by_side(folder: Path) -> Iterator[tuple[dict[str, Chain], dict[str, str]]]:
    """Every chain that can be had here, each answering; and why others are absent."""
    (folder / "hops.yaml").write_text(hops("hops"))
    (folder / "hopsTcp.yaml").write_text(hops("hopsTcp"))
    with ExitStack() as stack:
        run = stack.enter_context(running(str(folder / "hops.yaml")))
        tcp, unix, broker = run.broker, run.unix, run.of("broker")
        chains = {"ours, unix": Chain("ours, unix", ours(run, unix, "hops"), run.of("nodes"), run.pids)}
        far = stack.enter_context(running(str(folder / "hopsTcp.yaml"), "--broker", tcp))
        chains["ours, TCP"] = Chain("ours, TCP", ours(far, unix, "hopsTcp"), far.of("nodes"), far.pids + broker)
        absent: dict[str, str] = {}
        for name, begin in peers(tcp, unix).items():
            say(f"chain: starting {name}")
            try:
                topics = [f"{name.replace(' ', '').replace(',', '')}/{i}" for i in range(HOPS + 1)]
                pids = stack.enter_context(begin(topics))
                chains[name] = Chain(name, Ends(unix, topics[0], topics[-1], plain), pids, pids + broker)
                chains[name].ends.answers()
            except (Absent, RuntimeError, TimeoutError) as wrong:
                chains.pop(name, None)
                absent[name] = str(wrong)
                loud(f"{name} is left out: {wrong}")
        for chain in chains.values():
            stack.callback(chain.ends.close)
            chain.ends.answers()
        yield chains, absent


def peers(tcp: str, unix: str) -> dict[str, Callable[[list[str]], AbstractContextManager[list[int]]]]:
    port = urlsplit(tcp).port or 1883

    @contextmanager
    def red(topics: list[str], patched: bool) -> Iterator[list[int]]:
        with node_red_running(segments(port, topics), patched) as (process, _):
            yield [process.pid]

    @contextmanager
    def each(topics: list[str], command: list[str], *at: str) -> Iterator[list[int]]:
        with ExitStack() as stack:
            pids = []
            for source, target in pairwise(topics):
                hop = started([*command, *at, source, target])
                stack.callback(ended, hop)
                pids.append(hop.pid)
            yield pids

    paho = [sys.executable, "-m", "tests.bench.plain_hop"]
    path = urlsplit(unix).path
    return {
        "Node-RED": lambda topics: red(topics, False),
        "Node-RED, patched": lambda topics: red(topics, True),
        "paho, unix": lambda topics: each(topics, paho, unix),
        "paho, TCP": lambda topics: each(topics, paho, tcp),
        "C, unix": lambda topics: each(topics, [str(c_hop())], path, "0"),
        "C, TCP": lambda topics: each(topics, [str(c_hop())], "127.0.0.1", str(port)),
    }
