"""What a node counts of itself, as Prometheus reads it."""

from datetime import UTC, datetime, timedelta

import pytest

from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.graph import Backoff, Edge
from wattwire.flows.engine.house import HouseMeters
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.meters import Meters, kind
from wattwire.nodes import Reply
from wattwire.nodes.energy_messages import Day
from wattwire.nodes.messages import Car, Dispatch, House, Lease, Plan, Rate
from wattwire.nodes.slot_record import Record

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def told(*bodies: object, port: str = "out", now: datetime = NOON) -> dict[str, float]:
    """What the house's meters say once these messages have left."""
    meters = HouseMeters()
    for body in bodies:
        meters.note(port, body)
    found = {}
    for family in meters.collect(now.timestamp()):
        for s in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(s.labels.items()))
            found[f"{s.name.removeprefix('energy_')}{{{labels}}}" if labels else s.name.removeprefix("energy_")] = (
                s.value
            )
    return found


def rate(**more: object) -> Rate:
    given = {"at": NOON, "until": NOON + timedelta(minutes=30), "house": 7.0, "car": None, "band": "cheap", **more}
    return Rate(**given)  # type: ignore[arg-type]


def test_a_message_is_counted_under_the_edge_it_came_along() -> None:
    meters = Meters(edges=frozenset({"a.out>b.in"}))
    meters.came("a.out>b.in", "in")
    meters.came("a.out>b.in", "in")

    assert 'wattwire_messages_in_total{edge="a.out>b.in",port="in"} 2.0' in lines(meters.text())


def test_whoever_names_an_edge_that_is_none_makes_no_label() -> None:
    meters = Meters(edges=frozenset({"a.out>b.in"}))
    for n in range(1000):
        meters.came(f"made.up>{n}", "in")

    counted = [line for line in lines(meters.text()) if line.startswith("wattwire_messages_in")]
    assert counted == ['wattwire_messages_in_total{edge="outside",port="in"} 1000.0']


def test_a_node_that_has_sent_nothing_says_nothing_of_when() -> None:
    meters = Meters()

    assert not [line for line in lines(meters.text()) if "last_message" in line]

    meters.left("out", "anything")

    assert len([line for line in lines(meters.text()) if line.startswith("wattwire_last_message_timestamp")]) == 1


def test_a_call_that_a_budget_did_not_allow_is_no_reply() -> None:
    meters = Meters()
    for reply in (Reply(200), Reply(0, why="no answer"), Reply(0, spent="plan"), Reply(0, spent="plan")):
        meters.answered(reply)

    assert [line for line in lines(meters.text()) if "http" in line or "calls" in line] == [
        'wattwire_http_replies_total{status="200"} 1.0',
        'wattwire_http_replies_total{status="0"} 1.0',
        'wattwire_calls_refused_total{budget="plan"} 2.0',
    ]


def test_latencies_add_up() -> None:
    meters = Meters()
    for seconds in (0.0005, 0.001, 0.003, 60.0):
        meters.took(seconds)

    found = [line.removeprefix("wattwire_latency_seconds_") for line in lines(meters.text()) if "latency" in line]
    assert found[:3] == ['bucket{le="0.001"} 2.0', 'bucket{le="0.0025"} 2.0', 'bucket{le="0.005"} 3.0']
    assert found[-3:] == ['bucket{le="+Inf"} 4.0', "count 4.0", "sum 60.0045"]


@pytest.mark.parametrize(
    ("edge", "word"),
    [
        (Edge("a.x", "b.y", times=5, spent="c.z"), "retry"),
        (Edge("a.x", "b.y", after=Backoff(timedelta(seconds=10), factor=2)), "retry"),
        (Edge("a.x", "b.y", after=Backoff(timedelta(minutes=15))), "delay"),
        (Edge("a.x", "b.y", every=timedelta(hours=1)), "limit"),
    ],
)
def test_an_edge_is_known_by_what_it_is_for(edge: Edge, word: str) -> None:
    assert kind(edge) == word


def test_every_edge_that_is_not_plain_has_its_counts_from_the_start() -> None:
    flow = load("simulated_house")
    text = Meters(carrier=Carrier(flow)).text()

    followed = [line for line in lines(text) if line.startswith("wattwire_edge_followed_total")]
    assert len(followed) == len(flow.carried())
    assert {line.rpartition(" ")[2] for line in followed} == {"0.0"}
    assert not [line for line in lines(text) if "edge_due" in line]


def test_what_is_unknown_has_no_sample() -> None:
    found = told(rate(house=None, allowance_left=None), Car(at=NOON), House(at=NOON, grid=0.0))

    assert [name for name in found if name.startswith("unit_rate")] == []
    assert [name for name in found if "allowance" in name or "soc" in name or "charging" in name] == []
    assert found["power_watts{point=grid}"] == 0.0


def test_a_price_of_nothing_is_a_price() -> None:
    assert told(rate(house=0.0))["unit_rate_pence_per_kwh{use=house}"] == 0.0


def test_a_band_is_one_of_three() -> None:
    found = told(rate(band="unsure"))

    assert {k: v for k, v in found.items() if k.startswith("rate_band")} == {
        "rate_band{band=cheap}": 0.0,
        "rate_band{band=standard}": 0.0,
        "rate_band{band=unsure}": 1.0,
    }


def test_an_allowance_is_told_in_seconds() -> None:
    assert told(rate(allowance_left=5.5))["rate_allowance_left_seconds"] == 19800.0


def test_the_next_dispatch_is_the_first_that_has_not_ended() -> None:
    def dispatch(start: int, end: int, **more: object) -> Dispatch:
        hour = timedelta(hours=1)
        return Dispatch(start=NOON + start * hour, end=NOON + end * hour, **more)  # type: ignore[arg-type]

    plan = Plan(
        at=NOON, dispatches=(dispatch(3, 4), dispatch(-2, -1), dispatch(-1, 1), dispatch(-1, 2, status="completed"))
    )

    found = told(plan)

    assert found["plan_dispatches"] == 2.0
    assert found["plan_next_start_timestamp_seconds"] == (NOON - timedelta(hours=1)).timestamp()
    assert found["plan_next_end_timestamp_seconds"] == (NOON + timedelta(hours=1)).timestamp()
    assert "plan_next_start_timestamp_seconds" not in told(plan, now=NOON + timedelta(days=1))


def test_a_lease_that_was_wished_is_not_one_that_was_confirmed() -> None:
    meters = HouseMeters()
    meters.note("lease", Lease(mode="charge", until=NOON))
    meters.note("confirmed", Lease(mode="release", until=NOON))

    found = {(s.labels["port"], s.labels["mode"]) for f in meters.collect(0) for s in f.samples if s.value == 1}
    assert found == {("lease", "charge"), ("confirmed", "release")}


def test_the_newest_of_a_kind_counts() -> None:
    assert told(rate(house=28.0), rate(house=7.0))["unit_rate_pence_per_kwh{use=house}"] == 7.0


def test_a_day_is_told_in_pence_and_kilowatt_hours() -> None:
    found = told(Day(day=NOON.date(), half_hours=3, unknown=1, house=2.5, car=7.0, exported=0.5, cost=54.2, saved=-3.0))

    assert found == {
        "day_cost_pence": 54.2,
        "day_saved_pence": -3.0,
        "day_kwh{use=house}": 2.5,
        "day_kwh{use=car}": 7.0,
        "day_kwh{use=export}": 0.5,
        "day_unknown_half_hours": 1.0,
    }


def test_a_rung_is_one_of_four_or_none() -> None:
    def rungs(**more: object) -> set[str]:
        return {k for k, v in told(rate(**more)).items() if k.startswith("rate_rung") and v}

    assert (rungs(rung="offered"), rungs()) == ({"rate_rung{rung=offered}"}, set())


def test_the_record_tells_how_often_octopus_agreed() -> None:
    record = Record(at=NOON, allowance_left=2.0, slots=(), agreeing=12, differing=1)

    assert told(record) == {"slots{verdict=agreeing}": 12.0, "slots{verdict=differing}": 1.0}
