"""The example flows, each lived through for a week in a simulated world, and held against what its user wants of it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

import wattwire.flows
from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.nodes import Fault, Json, Reply, Request
from wattwire.nodes.car_messages import CarDone
from wattwire.nodes.energy import Day
from wattwire.nodes.messages import Car, House, Lease, Rate
from wattwire.nodes.sim_octopus_lists import price_at

FLOWS = Path(wattwire.flows.__file__).parent
MINUTE, HALF, HOUR, DAY = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
START = datetime(
    2026, 11, 16, 11, 50, 10, tzinfo=UTC
)  # a Monday, shortly before the noon at which the allowance begins
LIVED = pytest.mark.parametrize("days", [1, pytest.param(7, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
SUN = {"type": "simGx", "config": {"heartbeat": "30s", "publish": "30s", "pv": 5000}}
GX = {"config": {"host": None, "url": "mqtt://flow", "report": "30s", "silent_after": "100s"}}
DAILY = [("02:10", 80), ("13:00", 30), ("18:20", 25)]  # dispatches, by the clock of a winter's day
EXAMPLE = Path(__file__).parents[1] / "world/example.env"
Hours = Iterable[tuple[str, float]]


def flow(
    include: str, nodes: Mapping[str, Any], edges: Iterable[tuple[str, str]] = (), ends: Iterable[str] = ()
) -> Flow:
    wired = [{"from": a, "to": b} for a, b in edges]
    whole = {"flow": "example", "include": include, "nodes": dict(nodes), "edges": wired, "ends": list(ends)}
    return load_text(yaml.safe_dump(whole, sort_keys=False), env={})


def octopus(
    include: str,
    over: Mapping[str, Any] | None = None,
    without: Iterable[str] = (),
    ends: Iterable[str] = (),
    daily: Hours = DAILY,
) -> Flow:
    """A flow that includes intelligent_octopus, with the simulated house's world around it."""
    nodes = yaml.safe_load((FLOWS / "simulated_house.yaml").read_text())["nodes"] | {"simGx": SUN, "rateResolver": {}}
    del nodes["simBill"]
    slots = [{"start": at, "length": f"{minutes:.0f}m"} for at, minutes in daily]
    nodes["simOctopus"] = {
        "type": "simOctopus",
        "config": {"first_after": "1s", "length": "1s", "every": "3650d", "daily": slots},
    }
    nodes["moment"] = {"type": "clock", "config": {"every": "1m"}}
    kept = {name: node for name, node in nodes.items() if name not in without} | dict(over or {})
    around = [("moment.tick", "simOctopus.tick"), ("simOctopus.ev", "simTesla.charge")]
    around += [("simOctopus.ev", "simGx.ev")] if "simGx" in kept else []
    return flow(include, kept, around, ends)


def every_day(bench: Bench, days: int, hours: Hours, *ports: str, watts: float = 7000) -> None:
    """Something that draws every day at these times."""
    for day in range(days + 1):
        for clock, minutes in hours:
            begin = datetime.fromisoformat(f"{START + day * DAY:%Y-%m-%d}T{clock}:00+00:00")
            for at, power in ((begin, watts), (begin + minutes * MINUTE, 0)):
                for port in ports if at > START else ():
                    bench.put(at, port, {"at": at.isoformat(), "power": power})


def readings(bench: Bench) -> list[tuple[House, float]]:
    """What the GX read, and for how many hours each reading stood."""
    houses: list[House] = bench.bodies("victronGx.house")
    return [(a, (b.at - a.at) / HOUR) for a, b in pairwise(houses)]


def into_the_car(bench: Bench) -> tuple[float, float]:
    """kWh that the car took, and what of it came out of the battery."""
    seen = [(house, hours) for house, hours in readings(bench) if (house.ev or 0) > 500]
    took = sum((house.ev or 0) * hours for house, hours in seen) / 1000
    return took, sum(max(0.0, -(house.battery or 0)) * hours for house, hours in seen) / 1000


def charged_from_the_grid(bench: Bench) -> set[datetime]:
    """Half hours in which the battery took more than the panels gave beside the house."""
    took = (h for h, _ in readings(bench) if (h.battery or 0) > 200 and (h.grid or 0) - (h.ev or 0) > 600)
    return {half_hour(house.at) for house in took}


def half_hour(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // 1800 * 1800, UTC)


def touched(hours: Hours, days: int) -> set[datetime]:
    """The half hours that these touch on every day."""
    found: set[datetime] = set()
    for day in range(-1, days + 1):
        for clock, minutes in hours:
            begin = datetime.fromisoformat(f"{START + day * DAY:%Y-%m-%d}T{clock}:00+00:00")
            at = half_hour(begin)
            while at < begin + minutes * MINUTE:
                found.add(at)
                at += HALF
    return found


def night(at: datetime) -> bool:
    return f"{at:%H:%M}" >= "23:30" or f"{at:%H:%M}" < "05:30"


def as_it_was(bench: Bench) -> bool:
    """The GX's schedule is off, or a lease that ends within the hour is in force."""
    held = [s.body for s in bench.seen if s.source == "victronGx.confirmed" and isinstance(s.body, Lease)]
    return held[-1].mode == "release" or held[-1].until <= bench.now + HOUR


def said(bench: Bench) -> list[str]:
    return [s.body.why for s in bench.seen if s.source == "alarm.said" and isinstance(s.body, Fault)]


EVENINGS = [("18:05", 95.0), ("22:10", 30.0), ("07:20", 12.0)]


@LIVED
def test_on_any_tariff_the_battery_does_not_empty_into_the_car_and_serves_the_house_else(days: int) -> None:
    bench = Bench(flow("any_tariff_hold", {"simGx": SUN, "victronGx": GX}), START)
    every_day(bench, days, EVENINGS, "simGx.ev")
    bench.run(START + days * DAY)

    took, lost = into_the_car(bench)
    served = sum(max(0.0, -(h.battery or 0)) * hours for h, hours in readings(bench)) / 1000
    assert took > 14 * days
    assert lost < 0.004 * took  # the seconds until the GX looks
    assert served > 2.5 * days
    assert charged_from_the_grid(bench) == set()
    assert {lease.mode for lease in bench.bodies("victronController.lease")} == {"hold", "release"}
    assert [s for s in bench.seen if s.request] == []
    assert as_it_was(bench)
    assert (said(bench), bench.faults) == ([], [])


def agile() -> Flow:
    fetcher = {
        "url": "http://simOctopus.flow/v1",
        "product": "AGILE-24-10-01",
        "tariff": "E-1R-AGILE-24-10-01-A",
        "export_product": "AGILE-OUTGOING-19-05-13",
        "export_tariff": "E-1R-AGILE-OUTGOING-19-05-13-A",
    }
    gx = {"type": "simGx", "config": {"heartbeat": "30s", "publish": "30s"}}
    nodes = {"simOctopus": {"type": "simOctopus"}, "rateFetcher": {"config": fetcher}, "simGx": gx, "victronGx": GX}
    return flow("agile_battery", nodes, ends=["simOctopus.ev"])


def cheapest(day: date) -> set[datetime]:
    """Of a local day, the eight cheapest half hours and what is below 5 p; in winter local time is UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    halves = [start + n * HALF for n in range(48)]
    price = {at: price_at(day, at.hour) + (0.5 if at.minute else 0.0) for at in halves}
    return {*sorted(halves, key=price.__getitem__)[:8], *(at for at in halves if price[at] < 5)}


@LIVED
def test_on_agile_the_battery_is_filled_in_the_cheapest_half_hours_alone_and_that_saves_money(days: int) -> None:
    bench = Bench(agile(), START)
    every_day(bench, days, EVENINGS, "simGx.ev")
    bench.run(START + days * DAY)

    there = charged_from_the_grid(bench)
    took, lost = into_the_car(bench)
    sums = {day.day: day for day in bench.bodies("costMeter.day") if isinstance(day, Day)}
    full = [max(h.soc or 0 for h in bench.bodies("victronGx.house") if h.at.date() == day) for day in list(sums)[1:]]
    assert there
    assert [at for at in there if at not in cheapest(at.date())] == []
    assert all(soc > 90 for soc in full)
    assert lost < 0.004 * took
    assert days == 1 or sum(day.saved for day in sums.values()) > 40 * days  # what is stored is paid for first
    assert sum(day.unknown for day in sums.values()) <= 1
    assert as_it_was(bench)
    assert (said(bench), bench.faults) == ([], [])


PUMP = {
    "heatPump": {"config": {"switch": {"topic": "pump/command"}}},
    "pump": {"type": "mqttIn", "config": {"topic": "pump/command", "json": False}},
}


@LIVED
def test_the_heat_pump_runs_on_cheap_power_alone_and_neither_starts_nor_stops_in_haste(days: int) -> None:
    bench = Bench(octopus("heat_pump", PUMP, ends=["pump.message", "pump.bad"]), START)
    bench.put(START + 5 * HOUR, "smartControl.suspend", None)  # nothing is planned from here
    bench.put(START + 8 * HOUR, "smartControl.resume", None)  # to here
    bench.run(START + days * DAY)

    told = [(s.at, s.body == "ON") for s in bench.seen if s.source == "pump.message"]
    turns = [turn for i, turn in enumerate(told) if i == 0 or told[i - 1][1] != turn[1]]
    ran = [(a, b) for (a, on), (b, _) in pairwise(turns) if on]
    rested = [b - a for (a, on), (b, _) in pairwise(turns) if not on][1:]
    dispatches = touched(DAILY, days) - touched([("18:20", 25)], 0)  # that of the suspended evening
    minutes = {a + n * MINUTE for a, b in ran for n in range(1, (b - a) // MINUTE)}
    assert len(ran) >= 4 * days - 1
    assert [m for m in minutes if not night(m) and half_hour(m) not in dispatches] == []
    assert min(b - a for a, b in ran) >= 20 * MINUTE
    assert max(b - a for a, b in ran) <= 4 * HOUR + 2 * MINUTE
    assert min(rested) >= 20 * MINUTE
    assert {half_hour(m) for m in minutes if not night(m)} == {
        d for d in dispatches if START < d < bench.now and not night(d)
    }
    assert bench.faults == []


@LIVED
def test_on_holiday_nothing_wakes_the_car_whatever_is_asked_of_it_and_a_sleeping_car_is_never_read(days: int) -> None:
    asked: list[tuple[str, bool]] = []

    def watch(node: str, request: Request, now: datetime) -> None:
        if "/vehicles/" in request.url:
            until = bench.actors["simTesla"].state.awake_until
            asked.append((request.url.rpartition("LRWSIMULATED00001")[2], until is not None and now < until))

    bench = Bench(octopus("holiday", without=["teslaWake"], daily=[]), START, world=watch)
    for day in range(days):
        for hours, wish in ((3, {"do": "start"}), (9, {"do": "limit", "value": 60}), (12, {"do": "stop"})):
            at = START + day * DAY + hours * HOUR
            bench.put(at, "teslaCommand.command", {"at": at.isoformat(), "owner": "me", **wish})
    bench.run(START + days * DAY)

    looks = [awake for path, awake in asked if not path.startswith(("/vehicle_data", "/wake_up", "/command"))]
    assert [path for path, _ in asked if "wake" in path] == []
    assert [path for path, awake in asked if path.startswith("/vehicle_data") and not awake] == []
    assert looks.count(False) > 100 * days
    assert not any(car.state == "online" for car in bench.bodies("teslaState.car") if car.at > START + HOUR)
    assert len([why for why in said(bench) if why.startswith("the car is asleep")]) == 2 * days
    assert max(h.soc for h in bench.bodies("victronGx.house")) >= 94  # the house goes on as ever
    assert bench.faults == []


FIRST, SECOND = (
    [("02:10", 80.0), ("13:00", 30.0), ("18:20", 25.0)],
    [("00:30", 90.0), ("15:00", 90.0), ("19:00", 120.0)],
)


def planned(now: datetime, hours: Hours) -> list[Json]:
    """What is left of these today and tomorrow, as Octopus writes it."""
    found: list[Json] = []
    for day in (0, 1):
        for clock, minutes in sorted(hours):
            begin = datetime.fromisoformat(f"{now + day * DAY:%Y-%m-%d}T{clock}:00+00:00")
            end = begin + minutes * MINUTE
            if end > now and begin < now + 18 * HOUR:
                found.append({"start": begin.isoformat(), "end": end.isoformat(), "type": "SMART"})
    return found


def draws(now: datetime, hours: Hours) -> bool:
    return any(datetime.fromisoformat(str(p["start"])) <= now for p in planned(now, hours) if isinstance(p, dict))


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


class Powerwall:
    """A Powerwall at Tesla: below its reserve it charges, at it it rests, above it it gives what house and car draw."""

    def __init__(self) -> None:
        self.at, self.soc, self.reserve, self.own = START, 60.0, 20.0, 20.0
        self.charged: set[datetime] = set()  # half hours
        self.took = self.lost = self.served = 0.0  # kWh: of the car, out of the battery into it, and into the house

    def draws(self) -> float:
        return 7100.0 if draws(self.at, DAILY) else 0.0

    def power(self) -> float:
        """W; + is charging."""
        if self.soc < self.reserve - 0.01:
            return 5000.0
        return 0.0 if self.soc <= self.reserve + 0.5 else -min(5000.0, 450.0 + self.draws())

    def live(self, now: datetime) -> None:
        while self.at < now:
            power, car, hours = self.power(), self.draws(), min(MINUTE, now - self.at) / HOUR
            self.took += car * hours / 1000
            self.charged |= {half_hour(self.at)} if power > 0 else set()
            given = max(0.0, -power) * hours / 1000
            self.lost += given if car else 0.0
            self.served += 0.0 if car else given
            self.soc = min(100.0, max(0.0, self.soc + power * hours / 135))
            self.at = min(now, self.at + MINUTE)

    def answer(self, node: str, request: Request, now: datetime) -> Reply | None:
        self.live(now)
        if "/energy_sites/" not in request.url:
            return None
        if request.method == "POST" and isinstance(request.json, dict):
            self.reserve = float(str(request.json["backup_reserve_percent"]))
            return Reply(200, {"response": {"code": 201}})
        if request.url.endswith("site_info"):
            return Reply(200, {"response": {"backup_reserve_percent": self.reserve}})
        load = 450.0 + self.draws()
        told: Json = {
            "percentage_charged": self.soc, "battery_power": -self.power(), "grid_power": load + self.power(),
            "load_power": load, "solar_power": 0, "grid_status": "Active",
        }  # fmt: skip
        return Reply(200, {"response": told})


@LIVED
def test_a_powerwall_charges_on_cheap_power_alone_gives_hardly_anything_to_the_car_and_keeps_its_own_reserve(
    days: int,
) -> None:
    wall = Powerwall()
    house = octopus("powerwall", {"powerwall": {"config": {"site": "1"}}}, without=["simGx", "victronGx"])
    bench = Bench(house, START, world=wall.answer)
    for minute in range(days * 24 * 60):
        bench.do(START + minute * MINUTE, lambda: wall.live(bench.now))
    bench.run(START + days * DAY)

    cheap = touched(DAILY, days)
    asked = len([s for s in bench.requests("powerwall") if s.request and s.request.method == "GET"])
    assert [at for at in wall.charged if not night(at) and at not in cheap] == []
    assert any(night(at) for at in wall.charged)
    assert wall.took > 15 * days
    assert wall.lost < 0.02 * wall.took
    assert wall.served > 3 * days
    assert wall.reserve == wall.own
    assert asked / 650 / days * 30.5 < 6  # pounds a month
    assert bench.faults == []


def sun(watts: float, node: str, request: Request, now: datetime) -> Reply | None:
    """Open-Meteo's answer: the same sun from nine to three, today and tomorrow."""
    if node != "solarForecast":
        return None
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    hours = [start + n * HOUR for n in range(72)]
    shone: list[Json] = [watts if 9 <= at.hour < 15 else 0.0 for at in hours]
    times: list[Json] = [f"{at:%Y-%m-%dT%H:%M}" for at in hours]
    return Reply(200, {"hourly": {"time": times, "global_tilted_irradiance": shone}})


@pytest.mark.parametrize(("watts", "least", "most"), [(0.0, 60, 100), (700.0, 15, 55)])
def test_before_a_sunny_day_the_battery_is_charged_less(watts: float, least: float, most: float) -> None:
    roof = {"lat": 51.5, "lon": -0.12, "planes": [{"kwp": 5, "tilt": 35, "azimuth": 0}]}
    nodes = {"solarForecast": {"config": roof}, "solarTarget": {"config": {"capacity": 13.5, "use": 10}}}
    dark = {"simGx": {"type": "simGx", "config": {"heartbeat": "30s", "publish": "30s", "soc": 10}}}
    bench = Bench(octopus("solar", nodes | dark, daily=[]), START, world=lambda *a: sun(watts, *a))
    bench.run(START.replace(hour=5, minute=25) + DAY)

    assert least <= bench.bodies("victronGx.house")[-1].soc <= most
    assert [why for why in said(bench) if "sun" in why] == []
    assert bench.faults == []


def test_the_examples_go_together() -> None:
    text = "flow: all\ninclude: [holiday, plug_guard, heat_pump, solar, tell_me, powerwall]\n"
    env = dict(line.split("=", 1) for line in EXAMPLE.read_text().splitlines() if "=" in line)
    together = load_text(text, env=env)

    assert not {"teslaWake", "victronGx"} & set(together.nodes)
    assert {"plugGuard", "heatPump", "solarTarget", "notify", "powerwall"} <= set(together.nodes)
    assert together.nodes["teslaState"].config.home is not None


def test_a_charge_that_begins_at_plug_in_is_stopped_once_and_begun_again_where_no_plan_comes() -> None:
    car = {"url": "http://simTesla.flow", "vin": "LRWSIMULATED00001"}
    over = {"teslaState": {"config": {**car, "home": {"lat": 51.5, "lon": -0.12}}}, "teslaCommand": {"config": car}}
    apart = {"simTesla": {"type": "simTesla", "config": {"plugged": False}}}
    bench = Bench(octopus("plug_guard", over | apart, daily=[]), START)
    at = START + 4 * HOUR
    bench.put(at, "simTesla.cable", {"at": at.isoformat(), "plugged": True, "power": 7000})
    bench.put(at, "simGx.ev", {"at": at.isoformat(), "power": 7000})
    bench.run(START + 10 * HOUR)

    told = [(s.at, s.body.do) for s in bench.seen if s.source == "teslaCommand.done" and isinstance(s.body, CarDone)]
    assert [do for _, do in told] == ["stop", "start"]
    assert told[0][0] - at < 5 * MINUTE
    assert 14 * MINUTE < told[1][0] - told[0][0] < 20 * MINUTE
    assert len([s for s in bench.seen if s.request and s.request.url.endswith("/wake_up")]) == 1  # for the start
    assert bench.faults == []
