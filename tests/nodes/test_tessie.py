from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Emit, Json, Reply, Request, Secret
from wattwire.nodes.messages import Car
from wattwire.nodes.tesla_place import Place
from wattwire.nodes.tessie import Config, Memory, ask, read

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VIN = "LRWTEST0000000001"
CFG = Config(vin=VIN, token=Secret("t"))


def kept(at: datetime, **charge: Json) -> dict[str, Json]:
    return {"timestamp": int(at.timestamp() * 1000), **charge}


def answered(memory: Memory, body: Json, minute: float = 0, cfg: Config = CFG) -> tuple[Memory, list[Emit]]:
    return read(cfg, memory, Reply(200, body, at=NOON + timedelta(minutes=minute)))


def test_what_tessie_keeps_is_asked_for_so_that_the_car_is_left_alone() -> None:
    memory, request = ask(CFG, Memory(), None)

    assert request == Request(
        method="GET",
        url="https://api.tessie.com/LRWTEST0000000001/state",
        query={"use_cache": "true"},
        authorization=Secret("Bearer t"),
    )
    assert memory.about == VIN


def test_a_sleeping_car_is_told_with_the_time_of_its_last_reading() -> None:
    seen = NOON - timedelta(hours=3)
    body: Json = {"state": "asleep", "charge_state": kept(seen, charging_state="Stopped", usable_battery_level=62)}

    _, emits = answered(Memory(), body)

    assert [e.port for e in emits] == ["asleep", "car"]
    assert emits[1].body == Car(
        at=NOON, seen=seen, state="asleep", plugged=True, charging=False, soc_usable=62.0, power=0.0, vin=VIN
    )


def test_a_car_that_charges() -> None:
    charge = kept(NOON, charging_state="Charging", battery_level=64, usable_battery_level=62, charger_power=7)
    body: Json = {"state": "online", "charge_state": charge}

    _, [emit] = answered(Memory(), body)

    assert isinstance(car := emit.body, Car)
    assert (car.state, car.charging, car.power, car.soc, car.soc_usable) == ("online", True, 7000.0, 64.0, 62.0)


def test_what_is_older_than_known_changes_nothing_but_the_state() -> None:
    memory, _ = answered(
        Memory(), {"state": "online", "charge_state": kept(NOON, charging_state="Stopped", battery_level=64)}
    )
    old = kept(NOON - timedelta(hours=1), charging_state="Charging", battery_level=40)

    _, emits = answered(memory, {"state": "asleep", "charge_state": old}, minute=5)

    assert isinstance(car := emits[-1].body, Car)
    assert (car.state, car.soc, car.plugged, car.charging, car.seen) == ("asleep", 64.0, True, False, NOON)


@pytest.mark.parametrize(("state", "ports"), [("asleep", ["asleep", "car"]), ("offline", ["car"])])
def test_a_car_that_sleeps_without_a_reading_is_as_it_was_known(state: str, ports: list[str]) -> None:
    memory, _ = answered(
        Memory(), {"state": "online", "charge_state": kept(NOON, charging_state="Charging", battery_level=64)}
    )

    _, emits = answered(memory, {"state": state, "charge_state": None}, minute=5)

    assert [e.port for e in emits] == ports
    assert isinstance(car := emits[-1].body, Car)
    assert (car.state, car.soc, car.plugged, car.seen) == (state, 64.0, True, NOON)


def test_a_null_neither_unplugs_nor_empties() -> None:
    memory, _ = answered(
        Memory(), {"state": "online", "charge_state": kept(NOON, charging_state="Charging", battery_level=64)}
    )
    later = NOON + timedelta(minutes=5)

    _, [emit] = answered(
        memory, {"state": "online", "charge_state": kept(later, charging_state=None, battery_level=None)}, minute=5
    )

    assert isinstance(car := emit.body, Car)
    assert (car.plugged, car.soc, car.charging, car.seen) == (True, 64.0, None, later)


def test_without_a_time_of_its_own_a_reading_has_no_age() -> None:
    _, [emit] = answered(Memory(), {"state": "online", "charge_state": {"charging_state": "Stopped"}})

    assert isinstance(emit.body, Car)
    assert emit.body.seen is None


@pytest.mark.parametrize(
    ("status", "body", "port"),
    [
        (401, None, "unauthorised"),
        (402, None, "unpaid"),
        (403, None, "unauthorised"),
        (404, None, "unauthorised"),
        (429, None, "throttled"),
        (500, None, "failed"),
        (0, None, "failed"),
        (200, {"state": "asleep"}, "failed"),
        (200, {"state": "online", "charge_state": None}, "failed"),
        (200, [], "failed"),
        (200, None, "failed"),
    ],
)
def test_where_an_answer_leads(status: int, body: Json, port: str) -> None:
    _, emits = read(CFG, Memory(), Reply(status, body, at=NOON))

    assert [e.port for e in emits] == [port]


@pytest.mark.parametrize(("word", "state"), [("online", "online"), ("offline", "offline"), ("?", "unknown")])
def test_the_words_for_its_state(word: str, state: str) -> None:
    _, emits = answered(Memory(), {"state": word, "charge_state": kept(NOON, charging_state="Stopped")})

    assert isinstance(emits[-1].body, Car)
    assert emits[-1].body.state == state


def test_home_is_told_by_its_place() -> None:
    cfg = replace(CFG, home=Place(lat=51.5, lon=-0.12))
    drive: Json = {"latitude": 51.5, "longitude": -0.12}

    _, [emit] = answered(
        Memory(),
        {"state": "online", "charge_state": kept(NOON, charging_state="Stopped"), "drive_state": drive},
        cfg=cfg,
    )

    assert isinstance(emit.body, Car)
    assert emit.body.home is True


def test_another_car_in_the_settings_forgets_the_first_one() -> None:
    memory, _ = answered(
        Memory(about=VIN), {"state": "online", "charge_state": kept(NOON, charging_state="Stopped", battery_level=64)}
    )

    forgotten, _ = ask(replace(CFG, vin="ANOTHER"), memory, None)

    assert forgotten == Memory(about="ANOTHER")
