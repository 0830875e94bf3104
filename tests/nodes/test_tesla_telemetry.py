import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Dial, Due, Emit, Fault, Heard, Json, Linked, Listen, Timer
from wattwire.nodes.messages import Car
from wattwire.nodes.telemetry_fields import Memory
from wattwire.nodes.tesla_place import Place
from wattwire.nodes.tesla_telemetry import NODE, Config, step

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VIN = "LRWTEST0000000001"
CFG = Config(vin=VIN)


class Server:
    """What the telemetry server publishes, at some minutes after noon, and the car as told on."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory, self.told = cfg, Memory(), list[Car]()

    def happen(self, minute: float, event: Linked | Heard | Due) -> list[object]:
        self.memory, results = step(self.cfg, self.memory, event, NOON + timedelta(minutes=minute))
        self.told += [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Car)]
        return list(results)

    def says(self, minute: float, name: str, value: Json, retained: bool = False) -> list[object]:
        topic = f"telemetry/{VIN}/v/{name}"
        return self.happen(minute, Heard(topic, json.dumps(value).encode(), retained))

    def link(self, minute: float, link: str, status: str, made: str = "2026-11-21T12:00:00Z") -> list[object]:
        told = json.dumps({"ConnectionId": link, "Status": status, "CreatedAt": made})
        return self.happen(minute, Heard(f"telemetry/{VIN}/connectivity", told.encode()))

    @property
    def car(self) -> Car:
        return self.told[-1]


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


def test_a_charge_that_ends_draws_nothing() -> None:
    server = Server()
    server.says(0, "DetailedChargeState", "DetailedChargeStateCharging")
    server.says(0, "ACChargingPower", 7.0)
    server.says(5, "DetailedChargeState", "DetailedChargeStateComplete")

    assert (server.car.charging, server.car.power) == (False, 0.0)


def test_from_one_level_the_other_is_reckoned_once_both_were_told() -> None:
    server = Server()
    server.says(0, "Soc", 62.0)
    alone = server.car
    server.says(0, "BatteryLevel", 64.0)
    both = server.car

    assert (alone.soc, alone.soc_usable, alone.reckoned) == (None, 62.0, ())
    assert (both.soc, both.soc_usable, both.reckoned) == (64.0, 62.0, ())


def test_the_end_of_an_older_connection_says_nothing() -> None:
    server = Server()
    states = [
        server.link(0, "c2", "CONNECTED", "2026-11-21T12:00:05Z"),
        server.link(0, "c1", "DISCONNECTED", "2026-11-21T12:00:06Z"),
        server.link(1, "c1", "CONNECTED", "2026-11-21T11:00:00Z"),  # late
        server.link(20, "c2", "DISCONNECTED", "2026-11-21T12:20:00Z"),
        server.link(21, "c2", "CONNECTED", "2026-11-21T12:00:05Z"),  # twice
        server.says(22, "Soc", 63.5),
    ]

    assert len(states) == 6
    assert [car.state for car in server.told] == ["online", "offline", "online"]
    assert server.car.soc_usable == 63.5


def test_a_connection_that_ends_does_not_end_a_charge() -> None:
    server = Server()
    server.link(0, "c1", "CONNECTED")
    server.says(0, "DetailedChargeState", "DetailedChargeStateCharging")
    server.link(5, "c1", "DISCONNECTED")

    assert (server.car.state, server.car.charging, server.car.seen) == ("offline", True, NOON)


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


def test_without_word_of_its_connection_a_silent_car_is_unknown_after_a_while() -> None:
    server = Server()
    results = server.says(0, "Soc", 62.0)
    server.happen(30, Due("silence"))

    assert Timer("silence", NOON + timedelta(minutes=30)) in results
    assert (server.car.state, server.car.seen) == ("unknown", NOON)


def test_a_silent_car_is_unknown_after_a_restart_too() -> None:
    server = Server()
    silence = Timer("silence", NOON + timedelta(minutes=30))

    assert silence in step(CFG, server.memory, Linked(True), NOON)[1]


def test_a_car_that_went_stays_gone() -> None:
    server = Server()
    server.link(0, "c1", "CONNECTED")
    server.says(0, "Soc", 62.0)
    server.link(40, "c1", "DISCONNECTED")
    server.happen(41, Due("silence"))

    assert server.car.state == "offline"


def test_a_car_that_is_connected_may_be_silent() -> None:
    server = Server()
    server.link(0, "c1", "CONNECTED")
    server.says(0, "Soc", 62.0)
    server.happen(30, Due("silence"))

    assert server.car.state == "online"


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
