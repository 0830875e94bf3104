import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wattwire.nodes import Budget, Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.kraken_device import Config, ask, read
from wattwire.nodes.kraken_devices import DEVICES
from wattwire.nodes.messages import Device, Token

WORLD = Path(__file__).parents[1] / "world" / "kraken"
CFG = Config(account="A-00000000")
NOW = datetime(2026, 10, 1, 22, 0, tzinfo=UTC)
CAR = Device(
    at=NOW,
    id="00000000-1111-2222-3333-444444444444",
    state="SMART_CONTROL_IN_PROGRESS",
    suspended=False,
    soc=41.0,
    power=7100.0,
    power_at=NOW - timedelta(minutes=1, seconds=50),
    name="Our car",
)


def told(name: str, cfg: Config = CFG, at: datetime = NOW) -> Emit:
    return read(cfg, Reply(200, json.loads((WORLD / f"{name}.json").read_text()), at=at))


def errors(*codes: str) -> Emit:
    kind: dict[str, Json] = {"errorType": "AUTHORIZATION"}
    wrong: list[Json] = [{"message": "m", "path": ["devices"], "extensions": {"errorCode": c, **kind}} for c in codes]
    return read(CFG, Reply(200, {"errors": wrong, "data": {"devices": None}}))


def test_the_live_car_is_found_among_meters_and_cars_of_old() -> None:
    assert told("devices") == Emit("device", CAR)


def test_of_several_the_car_comes_before_the_charger_however_they_are_listed() -> None:
    assert told("devices_two") == Emit("device", replace(CAR, also=("00000000-0000-2222-3333-444444444444",)))


@pytest.mark.parametrize("wanted", ["Drive", "00000000-0000-2222-3333-444444444444"])
def test_a_setting_picks_another_by_name_or_id(wanted: str) -> None:
    charger = Device(
        at=NOW,
        id="00000000-0000-2222-3333-444444444444",
        state="SMART_CONTROL_NOT_AVAILABLE",
        suspended=False,
        name="Drive",
    )

    assert told("devices_two", replace(CFG, device=wanted)) == Emit("device", charger)


def test_a_device_that_is_not_there_is_said_with_those_that_are() -> None:
    assert told("devices_two", replace(CFG, device="Boat")) == Emit(
        "none", Fault("no such device; there are: Our car, Drive", 200)
    )


@pytest.mark.parametrize("found", [[], [{"id": "m", "deviceType": "BATTERIES", "status": {"current": "LIVE"}}]])
def test_an_account_without_a_car_has_none(found: list[Json]) -> None:
    assert read(CFG, Reply(200, {"data": {"devices": found}})) == Emit("none", Fault("no live car or charger", 200))


def test_octopus_saying_that_it_knows_no_device_is_none_too() -> None:
    assert errors("KT-CT-4301").port == "none"


def test_a_status_that_failed_alone_leaves_the_device_usable() -> None:
    unknown = replace(CAR, state=None, suspended=None, soc=None, power=None, power_at=None)

    assert told("devices_status_failed") == Emit("device", unknown)


def test_a_device_that_became_null_is_no_usable_answer() -> None:
    assert told("devices_one_lost").port == "failed"


@pytest.mark.parametrize(
    ("read_at", "now", "power"),
    [
        ("22:00:00Z", "22:14:00", 7100.0),
        ("22:00:00Z", "22:16:00", None),  # long ago
        ("21:59:59Z", "22:00:00", 7100.0),
        ("22:30:00Z", "22:29:59", 7100.0),
        ("23:10:00+01:00", "22:11:00", 7100.0),
        ("22:00:00", "22:00:00", None),  # by whose clock?
        (None, "22:00:00", 7100.0),
    ],
)
def test_power_that_was_read_long_ago_says_nothing_about_now(
    read_at: str | None, now: str, power: float | None
) -> None:
    seen = read_at and f"2026-10-01T{read_at}"
    status: Json = {"current": "LIVE", "activePower": {"value": "7.10", "timestamp": seen}}
    at = datetime.fromisoformat(f"2026-10-01T{now}").replace(tzinfo=UTC)
    sent = read(CFG, Reply(200, {"data": {"devices": [{"id": "x", "status": status}]}}, at=at))

    known = None if power is None or seen is None else datetime.fromisoformat(seen)
    assert sent == Emit("device", Device(at=at, id="x", power=power, power_at=known))


@pytest.mark.parametrize(
    ("told", "soc"), [("0", 0.0), ("41.00", 41.0), (100, 100.0), ("410", None), ("100.1", None), ("-5", None)]
)
def test_a_level_that_no_battery_has_is_unknown(told: Json, soc: float | None) -> None:
    status: Json = {"current": "LIVE", "stateOfCharge": {"value": told}}

    assert read(CFG, Reply(200, {"data": {"devices": [{"id": "x", "status": status}]}}, at=NOW)) == Emit(
        "device", Device(at=NOW, id="x", soc=soc)
    )


@pytest.mark.parametrize("much", ["9e999999", "-9e999999", "1e306", "NaN", True, "much", None])
def test_a_reading_that_is_no_number_is_unknown(much: Json) -> None:
    status: Json = {"current": "LIVE", "stateOfCharge": {"value": much}, "activePower": {"value": much}}

    assert read(CFG, Reply(200, {"data": {"devices": [{"id": "x", "status": status}]}}, at=NOW)) == Emit(
        "device", Device(at=NOW, id="x")
    )


@pytest.mark.parametrize(
    ("codes", "port"),
    [
        (["KT-CT-1124"], "unauthorised"),
        (["KT-CT-1139"], "unauthorised"),
        (["KT-CT-0001", "KT-CT-1111"], "unauthorised"),
        (["KT-CT-1199"], "throttled"),
        (["KT-CT-4123"], "forbidden"),
        (["KT-CT-1113"], "disabled"),
        (["KT-CT-4360"], "unavailable"),
        (["KT-CT-1188"], "invalid"),
        (["KT-CT-4387"], "failed"),
    ],
)
def test_the_code_decides_and_never_the_type(codes: list[str], port: str) -> None:
    assert errors(*codes).port == port


@pytest.mark.parametrize(
    ("code", "port"), [("1124", "unauthorised"), ("1199", "throttled"), ("4301", "none"), ("9999", "failed")]
)
def test_the_error_of_one_device_counts_where_there_is_none(code: str, port: str) -> None:
    extensions: Json = {"errorCode": f"KT-CT-{code}"}
    wrong: Json = {"message": "m", "path": ["devices", 0, "status"], "extensions": extensions}

    assert read(CFG, Reply(200, {"errors": [wrong], "data": None})).port == port


@pytest.mark.parametrize(
    ("reply", "port"),
    [
        (Reply(0), "failed"),
        (Reply(503), "failed"),
        (Reply(403, text="<html>"), "blocked"),
        (Reply(0, spent="octopus e87b54"), "spent"),
        (Reply(403, {"detail": "no"}), "unauthorised"),
        (Reply(401), "unauthorised"),
        (Reply(429), "throttled"),
        (Reply(200, {"data": {"devices": None}}), "failed"),
        (Reply(200, {"data": {}}), "failed"),
        (Reply(200, text="{"), "failed"),
    ],
)
def test_every_other_answer_has_a_port(reply: Reply, port: str) -> None:
    assert read(CFG, reply).port == port


def test_without_a_token_nobody_is_asked() -> None:
    assert ask(CFG, None, token=None) == Emit("unauthorised", Fault("no token yet"))


def test_the_account_travels_as_a_variable_and_the_token_as_the_whole_header() -> None:
    assert ask(CFG, None, token=Token(Secret("t"), NOW)) == Request(
        method="POST",
        url="https://api.octopus.energy/v1/graphql/",
        json={"query": DEVICES, "variables": {"account": "A-00000000"}},
        authorization=Secret("t"),
        budgets=(Budget(name="octopus e87b54", most=50, per=timedelta(hours=1)),),
    )
