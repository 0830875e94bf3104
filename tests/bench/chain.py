"""Five hops, QoS 1, 200 bytes of JSON: throughput, processor time a hop, and latency, all chains in turn."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from .chains import HOPS, Chain, side_by_side
from .ends import percentile
from .processes import busy
from .progress import say
from .table import Row, least, most

NAME = "chain"
SUBJECT = "a chain of five hops, QoS 1, 200 bytes of JSON"
MOST = 12000  # messages in a round


def measure(rounds: int, quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, side_by_side(Path(folder)) as (chains, _):
        for chain in chains.values():  # a first round warms up, and finds how many messages take a second
            rate = chain.ends.saturated(chain.count)
            if not quick:
                chain.ends.rest()
                rate = chain.ends.saturated(max(chain.count, min(int(rate), MOST)))
            chain.count = max(100, min(int(rate * (0.2 if quick else 1)), MOST))
            chain.ends.rest()
            say(f"chain: {chain.name} {rate:.0f}/s")
        for i in range(rounds):
            say(f"chain: round {i + 1} of {rounds}")
            for chain in chains.values():
                full(chain)
            for chain in chains.values():
                at_ease(chain, quick)
        return rows(chains)


def full(chain: Chain) -> None:
    hops, everything = busy(chain.pids), busy(chain.all)
    chain.rates.append(chain.ends.saturated(chain.count))
    chain.ends.rest(0.2)  # the last acknowledgements are part of it
    passed = chain.count * HOPS
    chain.costs.append((busy(chain.pids) - hops) / passed * 1e6)
    chain.whole.append((busy(chain.all) - everything) / passed * 1e6)


def at_ease(chain: Chain, quick: bool) -> None:
    took = chain.ends.paced(50 if quick else 150, 100)
    chain.p50.append(median(took))
    chain.p99.append(percentile(took, 99))
    chain.ends.rest(0.1)
    chain.narrow.append(chain.ends.windowed(60 if quick or chain.name == "Node-RED" else 500, 20))
    chain.alone.append(median(chain.ends.single(10 if quick or chain.name == "Node-RED" else 100)))


def rows(chains: dict[str, Chain]) -> list[Row]:
    near, far = chains["ours, unix"], chains["ours, TCP"]

    def row(what: str, of: str, unit: str, peer: str, ours: Chain = near, **target: object) -> Row:
        theirs = median(getattr(chains[peer], of)) if peer in chains else None
        mine = median(getattr(ours, of))
        return Row(subject=SUBJECT, what=what, ours=mine, unit=unit, peer=peer, theirs=theirs, **target)  # type: ignore[arg-type]

    sat, sat_tcp = "saturated", "saturated, over TCP"
    cpu, everything = "processor, the hops' own", "processor, broker and all"
    p50, p99, alone = "p50 at 100/s", "p99 at 100/s", "one under way"
    return [
        row(sat, "rates", "/s", "Node-RED", target=least(9)),
        row(sat, "rates", "/s", "Node-RED, patched", target=least(1.1)),
        row(sat, "rates", "/s", "paho, unix"),
        row(sat, "rates", "/s", "C, unix", target=least(0.65)),
        row(sat_tcp, "rates", "/s", "Node-RED, patched", far),
        row(sat_tcp, "rates", "/s", "paho, TCP", far),
        row(sat_tcp, "rates", "/s", "C, TCP", far, target=least(0.65)),
        row("20 under way", "narrow", "/s", "Node-RED"),
        row("20 under way", "narrow", "/s", "Node-RED, patched"),
        row("20 under way", "narrow", "/s", "C, unix"),
        row(cpu, "costs", "µs a hop", "Node-RED, patched"),
        row(cpu, "costs", "µs a hop", "paho, unix", target=most(0.8)),
        row(cpu, "costs", "µs a hop", "C, unix"),
        row(f"{cpu}, over TCP", "costs", "µs a hop", "paho, TCP", far, target=most(0.8)),
        row(everything, "whole", "µs a hop", "Node-RED, patched"),
        row(everything, "whole", "µs a hop", "paho, unix"),
        row(p50, "p50", "ms", "Node-RED", target=most(1 / 30)),
        row(p50, "p50", "ms", "Node-RED, patched", target=most(1)),
        row(p50, "p50", "ms", "paho, unix"),
        row(p50, "p50", "ms", "C, unix", target=most(3)),
        row(f"{p50}, over TCP", "p50", "ms", "C, TCP", far, target=most(3)),
        row(p99, "p99", "ms", "Node-RED, patched"),
        row(p99, "p99", "ms", "C, unix"),
        row(alone, "alone", "ms", "Node-RED"),
        row(alone, "alone", "ms", "Node-RED, patched"),
        row(alone, "alone", "ms", "C, unix"),
        row(f"{alone}, over TCP", "alone", "ms", "C, TCP", far),
        Row(subject=SUBJECT, what=f"lost, or out of order, of {near.ends.total + far.ends.total:,}",
            ours=float(near.ends.wrong + far.ends.wrong), target=most(0)),
    ]  # fmt: skip
