from datetime import UTC, datetime

import pytest
from tesla_recorded import NOON, recorded

from wattwire.nodes import Json
from wattwire.nodes.tesla_readings import Reading, drawn, reading
from wattwire.nodes.tesla_replies import heard


def seen(name: str) -> Reading:
    told = heard(recorded(name, "data"))
    assert isinstance(told, Reading)
    return told


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


@pytest.mark.parametrize(("told", "fast"), [(True, True), (False, False), (None, None), ("<invalid>", None)])
def test_a_fast_charger(told: Json, fast: bool | None) -> None:
    assert reading({"charge_state": {"fast_charger_present": told}}, NOON).fast is fast
