"""The house that a newcomer runs first, lived through in made-up time."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.script import play
from wattwire.nodes.messages import Car, Lease

DAY = timedelta(days=1)


@cache
def house() -> Flow:
    return load("simulated_house", env={})


def lived(hours: float, start: datetime) -> Bench:
    return Bench(house(), start).run(start + timedelta(hours=hours))


def confirmed(bench: Bench) -> list[str]:
    """What the GX was seen to do, one after the other."""
    modes = [s.body.mode for s in bench.seen if s.source == "victronGx.confirmed" and isinstance(s.body, Lease)]
    return [mode for i, mode in enumerate(modes) if i == 0 or modes[i - 1] != mode]


@pytest.mark.parametrize("second", [0, 7, 13.5, 29, 44, 59])
@pytest.mark.parametrize("minute", [1, 29])
def test_within_two_minutes_a_dispatch_comes_the_battery_charges_the_dispatch_goes_and_it_is_released(
    minute: int, second: float
) -> None:
    bench = lived(2 / 60, datetime(2026, 11, 20, 12, minute, tzinfo=UTC) + timedelta(seconds=second))

    assert [s.body.power for s in bench.seen if s.source == "simOctopus.ev"] == [0, 7100, 0]  # type: ignore[attr-defined]
    assert "charge" in confirmed(bench)
    assert confirmed(bench)[-1] == "release"
    assert bench.faults == []


def test_a_day_and_a_night_go_by() -> None:
    bench = lived(24, datetime(2026, 11, 20, 12, tzinfo=UTC))

    drawn = [f"{s.at:%H:%M}" for s in bench.seen if s.source == "simOctopus.ev" and s.body.power]  # type: ignore[attr-defined]
    charged = [f"{s.at:%H:%M}" for s in bench.seen if isinstance(s.body, Lease) and s.body.mode == "charge"]
    assert bench.faults == []
    assert drawn == ["12:00", "13:00", "18:20", "02:10"]
    assert {"12:00", "13:00", "18:20", "23:30"} <= set(charged)
    assert max(house.soc for house in bench.bodies("victronGx.house")) >= 94
    assert bench.bodies("rateResolver.unsure") in ([], bench.bodies("rateResolver.unsure")[:1])
    assert {s.body.state for s in bench.seen if isinstance(s.body, Car)} == {"online", "asleep"}


def test_the_same_seed_lives_the_same_day_to_the_byte_and_another_one_another() -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def printed(seed: int) -> str:
        digest = hashlib.sha256()
        play(house(), [], start, start + DAY / 4, lambda line: digest.update(line.encode()), seed=seed)
        return digest.hexdigest()

    assert printed(0) == printed(0)
    assert printed(0) != printed(1)


def test_the_battery_is_never_told_to_do_more_than_the_next_hour() -> None:
    bench = lived(6, datetime(2026, 11, 20, 22, tzinfo=UTC))

    leases = [(s.at, s.body) for s in bench.seen if isinstance(s.body, Lease) and s.source == "victronController.lease"]
    assert leases
    assert all(at < lease.until <= at + timedelta(hours=1) for at, lease in leases)


@pytest.mark.parametrize(
    ("kind", "port"),
    [
        ("500", "dispatchFetcher.failed"),
        ("403html", "dispatchFetcher.blocked"),
        ("KT-CT-1199", "dispatchFetcher.throttled"),
        ("KT-CT-1124", "dispatchFetcher.unauthorised"),
        ("nullPlan", "dispatchFetcher.failed"),
        ("emptyRates", "rateFetcher.empty"),
        ("wrongKey", "krakenToken.refused"),
        ("noDevice", "krakenDevice.none"),
    ],
)
def test_every_fault_of_octopus_can_be_tried_on_it(kind: str, port: str) -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    bench = Bench(house(), start)
    bench.put(start + timedelta(minutes=10), "simOctopus.fault", {"kind": kind})
    bench.run(start + timedelta(hours=2))

    assert bench.times(port)
    assert bench.faults == []


@pytest.mark.parametrize(
    ("kind", "port"),
    [
        ("500", "teslaState.failed"),
        ("401", "teslaState.unauthorised"),
        ("429", "teslaState.throttled"),
        ("asleep", "teslaState.asleep"),
        ("offline", "teslaState.offline"),
        ("login_required", "teslaToken.refused"),
    ],
)
def test_every_fault_of_tesla_can_be_tried_on_it(kind: str, port: str) -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    bench = Bench(house(), start)
    bench.put(start + timedelta(minutes=10), "simTesla.fault", {"kind": kind})
    bench.run(start + timedelta(hours=9))

    assert bench.times(port)
    assert bench.faults == []


def test_any_node_may_die_at_any_time_and_the_house_goes_on() -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    bench = Bench(house(), start)
    for i, node in enumerate(["edges", *house().nodes]):
        bench.do(start + timedelta(minutes=5 + i), lambda node=node: bench.crash(node))  # type: ignore[misc]
    bench.run(start + timedelta(minutes=80))

    assert bench.faults == []
    assert "charge" in [s.body.mode for s in bench.seen if isinstance(s.body, Lease) and s.at.hour == 13]
    assert len(bench.requests("teslaToken")) == 1
