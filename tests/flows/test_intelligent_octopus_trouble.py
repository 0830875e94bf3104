"""What the shipped flow does, and says, when Octopus does not answer as it should."""

import itertools
from datetime import timedelta

import pytest
from octopus_calls import FAULTS, KRAKEN, busiest, error
from octopus_house import asked, bad, run, said

from wattwire.nodes import Reply


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


def test_what_octopus_cannot_tell_for_hours_is_asked_for_patiently_and_said_once() -> None:
    flow = run(120, dispatchFetcher=bad(error("KT-CT-4340", "Unable to fetch planned dispatches.")))

    assert busiest(flow, timedelta(hours=1), *KRAKEN) <= 30
    assert len([s for s in said(flow) if "Unable" in s]) in range(1, 9)
    assert flow.times("krakenToken.token") == ["12:00:10", "12:50:10", "13:40:10"]


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
