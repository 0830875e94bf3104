import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wattwire.nodes import Fault, Json, Reply
from wattwire.nodes.tesla_place import Place
from wattwire.nodes.tesla_readings import Reading, drawn, reading
from wattwire.nodes.tesla_replies import Away, Moved, Online, Trouble, heard

WORLD = Path(__file__).parents[1] / "world" / "tesla"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def recorded(name: str, tag: str = "vehicle") -> Reply:
    told = json.loads((WORLD / f"{name}.json").read_text())
    return Reply(told["status"], told["json"], headers=told.get("headers", {}), at=NOON, tag=tag)


def seen(name: str) -> Reading:
    told = heard(recorded(name, "data"))
    assert isinstance(told, Reading)
    return told


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


@pytest.mark.parametrize(
    ("reply", "plugged", "charging", "power"),
    [
        ("data_unplugged", False, False, 0.0),
        ("data_stopped", True, False, 0.0),
        ("data_starting", True, True, 0.0),
        ("data_charging", True, True, 7424.0),
        ("data_complete", True, False, 0.0),
        ("data_waking", None, None, None),
    ],
)
def test_plugged_charging_and_power(reply: str, plugged: bool | None, charging: bool | None, power: float) -> None:
    told = seen(reply)

    assert (told.plugged, told.charging, told.power) == (plugged, charging, power)


def test_both_levels_and_the_limit_are_read_and_a_null_is_unknown() -> None:
    asked, waking = seen("data_unplugged"), seen("data_waking")

    assert (asked.soc, asked.soc_usable, asked.limit) == (64.0, 62.0, 80.0)
    assert (waking.soc, waking.soc_usable, waking.limit) == (None, None, None)


@pytest.mark.parametrize(("told", "level"), [(0, 0.0), (100, 100.0), (101, None), (255, None), (-5, None)])
def test_a_level_that_no_battery_has_is_unknown(told: Json, level: float | None) -> None:
    seen = reading(
        {"charge_state": dict.fromkeys(("battery_level", "usable_battery_level", "charge_limit_soc"), told)}, NOON
    )

    assert (seen.soc, seen.soc_usable, seen.limit) == (level, level, level)


def test_the_time_of_a_reading_is_the_cars_own_and_never_in_the_future() -> None:
    late = {"charge_state": {"timestamp": 4_000_000_000_000_000}}

    assert seen("data_charging").at == datetime(2026, 11, 21, 11, 59, 55, tzinfo=UTC)
    assert reading(late, NOON).at == NOON
    assert reading({"charge_state": {}}, NOON).at == NOON


def test_a_reading_is_as_old_as_what_it_says_of_the_charge() -> None:
    told = {"charge_state": {"timestamp": 1763726400000}, "drive_state": {"timestamp": 1763726460000}}

    assert reading(told, NOON).at == datetime(2025, 11, 21, 12, tzinfo=UTC)
    assert reading({**told, "charge_state": {}}, NOON).at == datetime(2025, 11, 21, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("drive", "driving"),
    [
        ({"shift_state": "D"}, True),
        ({"shift_state": "N"}, True),
        ({"shift_state": "R"}, True),
        ({"shift_state": "P"}, False),
        ({"shift_state": None}, False),
        ({"shift_state": ["?"]}, None),
        ({}, None),
        (None, None),
    ],
)
def test_gear_null_is_parked_and_a_missing_block_is_no_information(drive: Json, driving: bool | None) -> None:
    assert reading({"drive_state": drive}, NOON).driving is driving


@pytest.mark.parametrize(
    ("block", "busy"),
    [
        ({"vehicle_state": {"is_user_present": True}}, True),
        ({"vehicle_state": {"sentry_mode": True}}, True),
        ({"vehicle_state": {"rt": 16}}, True),
        ({"vehicle_state": {"df": 0, "pf": None}}, False),
        ({"vehicle_state": {"locked": False}}, False),
        ({"vehicle_state": {"software_update": {"status": "installing"}}}, True),
        ({"vehicle_state": {"software_update": {"status": "available"}}}, False),
        ({"vehicle_state": {"software_update": {"status": "downloading"}}}, True),
        ({"vehicle_state": {"software_update": {"status": "downloading", "download_perc": 99}}}, True),
        ({"vehicle_state": {"software_update": {"status": "downloading", "download_perc": 100}}}, False),
        ({"climate_state": {"climate_keeper_mode": "camp"}}, True),
        ({"climate_state": {"climate_keeper_mode": "off"}}, False),
        ({"drive_state": {"shift_state": None, "power": 1}}, True),
        ({"drive_state": {"shift_state": None, "power": -7}}, False),
    ],
)
def test_what_keeps_a_car_awake(block: dict[str, Json], busy: bool) -> None:
    assert reading(block, NOON).busy is busy


@pytest.mark.parametrize(
    ("kw", "volts", "amps", "phases", "watts"),
    [
        (7, 232, 32, 1, 7424.0),
        (1, 240, 6, 1, 1440.0),  # finer than the whole kW
        (11, 230, 16, 2, 11040.0),  # three phases, called 2
        (50, 400, 0, None, 50000.0),  # DC
        (7, 230, 16, 1, 7000.0),  # they disagree
        (None, 230, 10, 1, 2300.0),
        (None, None, None, None, None),
        (1e308, None, None, None, None),
        (None, 1e200, 1e200, 1, None),
        (7, 1e200, 1e200, 1, 7000.0),
    ],
)
def test_power(kw: Json, volts: Json, amps: Json, phases: Json, watts: float | None) -> None:
    charge = {"charger_power": kw, "charger_voltage": volts, "charger_actual_current": amps, "charger_phases": phases}

    assert drawn(charge) == watts


@pytest.mark.parametrize(
    ("where", "home"), [((51.5, -0.12), True), ((51.501, -0.12), True), ((51.502, -0.12), False), ((0.0, 0.0), False)]
)
def test_home_is_within_the_radius(where: tuple[float, float], home: bool) -> None:
    assert Place(lat=51.5, lon=-0.12).holds(where) is home


def test_a_place_that_is_nowhere_on_earth_is_refused() -> None:
    with pytest.raises(ValueError, match="lat must be within"):
        Place(lat=151.5, lon=0.0)


@pytest.mark.parametrize(("told", "fast"), [(True, True), (False, False), (None, None), ("<invalid>", None)])
def test_a_fast_charger(told: Json, fast: bool | None) -> None:
    assert reading({"charge_state": {"fast_charger_present": told}}, NOON).fast is fast
