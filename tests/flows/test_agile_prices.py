"""Tomorrow's half hours are asked for in the afternoon until all are there, and no longer: with a simulated Octopus."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.nodes.messages import Prices, Rate

FLOW = """flow: agile
nodes:
  start:        {type: inject}
  minute:       {type: clock, config: {every: 1m}}
  hour:         {type: clock, config: {every: 1h, offset: 5m30s, jitter: 5m}}
  simOctopus:   {type: simOctopus}
  rateFetcher:
    type: rateFetcher
    config:
      product: AGILE-24-10-01
      tariff: E-1R-AGILE-24-10-01-A
      export_product: AGILE-OUTGOING-19-05-13
      export_tariff: E-1R-AGILE-OUTGOING-19-05-13-A
      url: http://simOctopus.flow/v1
  rateResolver: {type: rateResolver, config: {tariff: agile}}
edges:
  - {from: start.out,              to: rateFetcher.poll}
  - {from: hour.tick,              to: rateFetcher.poll}
  - {from: rateFetcher.incomplete, to: rateFetcher.poll, after: {first: 10m, jitter: 20%}}
  - {from: rateFetcher.incomplete, to: rateResolver.prices}
  - {from: rateFetcher.prices,     to: rateResolver.prices}
  - {from: minute.tick,            to: rateResolver.tick}
ends: [rateFetcher.empty, rateFetcher.failed, rateResolver.cheap, rateResolver.standard, rateResolver.unsure,
       simOctopus.ev]
"""


@cache
def house() -> Flow:
    return load_text(FLOW)


def lived(start: str, hours: float) -> Bench:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return Bench(house(), begin).run(begin + timedelta(hours=hours))


def rates(bench: Bench) -> list[Rate]:
    return [s.body for s in bench.seen if isinstance(s.body, Rate) and s.source.startswith("rateResolver")]


@pytest.mark.parametrize("start", ["2026-11-20T14:00:00", "2026-07-01T13:00:00"])  # two o'clock on the clock
def test_from_five_past_four_it_asks_every_ten_minutes_until_tomorrow_is_there(start: str) -> None:
    flow = lived(start, 4)
    begin = datetime.fromisoformat(start)
    wanting, whole = (
        [datetime.strptime(t, "%H:%M:%S") - datetime.strptime(f"{begin:%H:%M:%S}", "%H:%M:%S") for t in flow.times(p)]
        for p in ("rateFetcher.incomplete", "rateFetcher.prices")
    )
    four = timedelta(hours=2)

    assert wanting
    assert all(four + timedelta(minutes=5) <= t < four + timedelta(minutes=20) for t in wanting)
    assert any(four + timedelta(minutes=20) <= t < four + timedelta(minutes=33) for t in whole)
    assert len([t for t in whole if t > four + timedelta(minutes=33)]) == 1  # and then but once an hour


@pytest.mark.parametrize(
    ("start", "since", "listed"),
    [
        ("2026-11-20T17:00:00", "2026-11-20T23:00:00", 48),
        ("2026-03-28T17:00:00", "2026-03-28T23:00:00", 46),
        ("2026-10-24T17:00:00", "2026-10-24T22:00:00", 50),
    ],
)
def test_days_of_46_48_and_50_half_hours_are_whole(start: str, since: str, listed: int) -> None:
    flow = lived(start, 0.1)
    (prices,) = (s.body for s in flow.seen if isinstance(s.body, Prices))
    tonight = datetime.fromisoformat(since).replace(tzinfo=UTC)

    assert flow.times("rateFetcher.incomplete") == []
    assert sum(p.start >= tonight for p in prices.import_) == listed
    assert len(prices.export) == len(prices.import_)


def test_the_cheapest_four_hours_of_a_day_are_cheap_and_less_than_nothing_is_a_price() -> None:
    sunday = rates(lived("2026-11-22T00:00:00", 24))
    cheap = sorted({f"{r.at:%H:%M}" for r in sunday if r.band == "cheap" and r.at.minute in (0, 30)})

    assert cheap == ["11:00", "11:30", "12:00", "12:30", "13:00", "13:30", "14:00", "14:30"]
    assert min(r.house for r in sunday if r.house is not None) < 0
    assert all(r.export is not None for r in sunday[2:])
