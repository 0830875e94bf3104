"""What a node counts of itself. Plain numbers on the hot path; names and units only when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from .edges import COUNTS, Carrier
from .house import HouseMeters

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)  # seconds


@dataclass(eq=False)
class Meters:
    """Of one node process since it started."""

    inputs: Counter[tuple[str, str]] = field(default_factory=Counter)  # (edge, in port)
    outputs: Counter[str] = field(default_factory=Counter)  # out port
    replies: Counter[int] = field(default_factory=Counter)  # HTTP status, 0 for none
    repetitions: int = 0
    set_aside: int = 0
    waiting: int = 0  # outputs that the broker has not confirmed
    latency: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    latency_sum: float = 0.0
    house: HouseMeters = field(default_factory=HouseMeters)
    carrier: Carrier | None = None

    def took(self, seconds: float) -> None:
        """From an input's arrival to its outputs being on their way."""
        self.latency[bisect_left(BUCKETS, seconds)] += 1
        self.latency_sum += seconds

    def text(self) -> str:
        """All of it as Prometheus reads it."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry).decode()

    def collect(self) -> Iterator[Metric]:
        yield _counter("messages_in", "Messages taken, by the edge they came along.", ["edge", "port"],
                       (([edge, port], n) for (edge, port), n in self.inputs.items()))  # fmt: skip
        yield _counter("messages_out", "Messages sent.", ["port"], (([p], n) for p, n in self.outputs.items()))
        yield _counter("http_replies", "Replies to the node's HTTP calls; status 0 is no answer.", ["status"],
                       (([str(s)], n) for s, n in self.replies.items()))  # fmt: skip
        yield _counter("repetitions", "Inputs that were recognised as repeated.", [], [([], self.repetitions)])
        yield _counter("set_aside", "Inputs that no call could digest.", [], [([], self.set_aside)])
        yield _gauge("outbox_messages", "Sent and not yet confirmed.", [], [([], self.waiting)])
        total, cumulated = 0, []
        for edge, count in zip([*map(str, BUCKETS), "+Inf"], self.latency, strict=True):
            total += count
            cumulated.append((edge, float(total)))
        told = "From an input's arrival to its outputs being on their way."
        latency = HistogramMetricFamily("wattwire_latency_seconds", told)
        latency.add_metric([], cumulated, self.latency_sum)
        yield latency
        if self.carrier is not None:
            yield from _edges(self.carrier)
        yield from self.house.collect()


def _edges(carrier: Carrier) -> Iterator[Metric]:
    told = {
        "followed": "Messages handed over.",
        "displaced": "Waiting messages whose place a newer one took.",
        "dropped": "Failures of another chain while a retry was under way.",
        "held_back": "Messages within the span of `every`.",
        "spent": "Messages handed to `spent` as their attempts were used up.",
    }
    for count in COUNTS:
        yield _counter(f"edge_{count}", told[count], ["edge"],
                       (([name], it.counts[count]) for name, it in carrier.edges.items()))  # fmt: skip
    waits = [(name, it.waiting) for name, it in carrier.edges.items()]
    yield _gauge(
        "edge_waiting", "1 while the edge holds a message.", ["edge"], (([n], w is not None) for n, w in waits)
    )
    yield _gauge("edge_due_timestamp_seconds", "When the held message will be handed over.", ["edge"],
                 (([n], w.until.timestamp()) for n, w in waits if w))  # fmt: skip


def _counter(name: str, told: str, labels: list[str], rows: Iterable[tuple[list[str], float]]) -> Metric:
    family = CounterMetricFamily(f"wattwire_{name}", told, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def _gauge(name: str, told: str, labels: list[str], rows: Iterable[tuple[list[str], float]]) -> Metric:
    family = GaugeMetricFamily(f"wattwire_{name}", told, labels=labels)
    for values, number in rows:
        family.add_metric(values, float(number))
    return family
