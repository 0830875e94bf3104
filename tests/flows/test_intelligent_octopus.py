"""The shipped flow, run for hours in milliseconds against a world that answers as told."""

import itertools
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import yaml
from octopus_house import ENV, START, USUAL, Answer, asked, bad, data, plan, run, said

import wattwire.flows
from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.nodes import Fault, Json, Reply, Request, Secret


def error(code: str, why: str = "no") -> Reply:
    return Reply(200, {"errors": [{"message": why, "extensions": {"errorCode": code}}]})


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


def test_a_failing_octopus_is_asked_again_five_times_ever_later_then_a_person_is_told() -> None:
    flow = run(17, dispatchFetcher=bad(Reply(502)))

    failed = [s.message for s in flow.seen if s.source == "dispatchFetcher.failed" and s.message]
    row = [f"{m.at:%H:%M:%S}" for m in failed if m.root == failed[0].root]
    assert row == ["12:00:10", "12:00:20", "12:00:50", "12:02:20", "12:06:50", "12:11:50"]
    assert said(flow) == ["12:11:50 HTTP 502", "12:16:00 no plan has come yet"]


def test_what_was_given_up_is_begun_again_after_15_minutes() -> None:
    flow = run(40, dispatchFetcher=bad(Reply(502), until=timedelta(minutes=15)))

    assert said(flow)[-1] == "12:11:50 HTTP 502"
    assert flow.times("dispatchFetcher.plan")[:2] == ["12:15:10", "12:18:15"]


FAULTS = {
    "502": Reply(502),
    "firewall": Reply(403, text="<HTML>Request blocked.</HTML>"),
    "garbled": Reply(200, text="{"),
    "no network": Reply(0),
    "null plan": data(flexPlannedDispatches=None),
    **{code: error(code) for code in ("KT-CT-1124", "KT-CT-1199", "KT-CT-4301", "KT-CT-4340")},
    "429": Reply(429, {"detail": "throttled"}, headers={"retry-after": "1"}),
    "401": Reply(401, {"detail": "no"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_octopus_never_reads_more_than_four_plans_a_minute_nor_is_asked_more_than_60_times_an_hour(fault: str) -> None:
    """Whatever fails, for ever or every other time."""
    always = run(180, dispatchFetcher=bad(FAULTS[fault]))
    turns = itertools.cycle([FAULTS[fault], None])
    now_and_then = run(180, dispatchFetcher=lambda request, now: next(turns) or plan()(request, now))

    for flow in (always, now_and_then):
        assert busiest(flow, timedelta(minutes=1), "dispatchFetcher") <= 4
        assert busiest(flow, timedelta(hours=1), *KRAKEN) <= 60


KRAKEN = ("krakenToken", "krakenAccount", "krakenDevice", "dispatchFetcher", "completedFetcher")


def busiest(flow: Bench, span: timedelta, *nodes: str) -> int:
    """The most calls that these nodes made in any span, wherever it begins."""
    calls = sorted(s.at for node in nodes for s in flow.requests(node))
    return max(bisect_left(calls, at + span) - i for i, at in enumerate(calls))


@cache
def octopus_alone() -> Flow:
    """The nodes that ask Octopus's GraphQL, wired as they are shipped."""
    shipped = yaml.safe_load((FLOWS / "intelligent_octopus.yaml").read_text())
    names = {*KRAKEN, "start", "hour", "pollPlanner", "alarm"}
    edges = [e for e in shipped["edges"] if {e["from"].split(".")[0], e["to"].split(".")[0]} <= names]
    kept = {name: node for name, node in shipped["nodes"].items() if name in names}
    text = yaml.safe_dump({"flow": "octopusAlone", "nodes": kept, "edges": edges, "ends": ENDS})
    return load_text(text, env=ENV)


def day(**answers: Answer) -> Bench:
    """A day from midnight on, as far as Octopus is asked."""
    world = USUAL | answers
    told = Bench(octopus_alone(), MIDNIGHT, world=lambda node, request, now: world[node](request, now))
    return told.run(MIDNIGHT + timedelta(days=1))


FLOWS = Path(wattwire.flows.__file__).parent
ENDS = ["alarm.said", "completedFetcher.completed", "krakenAccount.account"]
MIDNIGHT = datetime(2026, 11, 20, 0, 0, 10, tzinfo=UTC)
BURSTS = [f"{h:02}:{m:02}-{h:02}:{m + 7:02}" for h in range(24) for m in (3, 18, 33, 48)]


@pytest.mark.parametrize(
    ("spans", "hourly", "daily"),
    [
        ([], 24, 430),
        (["13:10-15:20", "18:00-18:30", "02:00-04:30"], 26, 440),
        (BURSTS, 30, 540),  # a short burst every quarter of an hour, all day
    ],
)
def test_a_day_stays_far_below_50_calls_an_hour(spans: list[str], hourly: int, daily: int) -> None:
    flow = day(dispatchFetcher=plan(*spans))

    assert busiest(flow, timedelta(hours=1), *KRAKEN) <= hourly
    assert busiest(flow, timedelta(minutes=1), "dispatchFetcher") <= 3
    assert len([s for node in KRAKEN for s in flow.requests(node)]) <= daily


def test_nobody_asks_octopus_on_the_half_hour_and_at_night_it_is_asked_seldom() -> None:
    flow = day(dispatchFetcher=plan("13:10-15:20", "02:00-04:30"))

    looks = [s.at for s in flow.seen if s.source == "pollPlanner.look"]
    night = [at for at in looks if at.hour < 5]
    assert [at for at in looks if at.minute % 30 == 0 and at.second < 20] == []
    assert [at for at in looks if at.minute % 30 == 29 and at.second >= 50] == []
    assert len(night) <= 15
    asked = [s.at for s in flow.requests("dispatchFetcher")]
    assert max(b - a for a, b in itertools.pairwise(asked)) <= timedelta(minutes=21)


def test_a_known_start_is_looked_at_shortly_before_and_shortly_after() -> None:
    flow = run(80, dispatchFetcher=plan("13:10-13:20"))

    assert [at for at in asked(flow, "dispatchFetcher") if at.startswith(("13:09", "13:10"))] == [
        "13:09:09",
        "13:10:40",
    ]


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


def test_what_octopus_cannot_tell_for_hours_is_asked_for_patiently_and_said_once() -> None:
    flow = run(120, dispatchFetcher=bad(error("KT-CT-4340", "Unable to fetch planned dispatches.")))

    assert busiest(flow, timedelta(hours=1), *KRAKEN) <= 30
    assert len([s for s in said(flow) if "Unable" in s]) in range(1, 9)
    assert flow.times("krakenToken.token") == ["12:00:10", "12:50:10", "13:40:10"]


def hammered(every: timedelta, until: timedelta) -> Bench:
    """Something asks for the plan all the time."""
    flow = Bench(octopus_alone(), START, world=lambda node, request, now: USUAL[node](request, now))
    for n in range(1, until // every):
        flow.put(START + n * every, "dispatchFetcher.poll", None)
    return flow.run(START + until)


def test_more_than_four_plans_a_minute_are_not_asked_for_whoever_wants_them() -> None:
    flow = hammered(timedelta(seconds=5), timedelta(seconds=59))

    assert len(flow.times("dispatchFetcher.plan")) == 4
    assert flow.bodies("dispatchFetcher.spent")[0] == Fault(
        "the budget of 4 in a minute on octopus plan bc4e7b is spent", retry_after=40
    )


def test_polls_leave_ten_calls_an_hour_to_tokens_and_to_a_person() -> None:
    flow = hammered(timedelta(seconds=20), timedelta(hours=2))

    made = sorted(s.at for s in flow.seen if s.source in PLANNED)
    assert max(bisect_left(made, at + timedelta(hours=1)) - i for i, at in enumerate(made)) <= 60
    assert flow.times("krakenToken.token") == ["12:00:10", "12:50:10", "13:40:10"]


PLANNED = {"krakenToken.token", "krakenDevice.device", "dispatchFetcher.plan", "completedFetcher.completed"}


def test_five_blocks_in_a_row_are_reason_to_try_a_new_token() -> None:
    flow = run(70, dispatchFetcher=bad(FAULTS["firewall"]))

    assert flow.times("krakenToken.token") == ["12:00:10", "12:50:10", "13:00:10"]
    assert said(flow)[0] == "12:00:10 a firewall's page instead of an answer"


@pytest.mark.parametrize(("code", "asks"), [("KT-CT-4123", 11), ("KT-CT-1113", 12), ("KT-CT-1188", 11)])
def test_what_is_a_persons_job_is_said_and_not_tried_again_and_again(code: str, asks: int) -> None:
    flow = run(100, dispatchFetcher=bad(error(code, "no way")))

    assert [s for s in said(flow) if "no way" in s] == ["12:00:10 no way"]
    assert len(flow.requests("dispatchFetcher")) <= asks


def test_a_firewall_s_page_keeps_the_token_and_backs_off() -> None:
    flow = run(35, dispatchFetcher=bad(FAULTS["firewall"]))

    assert asked(flow, "dispatchFetcher") == [
        "12:00:10",
        "12:02:10",
        "12:06:10",
        "12:14:10",
        "12:15:10",  # pollPlanner begins anew
        "12:18:15",  # the hourly look at the device
        "12:30:10",  # pollPlanner, and the fourth time after a page
        "12:30:10",
    ]
    assert flow.times("krakenToken.token") == ["12:00:10"]


def test_a_throttled_flow_backs_off_keeps_the_token_and_says_so_in_the_end() -> None:
    flow = run(60, dispatchFetcher=bad(error("KT-CT-1199", "Too many requests.")))

    throttled = [s.message for s in flow.seen if s.source == "dispatchFetcher.throttled" and s.message]
    row = [f"{m.at:%H:%M:%S}" for m in throttled if m.root == throttled[0].root]
    assert row[:7] == ["12:00:10", "12:01:10", "12:03:10", "12:07:10", "12:15:10", "12:30:10", "12:45:10"]
    assert flow.times("krakenToken.token") == ["12:00:10", "12:50:10"]
    assert said(flow)[-1] == "12:45:10 Too many requests."


def test_octopus_is_not_asked_before_the_time_it_names() -> None:
    flow = run(12, dispatchFetcher=bad(Reply(429, {}, headers={"retry-after": "600"})))

    assert asked(flow, "dispatchFetcher") == ["12:00:10", "12:10:10"]


def test_a_wrong_key_is_tried_every_5_minutes_at_most_and_said_once_an_hour() -> None:
    flow = run(180, krakenToken=lambda request, now: error("KT-CT-1139", "Authentication failed."))

    tried = [s.at for s in flow.requests("krakenToken")]
    assert min(b - a for a, b in itertools.pairwise(tried)) >= timedelta(minutes=5)
    assert [s for s in said(flow) if "Authentication" in s] == [
        "12:00:10 Authentication failed.",
        "13:00:10 Authentication failed.",
        "14:00:10 Authentication failed.",
        "15:00:10 Authentication failed.",
    ]
