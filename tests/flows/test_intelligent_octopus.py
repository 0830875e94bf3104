"""The shipped flow, run for hours in milliseconds against a world that answers as told."""

from datetime import datetime, timedelta

import pytest
from octopus_calls import BURSTS, KRAKEN, busiest, day, error
from octopus_house import START, data, plan, run, said

from wattwire.nodes import Json, Reply, Request, Secret


def test_the_key_becomes_a_token_then_the_device_is_found_then_its_plan_all_at_once() -> None:
    flow = run(1)

    assert [s.source for s in flow.seen if s.message and s.message.source.startswith(("kraken", "dispatchF"))][:5] == [
        "krakenDevice.unauthorised",
        "dispatchFetcher.unauthorised",
        "krakenToken.token",
        "krakenDevice.device",
        "dispatchFetcher.plan",
    ]
    assert flow.times("dispatchFetcher.plan")[0] == "12:00:10"


@pytest.mark.parametrize("code", ["KT-CT-1124", "KT-CT-1125", "KT-CT-1139", "KT-CT-1143", "OE-0103"])
def test_an_expired_token_is_renewed_at_once_and_the_question_asked_again(code: str) -> None:
    def octopus(request: Request, now: datetime) -> Reply:
        old = request.authorization == Secret("k120010") and now >= START + timedelta(minutes=20)
        return error(code) if old else plan()(request, now)

    flow = run(25, dispatchFetcher=octopus)

    assert flow.times("dispatchFetcher.unauthorised") == ["12:00:10", "12:22:41"]
    assert flow.times("krakenToken.token") == ["12:00:10", "12:22:41"]
    assert flow.times("dispatchFetcher.plan")[-2:] == ["12:18:15", "12:22:41"]
    assert said(flow) == []


def test_a_token_is_renewed_ten_minutes_before_it_would_expire() -> None:
    assert run(120).times("krakenToken.token") == ["12:00:10", "12:50:10", "13:40:10"]


def test_an_empty_plan_is_confirmed_a_minute_later_and_until_then_the_old_one_stands() -> None:
    gone = START + timedelta(minutes=10)
    flow = run(20, dispatchFetcher=lambda r, now: (plan() if now > gone else plan("12:40-13:40"))(r, now))

    emptied, first = (
        flow.times("dispatchFetcher.emptied"),
        [p.at for p in flow.bodies("dispatchFetcher.plan") if not p.dispatches],
    )
    assert emptied == ["12:12:41"]
    assert f"{first[0]:%H:%M:%S}" == "12:13:41"
    assert said(flow) == []


def test_a_device_that_was_registered_anew_is_found_again() -> None:
    def octopus(request: Request, now: datetime) -> Reply:
        old = request.json is not None and "car-1" in str(request.json)
        return error("KT-CT-4313") if old and now > START + timedelta(minutes=5) else plan()(request, now)

    def found(request: Request, now: datetime) -> Reply:
        id_ = "car-2" if now > START + timedelta(minutes=5) else "car-1"
        return data(devices=[{"id": id_, "__typename": "SmartFlexVehicle", "status": {"current": "LIVE"}}])

    flow = run(15, dispatchFetcher=octopus, krakenDevice=found)

    assert [p.device for p in flow.bodies("dispatchFetcher.plan")] == ["car-1", "car-1", "car-2"]
    assert said(flow) == []


def test_two_cars_have_a_plan_each() -> None:
    def found(request: Request, now: datetime) -> Reply:
        live: Json = {"current": "LIVE"}
        return data(devices=[{"id": f"car-{n}", "__typename": "SmartFlexVehicle", "status": live} for n in (1, 2)])

    flow = day(krakenDevice=found, dispatchFetcher=plan(*BURSTS))

    assert {p.device for p in flow.bodies("dispatchFetcher.plan")} == {"car-1", "car-2"}
    assert busiest(flow, timedelta(minutes=1), "dispatchFetcher") <= 4
    assert busiest(flow, timedelta(hours=1), *KRAKEN) <= 50


def test_an_account_that_was_moved_to_another_tariff_is_said_once_a_day() -> None:
    def moved(request: Request, now: datetime) -> Reply:
        since = "2026-11-20T00:00:00+00:00"
        agreed: Json = {"tariff_code": "E-1R-IOG-SMB-1-A", "valid_from": since, "valid_to": None}
        return Reply(
            200, {"properties": [{"electricity_meter_points": [{"is_export": False, "agreements": [agreed]}]}]}
        )

    assert said(day(krakenAccount=moved)) == [
        "00:17:01 the account is on E-1R-IOG-SMB-1-A since 20 November 2026, and the flow reckons with "
        "E-1R-INTELLI-1-A: run `wattwire setup` again"
    ]
