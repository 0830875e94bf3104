"""teslaTelemetry: what each field of Fleet Telemetry says of the car."""

from dataclasses import replace
from datetime import timedelta

import pytest
from telemetry_talk import CFG, NOON, VIN, Server

from wattwire.nodes import Dial, Emit, Fault, Heard, Json, Linked, Listen
from wattwire.nodes.messages import Car
from wattwire.nodes.tesla_place import Place
from wattwire.nodes.tesla_telemetry import NODE


def test_it_listens_to_its_car_alone_on_the_broker_of_the_server() -> None:
    server = Server(replace(CFG, topic_base="cars/telemetry"))

    assert Listen(f"cars/telemetry/{VIN}/#") in server.happen(0, Linked(True))
    assert NODE.dial
    assert NODE.dial(replace(CFG, url="mqtt://pi", user="ww")) == Dial(url="mqtt://pi", user="ww")


def test_a_charge_told_field_by_field() -> None:
    server = Server(replace(CFG, name="Blue"))
    told: dict[str, Json] = {
        "DetailedChargeState": "DetailedChargeStateCharging",
        "Soc": 62.0,
        "BatteryLevel": 64.0,
        "ChargeLimitSoc": 80,
        "ACChargingPower": 7.2,
        "FastChargerPresent": False,
        "LocatedAtHome": True,
        "VehicleSpeed": 0,
    }
    for second, (name, value) in enumerate(told.items()):
        server.says(second / 60, name, value)

    assert server.car == Car(
        at=NOON + timedelta(seconds=6),
        seen=NOON + timedelta(seconds=6),
        state="online",
        plugged=True,
        charging=True,
        soc=64.0,
        soc_usable=62.0,
        limit=80.0,
        power=7200.0,
        home=True,
        vin=VIN,
        name="Blue",
        fast=False,
    )


@pytest.mark.parametrize(
    ("word", "plugged", "charging"),
    [
        ("DetailedChargeStateDisconnected", False, False),
        ("DetailedChargeStateNoPower", True, False),
        ("DetailedChargeStateStarting", True, True),
        ("DetailedChargeStateCharging", True, True),
        ("DetailedChargeStateComplete", True, False),
        ("DetailedChargeStateStopped", True, False),
        ("DetailedChargeStateUnknown", None, None),
        ("Stopped", True, False),  # without its wrapper
        ({"detailedChargeStateValue": "DetailedChargeStateStopped"}, True, False),  # within one
        (None, None, None),
        (7, None, None),
    ],
)
def test_what_a_charge_state_says(word: Json, plugged: bool | None, charging: bool | None) -> None:
    server = Server()
    server.says(0, "DetailedChargeState", word)

    assert (server.car.plugged, server.car.charging) == (plugged, charging)


@pytest.mark.parametrize("name", ["DetailedChargeState", "Soc", "BatteryLevel", "ACChargingPower", "ChargeLimitSoc"])
def test_a_null_neither_unplugs_nor_zeroes(name: str) -> None:
    server = Server()
    server.says(0, "DetailedChargeState", "DetailedChargeStateCharging")
    server.says(0, "Soc", 62.0)
    server.says(0, "ACChargingPower", 7.0)
    server.says(5, name, None)

    assert (server.car.plugged, server.car.charging) == (True, True)
    assert (server.car.soc_usable, server.car.power) == (62.0, 7000.0)


@pytest.mark.parametrize(
    ("value", "soc"), [(63.5, 63.5), ("63.5", 63.5), ({"doubleValue": 63.5}, 63.5), ("NaN", None), (True, None)]
)
def test_a_number_may_be_a_text_or_wrapped(value: Json, soc: float | None) -> None:
    server = Server()
    server.says(0, "Soc", value)

    assert server.car.soc_usable == soc


CHARGING, STOPPED = ("DetailedChargeState", "Charging"), ("DetailedChargeState", "Stopped")
AC, DC, NO_AC, NO_DC = ("ACChargingPower", 7.2), ("DCChargingPower", 50), ("ACChargingPower", 0), ("DCChargingPower", 0)


@pytest.mark.parametrize(
    ("told", "power"),
    [
        ([CHARGING, AC, STOPPED], 0.0),
        ([CHARGING, AC, STOPPED, AC], 0.0),  # late
        ([CHARGING, AC, STOPPED, CHARGING], 0.0),  # nothing is told of it yet
        ([CHARGING, AC, STOPPED, CHARGING, NO_DC], 0.0),
        ([STOPPED, AC, CHARGING], 7200.0),  # fields come in any order
        ([CHARGING, AC, NO_AC], 0.0),
        ([CHARGING, AC, NO_DC], 7200.0),
        ([CHARGING, AC, NO_DC, NO_AC], 0.0),
        ([CHARGING, NO_DC], None),  # it may be AC
        ([CHARGING, NO_AC, DC], 50_000.0),
        ([CHARGING, DC, NO_AC], 50_000.0),
        ([AC, NO_DC], 7200.0),
    ],
)
def test_power_is_of_ac_or_dc_and_of_a_charge_alone(told: list[tuple[str, Json]], power: float | None) -> None:
    server = Server()
    for name, value in told:
        server.says(0, name, value)

    assert server.car.power == power


@pytest.mark.parametrize(
    ("name", "value", "known"),
    [
        ("Soc", -0.5, 62.0),
        ("Soc", 0, 0.0),
        ("Soc", 100, 100.0),
        ("Soc", 100.5, 62.0),
        ("ACChargingPower", 1e308, 7200.0),
    ],
)
def test_what_no_car_has_says_nothing(name: str, value: float, known: float) -> None:
    server = Server()
    server.says(0, "Soc", 62.0)
    server.says(0, "ACChargingPower", 7.2)
    server.says(1, name, value)

    assert (server.car.soc_usable if name == "Soc" else server.car.power) == known


def test_power_is_known_over_a_restart() -> None:
    server = Server()
    server.says(0, "DetailedChargeState", "Charging")
    server.says(0, "ACChargingPower", 7.2)
    server.memory = replace(server.memory, car=None)  # what is volatile is gone
    server.says(5, "DCChargingPower", 0)

    assert server.car.power == 7200.0


def test_from_one_level_the_other_is_reckoned_once_both_were_told() -> None:
    server = Server()
    server.says(0, "Soc", 62.0)
    alone = server.car
    server.says(0, "BatteryLevel", 64.0)
    both = server.car

    assert (alone.soc, alone.soc_usable, alone.reckoned) == (None, 62.0, ())
    assert (both.soc, both.soc_usable, both.reckoned) == (64.0, 62.0, ())


def test_a_retained_field_tells_a_value_and_no_time() -> None:
    server = Server()
    server.says(0, "Soc", 62.0, retained=True)

    assert (server.car.soc_usable, server.car.state, server.car.seen) == (62.0, "unknown", None)


def test_a_restart_does_not_make_old_values_new() -> None:
    server = Server()
    server.says(0, "Soc", 62.0)
    server.says(90, "Soc", 62.0, retained=True)

    assert server.car.seen == NOON
    assert len(server.told) == 1  # nothing new


def test_over_a_restart_it_is_kept_as_it_was_last_told_on() -> None:
    server = Server()
    server.says(0, "Soc", 62.0)
    server.says(0, "ChargeLimitSoc", 80)
    server.memory = replace(server.memory, car=None)  # what is volatile is gone
    server.says(5, "DetailedChargeState", "DetailedChargeStateStopped")

    assert (server.car.soc_usable, server.car.limit, server.car.plugged) == (62.0, 80.0, True)


def test_what_stays_the_same_is_told_once_a_minute_with_its_new_age() -> None:
    server = Server()
    for second in range(0, 180, 10):
        server.says(second / 60, "Soc", 62.0)

    assert [car.seen for car in server.told] == [NOON + timedelta(minutes=m) for m in (0, 1, 2)]


@pytest.mark.parametrize(
    ("home", "value", "there"),
    [
        (Place(lat=51.5, lon=-0.12), {"latitude": 51.5, "longitude": -0.12}, True),
        (Place(lat=51.5, lon=-0.12), {"latitude": 52.5, "longitude": -0.12}, False),
        (None, {"latitude": 51.5, "longitude": -0.12}, None),
        (Place(lat=51.5, lon=-0.12), None, None),
    ],
)
def test_home_is_a_place_or_unknown(home: Place | None, value: Json, there: bool | None) -> None:
    server = Server(replace(CFG, home=home))
    server.says(0, "Location", value)

    assert server.car.home is there


@pytest.mark.parametrize(
    ("value", "known"),
    [(True, True), ("false", False), ({"booleanValue": True}, True), ({"invalid": True}, None), (None, None)],
)
def test_what_is_marked_as_invalid_is_not_known(value: Json, known: bool | None) -> None:
    server = Server()
    server.says(0, "LocatedAtHome", value)
    server.says(0, "FastChargerPresent", value)

    assert (server.car.home, server.car.fast) == (known, known)


def test_what_is_no_json_is_said() -> None:
    [bad] = Server().happen(0, Heard(f"telemetry/{VIN}/v/Soc", b"{"))

    assert isinstance(bad, Emit)
    assert bad.port == "bad"
    assert isinstance(bad.body, Fault)
    assert bad.body.why.startswith(f"telemetry/{VIN}/v/Soc: not JSON")


def test_alerts_and_errors_are_nothing_of_the_car_s_state() -> None:
    server = Server()
    server.happen(0, Heard(f"telemetry/{VIN}/alerts/x/current", b"{}"))

    assert (server.car.state, server.car.seen) == ("unknown", None)
