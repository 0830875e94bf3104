from dataclasses import replace

import pytest
from tesla_recorded import recorded

from wattwire.nodes import Fault, Json, Reply
from wattwire.nodes.tesla_replies import Away, Moved, Online, Trouble, heard


@pytest.mark.parametrize(
    ("reply", "port"),
    [
        ("vehicle_asleep", "asleep"),
        ("vehicle_offline", "offline"),
        ("asleep_408", "asleep"),
        ("asleep_408_old", "asleep"),
        ("asleep_500_proxy", "asleep"),
        ("timeout_408", "silent"),
        ("timeout_408_operation", "silent"),
        ("gateway_504", "silent"),
        ("error_500", "failed"),
        ("token_expired_401", "unauthorised"),
        ("empty_401", "unauthorised"),
        ("mobile_access_401", "forbidden"),  # no other token would help
        ("login_required_401", "forbidden"),  # the owner must sign in again
        ("payment_402", "forbidden"),
        ("scopes_403", "forbidden"),
        ("limit_403", "spent"),
        ("not_found_404", "gone"),
        ("in_service_405", "in_service"),
        ("region_412", "forbidden"),
        ("locked_423", "forbidden"),
        ("busy_429", "throttled"),
    ],
)
def test_where_a_reply_leads(reply: str, port: str) -> None:
    told = heard(recorded(reply))

    assert isinstance(told, Away | Trouble)
    assert told.port == port
    assert not told.fault.why.startswith("HTTP") or reply == "error_500"


@pytest.mark.parametrize(
    ("status", "port"),
    [(400, "forbidden"), (451, "forbidden"), (503, "silent"), (504, "silent"), (540, "silent")]
    + [(status, "failed") for status in (0, 406, 422, 424, 499, 500, 502)],
)
def test_where_a_bare_status_leads(status: int, port: str) -> None:
    told = heard(Reply(status))

    assert isinstance(told, Trouble)
    assert (told.port, told.pause) == (port, False)


@pytest.mark.parametrize(("budget", "port"), [("tesla spend", "spent"), ("tesla data", "throttled")])
def test_a_call_that_our_own_budget_refused_was_never_made_and_stops_nothing_that_is_free(
    budget: str, port: str
) -> None:
    told = heard(Reply(0, spent=budget, why="8 of 8 are spent", headers={"retry-after": "37"}))

    assert told == Trouble(port, Fault("8 of 8 are spent", None, "budget", 37.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("reply", ["busy_429", "limit_403", "locked_423"])
def test_after_some_refusals_nothing_is_asked_for_a_while(reply: str) -> None:
    told = heard(recorded(reply))

    assert isinstance(told, Trouble)
    assert told.pause


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        ("locked_423", 600),
        ("busy_429", 60),
        ("busy_429_bare", 300),
        ("limit_403", 900),
        ("in_service_405", 60),
        ("error_500", None),
    ],
)
def test_how_long_to_wait(reply: str, seconds: float | None) -> None:
    told = heard(recorded(reply))

    assert isinstance(told, Trouble)
    assert told.fault.retry_after == seconds


@pytest.mark.parametrize(
    ("reply", "headers", "seconds"),
    [
        ("busy_429_bare", {"ratelimit-limit": "60", "ratelimit-remaining": "0", "ratelimit-reset": "37"}, 37),
        ("busy_429_bare", {"ratelimit-reset": "37", "retry-after": "60"}, 60),
        ("busy_429_bare", {"ratelimit-reset": "1795262437"}, 300),  # an instant is no wait
        ("busy_429_bare", {"ratelimit-reset": "soon"}, 300),
        ("limit_403", {"retry-after": "60"}, 900),
        ("limit_403", {"retry-after": "3600"}, 3600),
    ],
)
def test_how_long_to_wait_by_the_headers(reply: str, headers: dict[str, str], seconds: float) -> None:
    told = heard(replace(recorded(reply), headers=headers))

    assert isinstance(told, Trouble)
    assert told.fault.retry_after == seconds


def test_no_answer_at_all_is_a_failure_in_the_words_of_the_network() -> None:
    assert heard(Reply(0, why="connection refused")) == Trouble("failed", Fault("connection refused"))


def test_the_cheap_answer_of_a_car_that_is_awake() -> None:
    assert heard(recorded("vehicle_online")) == Online()


@pytest.mark.parametrize(
    "car",
    [{"state": "unknown"}, {}, {"state": None}, {"state": "online", "charge_state": None}],
)
def test_a_state_that_is_not_known_is_neither_awake_nor_asleep(car: dict[str, Json]) -> None:
    told = heard(Reply(200, {"response": car}))

    assert isinstance(told, Trouble)
    assert told.port == "failed"


@pytest.mark.parametrize("body", [None, [], "<html>", {"response": None}, {"response": []}, {"error": 7}])
def test_a_body_of_another_shape_is_a_failure(body: Json) -> None:
    told = heard(Reply(200, body))

    assert isinstance(told, Trouble)
    assert told.port == "failed"


@pytest.mark.parametrize(
    ("base", "followed"),
    [
        ("https://fleet-api.prd.na.vn.cloud.tesla.com", True),
        ("https://fleet-api.prd.cn.vn.cloud.tesla.cn", True),
        ("https://owner-api.teslamotors.com", True),
        ("http://fleet-api.prd.na.vn.cloud.tesla.com", False),
        ("https://tesla.com.example.org", False),
        ("https://faketesla.com", False),
        ("https://example.org/?x=https://a.tesla.com", False),
        ("https://a.tesla.com@example.org", False),
        ("https://a.tesla.com:8443", False),
    ],
)
def test_another_region_is_followed_only_within_teslas_own_domains(base: str, followed: bool) -> None:
    error = f"user out of region, use base URL: {base}, see https://developer.tesla.com/docs"

    told = heard(Reply(421, {"response": None, "error": error}))

    assert told == Moved(base) if followed else isinstance(told, Trouble)
