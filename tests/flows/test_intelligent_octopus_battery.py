"""The shipped flow and the battery: when it charges, holds and is left alone."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from octopus_house import START, USUAL, bad, bench, car, data, house, plan, run, said

from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Json, Reply, Request
from wattwire.nodes.messages import Lease

WITH_A_GX = """flow: house
include: intelligent_octopus
nodes:
  simGx: {type: simGx, config: {url: "mqtt://gx:1883"}}
"""


def leases(bench: Bench) -> list[str]:
    return [f"{s.at:%H:%M} {s.body.mode}" for s in bench.seen if isinstance(s.body, Lease) and ".lease" in s.source]


def test_without_a_network_the_battery_is_left_alone_and_a_person_is_told() -> None:
    flow = Bench(house(), START).run(START + timedelta(minutes=20))

    assert leases(flow) == ["12:00 release"]
    assert said(flow) == [
        "12:11:50 no network",
        "12:11:50 standard-unit-rates: no network",
        "12:11:50 no network",
        "12:16:00 no plan has come yet",
    ]
    assert flow.faults == []


def test_a_first_plan_that_comes_late_alarms_nobody() -> None:
    flow = run(30, dispatchFetcher=bad(Reply(502), until=timedelta(minutes=5)))

    assert flow.times("rateResolver.unsure")[0] == "12:01:00"
    assert said(flow) == []


CHARGES: dict[str, Any] = {"state": "SMART_CONTROL_IN_PROGRESS", "power": 7.1}


def test_the_battery_charges_while_a_dispatch_makes_power_cheap_and_is_released_after() -> None:
    flow = run(65, dispatchFetcher=plan("12:40-13:00", **CHARGES))

    assert leases(flow) == ["12:00 release", "12:30 charge", "13:00 release"]
    assert "charge" in {lease.mode for lease in flow.bodies("victronGx.confirmed")}
    assert flow.bodies("victronGx.house")[-1].battery < 0


def test_every_new_half_hour_is_confirmed_soon_after_it_began() -> None:
    flow = run(95, dispatchFetcher=plan("12:40-13:40", **CHARGES))

    assert leases(flow)[1:] == ["12:30 charge", "13:00 release", "13:00 charge", "13:30 release", "13:30 charge"]


def test_a_dispatch_that_is_only_offered_charges_nothing() -> None:
    flow = run(40, dispatchFetcher=plan("12:00-13:00"))

    assert {rate.rung for rate in flow.bodies("rateResolver.standard")} == {"offered"}
    assert "charge" not in {lease.mode for lease in flow.bodies("victronController.lease")}


def test_the_battery_holds_while_the_car_charges_at_the_dear_price() -> None:
    def tesla(request: Request, now: datetime) -> Reply:
        return car("Charging" if now < START + timedelta(minutes=18) else "Stopped", request, now)

    flow = run(25, teslaState=tesla)

    assert leases(flow) == ["12:00 hold", "12:23 release"]


def test_the_night_is_cheap_with_no_plan_at_all() -> None:
    late = datetime(2026, 11, 20, 23, 29, 30, tzinfo=UTC)
    flow = run(10, start=late, dispatchFetcher=bad(Reply(502)))

    assert leases(flow) == ["23:29 release", "23:30 charge"]


def test_a_stale_plan_is_no_plan_and_the_battery_is_released() -> None:
    told = plan("12:40-14:00", **CHARGES)
    until = START + timedelta(minutes=45)
    flow = run(65, dispatchFetcher=lambda r, now: told(r, now) if now < until else Reply(502))

    assert leases(flow) == ["12:00 release", "12:30 charge", "13:00 release"]
    assert flow.times("rateResolver.unsure")[0] == "13:00:00"
    assert "13:00:00 the plan is older than 15 min" in said(flow)


def test_a_gx_that_falls_silent_is_said() -> None:
    flow = Bench(house(WITH_A_GX), START, world=lambda node, request, now: USUAL[node](request, now))
    flow.put(START + timedelta(minutes=5), "simGx.fault", {"kind": "silent"})
    flow.run(START + timedelta(minutes=10))

    assert [at[:5] for at in flow.times("victronGx.lost")] == ["12:05"]
    assert [why[9:] for why in said(flow)] == ["no sign of life from the GX for 10 s"]


def test_yesterday_s_cheap_does_nothing() -> None:
    flow = bench(dispatchFetcher=bad(Reply(502)))
    old = {"at": "2026-11-19T12:00:00Z", "until": "2026-11-19T12:30:00Z", "house": 7.0, "car": 7.0, "band": "cheap"}
    flow.put(START + timedelta(minutes=5), "victronController.rate", old)
    flow.run(START + timedelta(minutes=5, seconds=30))

    assert leases(flow) == ["12:00 release"]


def test_a_restart_asks_nobody_for_a_new_token() -> None:
    flow = bench()
    for node in flow.flow.nodes:
        flow.do(START + timedelta(minutes=10), partial(flow.crash, node))
    flow.run(START + timedelta(minutes=12))

    assert len(flow.requests("krakenToken")) == len(flow.requests("teslaToken")) == 1
    assert "12:10:10" in flow.times("dispatchFetcher.plan")


def test_what_octopus_lists_otherwise_than_it_was_taken_for_is_said_so_that_the_bill_is_looked_at() -> None:
    def listed(request: Request, now: datetime) -> Reply:
        later: Json = {"start": "2026-11-20T14:00:00Z", "end": "2026-11-20T14:20:00Z", "delta": "-2", "meta": {}}
        return data(completedDispatches=[later] if now - START > timedelta(hours=12) else [])

    flow = run(24 * 60, dispatchFetcher=plan("12:40-13:00", **CHARGES), completedFetcher=listed)

    assert [s[9:].rpartition(":")[0] for s in said(flow) if "taken for" in s] == [
        "20 November 12:30 UTC was taken for cheap, and Octopus lists no smart charge in it"
    ]
