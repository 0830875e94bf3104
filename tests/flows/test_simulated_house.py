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
    ("kind", "port", "hours"),
    [
        ("500", "teslaState.failed", 1),
        ("401", "teslaState.unauthorised", 1),
        ("429", "teslaState.throttled", 1),
        ("asleep", "teslaState.asleep", 1),
        ("offline", "teslaState.offline", 1),
        ("login_required", "teslaToken.refused", 8),  # when the token is renewed
    ],
)
def test_every_fault_of_tesla_can_be_tried_on_it(kind: str, port: str, hours: int) -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    bench = Bench(house(), start)
    bench.put(start + timedelta(minutes=10), "simTesla.fault", {"kind": kind})
    bench.run(start + timedelta(hours=hours))

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


@pytest.mark.parametrize(
    ("wish", "wakes", "done"), [({"do": "limit", "value": 70}, 1, ["limit"]), ({"do": "stop"}, 0, ["stop"])]
)
def test_a_command_wakes_a_sleeping_car_once_and_is_carried_on_and_a_stop_does_not(
    wish: dict[str, object], wakes: int, done: list[str]
) -> None:
    start = datetime(2026, 11, 20, 14, tzinfo=UTC)
    bench = Bench(house(), start)
    at = start + timedelta(hours=2)
    bench.put(at, "teslaCommand.command", {"at": at.isoformat(), "owner": "me", **wish})
    bench.run(at + timedelta(minutes=10))

    called = [s.request.url for s in bench.seen if s.request and s.request.url.endswith("/wake_up")]
    assert [c.state for c in bench.bodies("teslaState.car") if c.at < at][-1] == "asleep"
    assert len(called) == wakes
    assert [d.do for d in bench.bodies("teslaCommand.done")] == done
    assert bench.faults == []


def test_the_books_are_kept_by_the_half_hour() -> None:
    bench = lived(3, datetime(2026, 11, 20, 12, 1, tzinfo=UTC))

    slots = {f"{slot.start:%d %H:%M}": slot for slot in bench.bodies("dispatchLedger.record")[-1].slots}
    halves = bench.bodies("costMeter.half_hour")
    assert (slots["20 13:00"].band, slots["20 13:00"].rung) == ("cheap", "started")
    assert [f"{half.start:%H:%M}" for half in halves] == ["12:00", "12:30", "13:00", "13:30", "14:00", "14:30"]
    assert [half.house_price for half in halves][1:4] == [28.0, 7.0, 28.0]
    assert halves[2].car == pytest.approx(3.55, abs=0.1)
    assert bench.bodies("costMeter.day")[-1].cost > 0
