from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Dial, Emit, Heard, Linked, Listen, Status
from wattwire.nodes.messages import Car
from wattwire.nodes.tesla_mate import NODE, Config, step
from wattwire.nodes.tesla_mate_keys import Memory
from wattwire.nodes.tesla_place import Place

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CFG = Config(vin="LRWTEST0000000001")
CHARGES = {
    "state": "charging",
    "plugged_in": "true",
    "charging_state": "Charging",
    "battery_level": "64",
    "usable_battery_level": "62",
    "charge_limit_soc": "80",
    "charger_power": "7",
    "charger_voltage": "232",
    "charger_actual_current": "32",
    "charger_phases": "1",
}


class Mate:
    """What TeslaMate publishes at some minutes after noon, and the car as told on."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory, self.told = cfg, Memory(), list[Car]()

    def says(self, minute: float, retained: bool = False, /, **keys: str) -> Car:
        for key, value in keys.items():
            heard = Heard(f"teslamate/cars/1/{key}", value.encode(), retained)
            self.memory, results = step(self.cfg, self.memory, heard, NOON + timedelta(minutes=minute))
            self.told += [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Car)]
        return self.told[-1]


@pytest.mark.parametrize(
    ("cfg", "base"),
    [
        (CFG, "teslamate/cars/1"),
        (Config(car=2), "teslamate/cars/2"),
        (Config(namespace="garage"), "teslamate/garage/cars/1"),
    ],
)
def test_it_listens_to_one_car(cfg: Config, base: str) -> None:
    _, results = step(cfg, Memory(), Linked(True), NOON)

    assert results == [Listen(f"{base}/#"), Status(f"listening to {base}")]


def test_it_dials_the_broker_that_teslamate_uses() -> None:
    assert NODE.dial
    assert NODE.dial(Config(url="mqtt://pi")) == Dial(url="mqtt://pi")


def test_a_charge_told_key_by_key() -> None:
    car = Mate().says(0, **CHARGES, display_name="Blue")

    assert car == Car(
        at=NOON,
        seen=NOON,
        state="online",
        plugged=True,
        charging=True,
        soc=64.0,
        soc_usable=62.0,
        limit=80.0,
        power=7424.0,
        vin="LRWTEST0000000001",
        name="Blue",
        phase="charging",
    )


@pytest.mark.parametrize(
    ("word", "state", "phase"),
    [
        ("online", "online", "watching"),
        ("suspended", "online", "resting"),  # left alone, and probably awake
        ("driving", "online", "driving"),
        ("charging", "online", "charging"),
        ("updating", "online", "watching"),
        ("asleep", "asleep", "asleep"),
        ("offline", "offline", "asleep"),
        ("unavailable", "offline", None),
        ("start", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_the_words_for_its_state(word: str, state: str, phase: str | None) -> None:
    car = Mate().says(0, state=word)

    assert (car.state, car.phase) == (state, phase)


def test_an_empty_payload_is_a_null_where_teslamate_sends_it_so_and_else_nothing() -> None:
    mate = Mate()
    mate.says(0, **CHARGES)
    unknown = mate.says(1, charger_power="", charger_voltage="", charger_actual_current="", charger_phases="")
    kept = mate.says(2, usable_battery_level="", battery_level="", plugged_in="", charging_state="")

    assert (unknown.charging, unknown.power) == (True, None)
    assert (kept.soc, kept.soc_usable, kept.plugged, kept.charging) == (64.0, 62.0, True, True)


def test_a_level_that_no_battery_has_says_nothing() -> None:
    mate = Mate()
    mate.says(0, **CHARGES)
    car = mate.says(1, battery_level="255", usable_battery_level="-5")

    assert (car.soc, car.soc_usable, car.reckoned) == (64.0, 62.0, ())


def testretained_values_have_no_age() -> None:
    car = Mate().says(0, True, **CHARGES)

    assert (car.soc_usable, car.state, car.seen) == (62.0, "online", None)


def test_after_a_restart_old_values_are_as_old_as_they_were() -> None:
    mate = Mate()
    mate.says(0, **CHARGES)
    mate.says(60, True, **CHARGES)

    assert mate.told[-1].seen == NOON


def test_what_is_told_of_a_sleeping_car_comes_from_teslamates_books() -> None:
    mate = Mate()
    mate.says(0, **CHARGES)
    car = mate.says(60, state="asleep", usable_battery_level="61")

    assert (car.state, car.charging, car.power) == ("asleep", False, 0.0)
    assert (car.soc_usable, car.seen) == (61.0, NOON)


@pytest.mark.parametrize("retained", [True, False])
@pytest.mark.parametrize("late", [{"charging_state": "Charging"}, {"charger_power": "7"}])
def test_a_car_that_sleeps_does_not_charge_whatever_comes_late(retained: bool, late: dict[str, str]) -> None:
    mate = Mate()
    mate.says(0, retained, **CHARGES)
    car = mate.says(1, retained, state="asleep", **late)

    assert (car.state, car.plugged, car.charging, car.power) == ("asleep", True, False, 0.0)


def test_a_car_that_wakes_to_charge_charges_in_whatever_order_it_is_told() -> None:
    mate = Mate()
    mate.says(0, **CHARGES)
    mate.says(1, state="asleep")
    car = mate.says(60, charging_state="Charging", charger_actual_current="16", charger_power="4", state="charging")

    assert (car.state, car.charging, car.power) == ("online", True, 3712.0)


def test_offline_does_not_end_a_charge() -> None:
    mate = Mate()
    mate.says(0, **CHARGES)

    assert mate.says(5, state="offline").charging is True


@pytest.mark.parametrize(
    ("word", "plugged", "charging"),
    [("Disconnected", False, False), ("Starting", True, True), ("NoPower", True, False), ("<invalid>", True, True)],
)
def test_charging_states(word: str, plugged: bool, charging: bool) -> None:
    mate = Mate()
    mate.says(0, **CHARGES)

    car = mate.says(1, charging_state=word)

    assert (car.plugged, car.charging) == (plugged, charging)


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ('{"latitude":51.5,"longitude":-0.12}', True),
        ('{"latitude":52.5,"longitude":-0.12}', False),
        ("null", None),
        ("{", None),
    ],
)
def test_home_is_a_place_or_unknown(text: str, home: bool | None) -> None:
    mate = Mate(replace(CFG, home=Place(lat=51.5, lon=-0.12)))

    assert mate.says(0, state="online", location=text).home is home
