"""What a node counts of itself. Plain numbers on the hot path; names, units and text only when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import time

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from wattwire.nodes import Reply

from .edges import COUNTS, Carrier
from .graph import Edge
from .house import HouseMeters
from .work import Sent

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)  # seconds
OUTSIDE = "outside"
"""For messages that came along no edge of the flow. Anybody may name any edge in an envelope; labels must stay few."""

TOLD = {
    "followed": "Messages handed over.",
    "displaced": "Waiting messages whose place a newer one took.",
    "dropped": "Failures of another chain while a retry was under way.",
    "held_back": "Messages within the span of `every`.",
    "spent": "Messages handed to `spent` as their attempts were used up.",
}


@dataclass(eq=False)
class Meters:
    """Of one node process since it started."""

    edges: frozenset[str] = frozenset()  # of the flow
    inputs: Counter[tuple[str, str]] = field(default_factory=Counter)  # (edge, in port)
    outputs: Counter[str] = field(default_factory=Counter)  # out port
    replies: Counter[int] = field(default_factory=Counter)  # HTTP status, 0 for none
    spent: Counter[str] = field(default_factory=Counter)  # budget -> calls that it did not allow
    repetitions: int = 0
    set_aside: int = 0
    queued: int = 0  # inputs that have not had their turn
    waiting: int = 0  # outputs that the broker has not confirmed
    latency: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    latency_sum: float = 0.0
    last: float | None = None  # time of the last message that left
    house: HouseMeters = field(default_factory=HouseMeters)
    carrier: Carrier | None = None

    def came(self, edge: str, port: str) -> None:
        """A message on an in port, along an edge or from outside; the carrier of edges has no in ports."""
        self.inputs[edge if edge in self.edges else OUTSIDE, "" if self.carrier else port] += 1

    def sent(self, sent: Sequence[Sent]) -> None:
        """Messages out of ports."""
        for it in sent:
            self.left(it.envelope.source.partition(".")[2], it.body)

    def left(self, port: str, body: object) -> None:
        """A message out of a port."""
        self.outputs[port] += 1
        self.last = time()
        self.house.note(port, body)

    def answered(self, reply: Reply) -> None:
        """A call came back, or was not made."""
        if reply.spent:
            self.spent[reply.spent] += 1
        else:
            self.replies[reply.status] += 1

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
        yield _gauge("last_message_timestamp_seconds", "When a message last left the node.", [], _known(self.last))
        yield _counter("http_replies", "Replies to the node's HTTP calls; status 0 is no answer.", ["status"],
                       (([str(s)], n) for s, n in self.replies.items()))  # fmt: skip
        yield _counter("calls_refused", "HTTP calls that were not made, as a budget was spent.", ["budget"],
                       (([b], n) for b, n in self.spent.items()))  # fmt: skip
        yield _counter("repetitions", "Inputs that were recognised as repeated.", [], [([], self.repetitions)])
        yield _counter("set_aside", "Inputs set aside, as no call could process them.", [], [([], self.set_aside)])
        yield _gauge("queued_messages", "Inputs that have not had their turn.", [], [([], self.queued)])
        yield _gauge("outbox_messages", "Sent, and not yet confirmed by the broker.", [], [([], self.waiting)])
        yield self._latency()
        if self.carrier is not None:
            yield from _edges(self.carrier)
        yield from self.house.collect(time())

    def _latency(self) -> Metric:
        total, cumulated = 0, []
        for edge, count in zip([*map(str, BUCKETS), "+Inf"], self.latency, strict=True):
            total += count
            cumulated.append((edge, float(total)))
        told = "From an input's arrival to its outputs being on their way, an HTTP call included."
        latency = HistogramMetricFamily("wattwire_latency_seconds", told)
        latency.add_metric([], cumulated, self.latency_sum)
        return latency


def kind(edge: Edge) -> str:
    """What an edge that is not plain is there for: one word, as a label."""
    if edge.times is not None or (edge.after is not None and edge.after.factor != 1):
        return "retry"
    return "delay" if edge.after is not None else "limit"


def _edges(carrier: Carrier) -> Iterator[Metric]:
    by, edges = ["edge", "kind"], [([name, kind(it.edge)], it) for name, it in carrier.edges.items()]
    for count in COUNTS:
        yield _counter(f"edge_{count}", TOLD[count], by, ((of, it.counts[count]) for of, it in edges))
    yield _gauge("edge_waiting", "1 while the edge holds a message.", by,
                 ((of, it.waiting is not None) for of, it in edges))  # fmt: skip
    yield _gauge("edge_due_timestamp_seconds", "When the message that the edge holds will be handed over.", by,
                 ((of, it.waiting.until.timestamp()) for of, it in edges if it.waiting))  # fmt: skip


def _known(value: float | None) -> list[tuple[list[str], float]]:
    return [] if value is None else [([], value)]


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
