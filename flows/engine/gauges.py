"""What the supervisor knows of its nodes, as Prometheus reads it."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from .ledger import standing
from .statefolder import BUDGETS

if TYPE_CHECKING:
    from .minder import Minder
    from .supervisor import Supervisor


class SupervisorGauges:
    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        it, by = self._supervisor, ["flow", "node"]
        up = GaugeMetricFamily("wattwire_node_up", "Whether the node's process runs and is ready.", labels=by)
        restarts = CounterMetricFamily("wattwire_node_restarts", "Starts of the process after its first.", labels=by)
        crashes = CounterMetricFamily("wattwire_node_crashes", "Ends of the process that nobody asked for.", labels=by)
        looping = GaugeMetricFamily("wattwire_node_crash_loop", "Whether it crashes again and again.", labels=by)
        began = GaugeMetricFamily("wattwire_node_start_timestamp_seconds", "When the process was started.", labels=by)
        held = GaugeMetricFamily("wattwire_node_resident_memory_bytes", "Memory of the process, shared pages included.",
                                 labels=by)  # fmt: skip
        for flow, run in it.runs.items():
            for name, minder in run.minders.items():
                if name not in run.owned:
                    continue
                at = [flow, name]
                up.add_metric(at, float(minder.process is not None and minder.seated))
                restarts.add_metric(at, minder.restarts)
                crashes.add_metric(at, minder.crashes)
                looping.add_metric(at, float(minder.restarts_policy.looping))
                began.add_metric(at, minder.began.timestamp())
                if (size := memory(minder)) is not None:
                    held.add_metric(at, size)
        yield from (up, restarts, crashes, looping, began, held)
        kind = it.broker.kind if it.broker else "external"
        broker = InfoMetricFamily("wattwire_broker", "The broker in use.")
        broker.add_metric([], {"kind": kind})
        yield broker
        connected = GaugeMetricFamily("wattwire_broker_up", "Whether the supervisor is connected to the broker.")
        connected.add_metric([], float(it.connected))
        yield connected
        again = CounterMetricFamily("wattwire_broker_restarts", "Restarts of the private broker.")
        again.add_metric([], it.broker.restarts if it.broker else 0)
        yield again
        own = GaugeMetricFamily("wattwire_supervisor_resident_memory_bytes", "Memory of the supervisor.")
        own.add_metric([], resident(os.getpid()) or 0)
        yield own
        yield from spending(it.options.root / BUDGETS, datetime.now(UTC))


def spending(path: Path, now: datetime) -> Iterator[Metric]:
    """How the budgets stand, of every flow that shares the file. What cannot be read has no sample."""
    by = ["flow", "budget", "per"]  # no flow: calls into the world; else those to that flow's simulators
    used = GaugeMetricFamily("wattwire_budget_used", "Spent in the span up to now.", labels=by)
    most = GaugeMetricFamily("wattwire_budget_most", "What may be spent in the span.", labels=by)
    left = GaugeMetricFamily("wattwire_budget_left", "What is left of it.", labels=by)
    month = GaugeMetricFamily("wattwire_budget_month", "Spent in this month (UTC): calls, or money.", labels=by[:2])
    accounts, months = standing(path, now)
    for it in accounts:
        at = [it.flow, it.name, it.per]
        used.add_metric(at, it.used)
        most.add_metric(at, it.most)
        left.add_metric(at, max(0.0, it.most - it.used))
    for flow, name, cost in months:
        month.add_metric([flow, name], cost)
    yield from (used, most, left, month)


def memory(minder: Minder) -> int | None:
    return resident(minder.pid) if minder.pid else None


def resident(pid: int) -> int | None:
    """RSS in bytes, or None where there is no /proc or no such process."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return None
