"""The example flows, each lived through for a week in a simulated world, and held against what its user wants of it."""

from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from example_lives import (
    DAILY,
    DAY,
    HALF,
    HOUR,
    LIVED,
    MINUTE,
    START,
    SUN,
    charged_from_the_grid,
    every_day,
    flow,
    half_hour,
    into_the_car,
    night,
    octopus,
    readings,
    touched,
)

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load, load_text
from wattwire.nodes import Fault, Json, Reply, Request
from wattwire.nodes.car_messages import CarDone
from wattwire.nodes.energy_messages import Day
from wattwire.nodes.heat_switch import Switch
from wattwire.nodes.messages import Lease
from wattwire.nodes.notices import Repeats
from wattwire.nodes.sim_octopus_lists import price_at

GX = {"config": {"host": None, "url": "mqtt://flow", "report": "30s", "silent_after": "100s"}}
EXAMPLE = Path(__file__).parents[1] / "world/example.env"


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
    "heatPump": {"config": {"switch": {"topic": "pump/command"}, "url": "mqtt://flow"}},
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


def test_the_heat_pump_s_switch_is_told_in_a_shelly_s_words_on_a_broker_that_it_can_reach() -> None:
    config = load("heat_pump", env=example()).nodes["heatPump"].config

    assert config.switch == Switch(topic="shellies/pump/relay/0/command", on="on", off="off")
    assert config.url == "mqtt://192.168.1.5:1883"


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
    nodes["costMeter"] = {"config": {"export": 12}}
    dark = {"simGx": {"type": "simGx", "config": {"heartbeat": "30s", "publish": "30s", "awake": "10m", "soc": 10}}}
    bench = Bench(octopus("solar", nodes | dark, daily=[]), START, world=lambda *a: sun(watts, *a))
    bench.run(START.replace(hour=5, minute=25) + DAY)

    assert least <= bench.bodies("victronGx.house")[-1].soc <= most
    assert [why for why in said(bench) if "sun" in why] == []
    assert bench.faults == []


def test_what_panels_sell_has_a_price_in_the_books() -> None:
    assert load("solar", env=example()).nodes["costMeter"].config.export == 12.5


def test_an_outage_of_octopus_reaches_a_phone_once_in_six_hours_for_each_thing_that_fails() -> None:
    begins = datetime(2026, 11, 20, 8, tzinfo=UTC)
    bench = Bench(load("simulated_house", env={}), begins - HOUR)
    bench.put(begins, "simOctopus.fault", {"kind": "503"})
    bench.run(begins + 6 * HOUR)
    repeats = Repeats(load("tell_me", env=example()).nodes["notify"].config.again)

    told = [(s.at, s.body.why) for s in bench.seen if s.source == "alarm.said" and isinstance(s.body, Fault)]
    pushed = [f"{at:%H:%M} {why}" for at, why in told if not repeats.holds(why, at)]
    assert pushed == ["08:12 HTTP 503", "08:14 the plan is older than 15 min", "08:30 standard-unit-rates: HTTP 503"]


def example() -> dict[str, str]:
    return dict(line.split("=", 1) for line in EXAMPLE.read_text().splitlines() if "=" in line)


def test_the_examples_go_together() -> None:
    text = "flow: all\ninclude: [holiday, plug_guard, heat_pump, solar, tell_me, powerwall]\n"
    together = load_text(text, env=example())

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
