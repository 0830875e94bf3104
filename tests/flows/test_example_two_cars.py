"""The example of two cars, in made-up time."""

from datetime import datetime

from example_lives import (
    DAY,
    HOUR,
    LIVED,
    MINUTE,
    START,
    charged_from_the_grid,
    draws,
    every_day,
    half_hour,
    into_the_car,
    night,
    octopus,
    planned,
    touched,
)

from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Json, Reply, Request
from wattwire.nodes.messages import Car, Rate

FIRST, SECOND = (
    [("02:10", 80.0), ("13:00", 30.0), ("18:20", 25.0)],
    [("00:30", 90.0), ("15:00", 90.0), ("19:00", 120.0)],
)


def second_car(node: str, request: Request, now: datetime) -> Reply | None:
    """Octopus's second device, and the car itself: awake while it charges, and 15 minutes after."""
    told = str(request.json)
    busy = draws(now, SECOND)
    if node == "krakenDevice":
        live: Json = {"current": "LIVE"}
        ids = ("00000000-0000-4000-8000-000000000001", "car-2")
        devices: list[Json] = [{"id": i, "__typename": "SmartFlexVehicle", "status": live} for i in ids]
        return Reply(200, {"data": {"devices": devices}})
    if node == "dispatchFetcher" and "'car-2'" in told:
        state = "SMART_CONTROL_IN_PROGRESS" if busy else "SMART_CONTROL_CAPABLE"
        status: Json = {"currentState": state, "isSuspended": False, "current": "LIVE"}
        device: Json = {"id": "car-2", "__typename": "SmartFlexVehicle", "status": status}
        return Reply(200, {"data": {"flexPlannedDispatches": planned(now, SECOND), "devices": [device]}})
    if node != "secondCar":
        return None
    awake = busy or draws(now - 15 * MINUTE, SECOND)
    charge: Json = {
        "charging_state": "Charging" if busy else "Disconnected", "battery_level": 60, "charge_limit_soc": 80,
        "charger_power": 7 if busy else 0, "timestamp": int(now.timestamp() * 1000),
        "conn_charge_cable": "IEC" if busy else "<invalid>",
    }  # fmt: skip
    if "vehicle_data" in request.url:
        return Reply(200, {"response": {"state": "online", "charge_state": charge}}) if awake else Reply(408)
    return Reply(200, {"response": {"state": "online" if awake else "asleep"}})


@LIVED
def test_two_cars_share_one_allowance_and_neither_is_charged_from_the_battery(days: int) -> None:
    house = octopus("two_cars", {"secondCar": {"config": {"vin": "LRWSIMULATED00002"}}}, daily=FIRST)
    bench = Bench(house, START, world=second_car)
    every_day(bench, days, SECOND, "simGx.ev")
    bench.run(START + days * DAY)

    rates = [s.body for s in bench.seen if isinstance(s.body, Rate) and s.source.startswith("rateResolver")]
    took, lost = into_the_car(bench)
    assert {plan.device for plan in bench.bodies("dispatchFetcher.plan")} == {
        "00000000-0000-4000-8000-000000000001",
        "car-2",
    }
    assert took > 40 * days
    assert lost < 0.01 * took
    for day in range(days):
        noon = START.replace(hour=12, minute=0, second=0) + day * DAY
        used = [r for r in rates if noon <= r.at < noon + DAY and r.planned and r.car == 7.0]
        dear = {half_hour(r.at) for r in rates if noon <= r.at < noon + DAY and r.planned and r.car == 28.0}
        bonus = {half_hour(r.at) for r in rates if noon <= r.at < noon + DAY and r.band == "cheap" and not night(r.at)}
        assert len({half_hour(r.at) for r in used}) <= 12
        assert {f"{at:%H:%M}" for at in dear} & {"02:00", "02:30", "03:00"}  # the allowance is used up by then
        assert len(bonus) <= 12
        assert bonus >= {noon + HOUR, noon + 3 * HOUR, noon + 7 * HOUR}
    assert all(at in touched([*FIRST, *SECOND], days) for at in charged_from_the_grid(bench) if not night(at))
    assert bench.faults == []


def test_of_two_cars_the_one_on_the_cable_is_told() -> None:
    house = octopus("two_cars", {"secondCar": {"config": {"vin": "LRWSIMULATED00002"}}}, daily=FIRST)
    bench = Bench(house, START, world=second_car)
    every_day(bench, 1, SECOND, "simGx.ev")
    bench.run(START + 9 * HOUR)

    told = [(c.at, c.vin) for c in bench.bodies("whichCar.car") if isinstance(c, Car) and c.charging]
    assert {vin for at, vin in told if at.hour == 13 and at.minute < 30} == {"LRWSIMULATED00001"}
    assert "LRWSIMULATED00002" in {vin for at, vin in told if at.hour == 15}
