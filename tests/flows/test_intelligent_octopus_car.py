"""The shipped flow and the car: it is looked at as often as it is worth, and never woken."""

import itertools
from datetime import timedelta
from functools import partial

import pytest
from octopus_house import ASLEEP, START, asked, bench, car, plan, run, said

from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Reply, Secret


def details(bench: Bench) -> list[str]:
    """When the car itself was read, and not only Tesla's servers."""
    asked = bench.requests("teslaState")
    return [f"{s.at:%H:%M:%S}" for s in asked if s.request and "vehicle_data" in s.request.url]


def test_a_sleeping_car_is_looked_at_every_10_minutes_by_the_cheap_read_alone() -> None:
    flow = run(50)

    looks = [s.at for s in flow.requests("teslaState")]
    assert max(b - a for a, b in itertools.pairwise(looks)) == timedelta(minutes=10)
    assert len(looks) == 6  # the hour's one as well
    assert {s.request.url for s in flow.requests("teslaState") if s.request} == {
        "https://fleet-api.prd.eu.vn.cloud.tesla.com/api/1/vehicles/VIN1"
    }


def test_a_sleeping_car_is_looked_at_once_a_dispatch_begins_by_the_cheap_read_alone() -> None:
    flow = run(35, dispatchFetcher=plan("12:30-13:00"))

    assert {"12:30:00", "12:32:00", "12:34:00"} <= set(asked(flow, "teslaState"))
    assert details(flow) == []


def test_a_car_that_is_awake_is_looked_at_every_minute_and_read_when_it_had_the_time_to_fall_asleep() -> None:
    flow = run(50, teslaState=partial(car, "Stopped"))

    assert [at[:5] for at in details(flow)] == ["12:00", "12:21", "12:42"]
    assert len(asked(flow, "teslaState")) >= 50


@pytest.mark.parametrize(("before", "after"), [(0.0, 7000.0), (7000.0, 0.0)])
def test_a_car_that_the_house_sees_begin_or_cease_to_draw_is_read_at_once(before: float, after: float) -> None:
    flow = bench(teslaState=partial(car, "Charging" if before else "Stopped"))
    for minute, power in ((1, before), (13, after)):
        at = START + timedelta(minutes=minute)
        flow.put(at, "simGx.ev", {"at": at.isoformat(), "power": power})
    flow.run(START + timedelta(minutes=14))

    assert [at[:5] for at in details(flow)][-1] == "12:13"


@pytest.mark.parametrize(
    ("answer", "port"),
    [(Reply(403, {"error": "Unauthorized missing scopes"}), "forbidden"), (Reply(404, {"error": "not_found"}), "gone")],
)
def test_what_trying_again_cannot_help_is_said_and_tried_once_an_hour(answer: Reply, port: str) -> None:
    flow = run(200, teslaState=lambda request, now: answer)

    assert [at[:2] for at in flow.times(f"teslaState.{port}")] == ["12", "12", "13", "14"]
    assert len(asked(flow, "teslaState")) == 4
    assert len([why for why in said(flow) if "Tesla" in why]) == 1


def test_a_workshop_and_a_radio_hole_are_nothing_to_say() -> None:
    for answer in (Reply(405, {"error": "vehicle is currently in service"}), Reply(408, {"error": "timeout"})):
        assert not [why for why in said(run(60, teslaState=lambda r, now, answer=answer: answer)) if "car" in why]  # type: ignore[misc]


@pytest.mark.parametrize("answer", [ASLEEP, Reply(408, {"error": "vehicle unavailable: asleep"}), Reply(408), Reply(0)])
def test_nobody_ever_wakes_the_car(answer: Reply) -> None:
    flow = run(300, teslaState=lambda request, now: answer, dispatchFetcher=plan("12:30-14:00"))

    asked = [s.request for s in flow.seen if s.request]
    assert asked
    assert not any("wake" in r.url or r.method == "POST" for r in asked if "tesla" in r.url and "token" not in r.url)


def test_a_car_that_is_awake_and_charges_is_read_every_5_minutes() -> None:
    flow = run(14, teslaState=partial(car, "Charging"))

    assert details(flow) == ["12:00:10", "12:05:10", "12:10:10"]


def test_each_refresh_token_of_tesla_s_is_used_once() -> None:
    flow = run(60 * 13)

    shown = [s.request.form["refresh_token"] for s in flow.requests("teslaToken") if s.request and s.request.form]
    assert shown == [Secret("r0"), Secret("r120010"), Secret("r180010")]


def test_a_token_that_is_refused_is_renewed_once_and_then_somebody_is_told() -> None:
    flow = run(100, teslaState=lambda request, now: Reply(401))

    renewed = asked(flow, "teslaToken")
    assert [at[:2] for at in renewed] == ["12", "12", "13"]  # at the start, and once an hour
    assert [why for why in said(flow) if "token" in why] == [f"{at} Tesla does not accept the token" for at in renewed]


def test_a_refresh_token_survives_the_death_of_its_node() -> None:
    flow = bench()
    flow.do(START + timedelta(hours=1), partial(flow.crash, "teslaToken"))
    flow.run(START + timedelta(hours=7))

    shown = [s.request.form["refresh_token"] for s in flow.requests("teslaToken") if s.request and s.request.form]
    assert shown == [Secret("r0"), Secret("r120010")]
