"""A flow on the bench that asks, and tries again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
RETRY = """flow: f
nodes:
  clock: {type: clock, config: {every: 10m, offset: 1m}}
  fetch: {type: rateFetcher, config: {product: P, tariff: T}}
  alarm: {type: alarm}
edges:
  - {from: clock.tick, to: fetch.poll}
  - {from: fetch.failed, to: fetch.poll, after: %s, times: 3, spent: alarm.why}
  - {from: fetch.crashed, to: alarm.why}
ends: [fetch.prices, fetch.empty, alarm.said]
"""


def flow(text: str, **env: str) -> Flow:
    return load_text(text, env=env)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def retrying(after: str = "10s", **more: Any) -> Bench:
    return Bench(flow(RETRY % after), NOON, **more)
