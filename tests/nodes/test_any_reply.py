"""Whatever Tesla, Tessie, a forecast or a meter says, the node that reads it finds an outcome, and nothing absurd."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wattwire.nodes import (
    Emit,
    Heard,
    Reply,
    Request,
    Secret,
    Timer,
    ev_meter,
    meter_readings,
    powerwall,
    solar_forecast,
    telemetry_fields,
    tesla_command,
    tesla_mate,
    tesla_mate_keys,
    tesla_state,
    tesla_telemetry,
    tesla_wake,
    tessie,
)
from wattwire.nodes.car_messages import CarCommand, Needed
from wattwire.nodes.messages import Lease, Token
from wattwire.nodes.sun import Forecast, Plane
from wattwire.nodes.tesla_place import Place

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKEN = Token(Secret("t"), NOW + timedelta(hours=8))
HOME = Place(lat=51.5, lon=-0.1)
WORDS = [
    *("response", "state", "charge_state", "drive_state", "vehicle_state", "climate_state", "charging_state"),
    *("battery_level", "usable_battery_level", "charge_limit_soc", "charger_power", "charger_voltage", "timestamp"),
    *("charger_actual_current", "charger_phases", "latitude", "longitude", "shift_state", "software_update", "status"),
    *("charge_schedule_data", "charge_schedules", "id", "charge_amps", "fast_charger_present", "error", "reason"),
    *("result", "backup_reserve_percent", "percentage_charged", "battery_power", "grid_power", "grid_status"),
    *("forecasts", "pv_estimate", "pv_estimate10", "period_end", "period", "watt_hours_period", "hourly", "time"),
    *("global_tilted_irradiance", "message", "text", "2026-11-20T12:00:00Z", "2026-11-20 13:00:00+00:00"),
    *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z", "ConnectionId", "Status", "CreatedAt", "value"),
]
PLAIN: Any = st.sampled_from(
    [
        *(None, True, False, 0, -3, 57, 101.5, 1e300, -1e300, 10**400, float("nan"), float("inf"), float("-inf")),
        *("", "x", "Charging", "Disconnected", "online", "asleep", "Active", "PT30M", "CONNECTED", "DISCONNECTED"),
        *("2026-11-20T12:00:00.0000000Z", "2026-11-20T12:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z"),
        *("vehicle unavailable: vehicle is offline or asleep", "NaN", "inf", "1e999", "57", "true"),
    ]
)
JSON = PLAIN | st.recursive(
    PLAIN | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
)
STATUS = st.sampled_from([0, 200, 200, 200, 200, 400, 401, 402, 403, 404, 405, 408, 412, 421, 423, 429, 503, 540])


def fitted(value: Any, path: Sequence[str | int]) -> Any:
    """The value where a reader looks for it; a number on the path is a list."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def walked(read: Any, config: Any, state: Any, results: Any, answer: Any) -> list[Any]:
    """Every request is answered, until nothing is asked any more."""
    left = list[Any]()
    for _ in range(6):
        results = results if isinstance(results, list) else [] if results is None else [results]
        left += [r for r in results if not isinstance(r, Request)]
        asked = [r for r in results if isinstance(r, Request)]
        if not asked:
            return left
        state, results = read(config, state, answer(asked[0]))
    raise AssertionError(f"it asks for ever: {asked[0].url}")


CHARGE, DRIVE = ("response", "charge_state"), ("response", "drive_state")
TESLA = [
    *((), ("response",), CHARGE, DRIVE, ("response", "climate_state"), ("response", "vehicle_state"), ("error",)),
    *((*CHARGE, name) for name in ("timestamp", "battery_level", "charging_state", "charger_power")),
    *((*DRIVE, name) for name in ("timestamp", "latitude", "power", "shift_state")),
    *(
        ("response", "charge_schedule_data", "charge_schedules", 0, "id"),
        ("response", "reason"),
        ("response", "result"),
    ),
    *(("response", name) for name in ("backup_reserve_percent", "percentage_charged", "battery_power", "grid_status")),
]


@settings(max_examples=400, deadline=None)
@given(STATUS, JSON, st.sampled_from(TESLA))
def test_every_reply_of_tesla_has_an_outcome(status: int, value: Any, path: tuple[str | int, ...]) -> None:
    def answer(asked: Request) -> Reply:
        body = fitted(value, path)
        known = body if not isinstance(body, dict) or "response" not in body else dict(body)
        if path[:2] == CHARGE and len(path) > 2 and isinstance(known, dict):
            known = {"response": {"charge_state": {"battery_level": 50, **known["response"]["charge_state"]}}}
        return Reply(status, known, at=NOW, tag=asked.tag)

    nodes: list[Any] = [tesla_state, tesla_command, tesla_wake, powerwall]
    wishes: list[Any] = [
        {"poll": object(), "hint": None, "house": None, "charger": None, "token": TOKEN},
        {
            "command": CarCommand(at=NOW, do="start"),
            "again": None,
            "car": None,
            "token": TOKEN,
            "house": None,
            "charger": None,
        },
        {"need": Needed(at=NOW, do="start"), "look": None, "token": TOKEN, "holiday": None},
        {"poll": None, "lease": Lease(mode="hold", until=NOW + timedelta(hours=1)), "event": None, "token": TOKEN},
    ]
    configs = [
        tesla_state.Config(vin="V", home=HOME),
        tesla_command.Config(vin="V", settle=timedelta()),
        tesla_wake.Config(vin="V"),
        powerwall.Config(site="1"),
    ]
    for node, config, wish in zip(nodes, configs, wishes, strict=True):
        state, results = node.NODE.run(config, node.NODE.state(), **wish, now=NOW)
        left = walked(node.NODE.read, config, state, results, answer)

        assert left, node
        assert all(isinstance(one, Emit | Timer) for one in left)


@settings(max_examples=200, deadline=None)
@given(STATUS, JSON, st.sampled_from([(), ("charge_state",), *(p[1:] for p in TESLA if p[:2] in (CHARGE, DRIVE))]))
def test_every_reply_of_tessie_has_an_outcome(status: int, value: Any, path: tuple[str | int, ...]) -> None:
    _, left = tessie.read(CAR, tessie.Memory(), Reply(status, fitted(value, path), at=NOW))

    assert left


SUN = [
    *(
        (),
        ("forecasts",),
        ("forecasts", 0),
        ("result",),
        ("result", "watt_hours_period"),
        ("hourly",),
        ("hourly", "time"),
    ),
    *(("message",), ("message", "text"), ("reason",)),
]
SUNNY: list[Any] = [
    lambda v: {
        "forecasts": [{"pv_estimate": v, "pv_estimate10": v, "period_end": "2026-11-20T12:00:00Z", "period": "PT30M"}]
    },
    lambda v: {"forecasts": [{"pv_estimate": 1.5, "period_end": v, "period": "PT30M"}]},
    lambda v: {"result": {"2026-11-20T12:00:00Z": v, "2026-11-20T13:00:00Z": 100}},
    lambda v: {"result": {str(v): 0, "2026-11-20T13:00:00Z": 100}},
    lambda v: {"hourly": {"time": ["2026-11-20T12:00", "2026-11-20T13:00"], "global_tilted_irradiance": [100, v]}},
    lambda v: {"hourly": {"time": ["2026-11-20T12:00", v], "global_tilted_irradiance": [100, 100]}},
    *((lambda v, path=path: fitted(v, path)) for path in SUN),
]
ROOF = Plane(tilt=30, azimuth=0, kwp=4)
FORECASTS = [
    solar_forecast.Config(source="solcast", sites=("a",), key=Secret("k")),
    solar_forecast.Config(source="forecast.solar", planes=(ROOF,), lat=51.5, lon=-0.1),
    solar_forecast.Config(source="open-meteo", planes=(ROOF,), lat=51.5, lon=-0.1),
]


@settings(max_examples=400, deadline=2000)
@given(STATUS, JSON, st.sampled_from(SUNNY))
def test_every_answer_about_the_sun_has_an_outcome(status: int, value: Any, shape: Any) -> None:
    for config in FORECASTS:
        reply = Reply(status, shape(value), at=NOW, tag="0")
        _, left = solar_forecast.read(config, solar_forecast.State(), reply)

        assert isinstance(left, Emit)
        if isinstance(left.body, Forecast):
            assert all(isfinite(s.kwh) and s.kwh >= 0 for s in left.body.spells)


PAYLOAD = st.binary(max_size=8) | JSON.map(lambda v: json.dumps(v).encode())
CAR = tessie.Config(vin="V", token=Secret("t"), home=HOME)
KEYS = ["state", "charging_state", "plugged_in", "battery_level", "charge_limit_soc", "charger_power", "charger_phases",
        "location", "display_name", "x"]  # fmt: skip
FIELDS = ["connectivity", "x", *(f"v/{name}" for name in ("DetailedChargeState", "Soc", "Location", "LocatedAtHome",
          "ACChargingPower", "ChargeLimitSoc", "FastChargerPresent", "Odometer"))]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(PAYLOAD, st.sampled_from(KEYS), st.sampled_from(FIELDS), st.booleans())
def test_every_payload_has_an_outcome(payload: bytes, key: str, field: str, retained: bool) -> None:
    mate = tesla_mate.Config(home=HOME)
    telemetry = tesla_telemetry.Config(vin="V", home=HOME)
    meters = [ev_meter.Config(topic="x"), ev_meter.Config(topic="x", field="value.0", plugged="status")]
    known, _ = tesla_mate.step(
        mate, tesla_mate_keys.Memory(), Heard("teslamate/cars/1/charging_state", b"Charging"), NOW
    )
    told, _ = tesla_telemetry.step(telemetry, telemetry_fields.Memory(), Heard("telemetry/V/v/Soc", b"50"), NOW)
    states = [
        tesla_mate.step(mate, known, Heard(f"teslamate/cars/1/{key}", payload, retained), NOW)[0],
        tesla_telemetry.step(telemetry, told, Heard(f"telemetry/V/{field}", payload, retained), NOW)[0],
        *(ev_meter.hear(meter, meter_readings.State(), Heard("x", payload, retained), NOW)[0] for meter in meters),
    ]

    assert all(isinstance(number, str | bool | None) or isfinite(number) for s in states for number in numbers(s))


def numbers(state: Any) -> list[Any]:
    """What is known of the car, as it would be told on."""
    car = getattr(state, "car", None)
    return [getattr(car, name, None) for name in ("soc", "soc_usable", "limit", "power")]
