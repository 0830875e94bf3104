"""The house in numbers: what the messages that leave a node say of price, plan, battery and car."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from wattwire.nodes.energy_messages import Day
from wattwire.nodes.messages import Car, House, Lease, Plan, Prices, Rate
from wattwire.nodes.slot_record import Record

BANDS = ("cheap", "standard", "unsure")
STATES = ("online", "asleep", "offline", "unknown")
MODES = ("charge", "hold", "release")
RUNGS = ("window", "offered", "started", "confirmed")


class HouseMeters:
    """The newest body of each kind, and of leases the newest of each port. An unknown value has no sample, never a 0.

    A process that has just started knows nothing until its node's next message."""

    def __init__(self) -> None:
        self._newest: dict[type, object] = {}
        self._leases: dict[str, Lease] = {}  # out port -> what was wished there, or confirmed

    def note(self, port: str, body: object) -> None:
        if type(body) in TOLD:
            self._newest[type(body)] = body
        elif isinstance(body, Lease):
            self._leases[port] = body

    def collect(self, now: float) -> Iterator[Metric]:
        for kind, body in self._newest.items():
            yield from TOLD[kind](body, now)
        if self._leases:
            yield from _lease(self._leases)


def _rate(rate: Rate, _: float) -> Iterator[Metric]:
    yield _gauge("unit_rate_pence_per_kwh", "Price of a unit now, including VAT.", "use", {
        "house": rate.house, "car": rate.car})  # fmt: skip
    yield _states("rate_band", "1 for the band of the half hour.", "band", BANDS, rate.band)
    yield _states("rate_rung", "1 for how far the half hour's dispatch is trusted; 0 for all without one.", "rung",
                  RUNGS, rate.rung or "")  # fmt: skip
    yield _gauge("export_rate_pence_per_kwh", "What a unit sold now earns.", "", {"": rate.export})
    yield _gauge("rate_timestamp_seconds", "When the rate was last decided.", "", {"": _time(rate.at)})
    yield _gauge("rate_until_timestamp_seconds", "End of the half hour that the rate is for.", "", {
        "": _time(rate.until)})  # fmt: skip
    yield _gauge("rate_planned", "1 while a plan touches the half hour.", "", {"": rate.planned})
    left = rate.allowance_left
    yield _gauge("rate_allowance_left_seconds", "Left of the tariff's daily allowance.", "", {
        "": left * 3600 if left is not None else None})  # fmt: skip
    following = rate.next
    yield _gauge("next_unit_rate_pence_per_kwh", "The house's next price, as far as is known.", "", {
        "": following.house if following else None})  # fmt: skip
    yield _gauge("next_unit_rate_timestamp_seconds", "When it begins.", "", {
        "": _time(following.at) if following else None})  # fmt: skip


def _plan(plan: Plan, now: float) -> Iterator[Metric]:
    ahead = sorted((d.start, d.end) for d in plan.dispatches if d.status == "planned" and d.end.timestamp() > now)
    start, end = ahead[0] if ahead else (None, None)
    yield _gauge("plan_timestamp_seconds", "When the newest plan was read: its age is time() less this.", "", {
        "": _time(plan.at)})  # fmt: skip
    yield _gauge("plan_dispatches", "Dispatches in the newest plan that have not ended.", "", {"": len(ahead)})
    yield _gauge("plan_next_start_timestamp_seconds", "Start of the first of them; past while it runs.", "", {
        "": _time(start)})  # fmt: skip
    yield _gauge("plan_next_end_timestamp_seconds", "End of the first of them.", "", {"": _time(end)})


def _prices(prices: Prices, _: float) -> Iterator[Metric]:
    yield _gauge("prices_timestamp_seconds", "When prices were last read.", "", {"": _time(prices.at)})
    yield _gauge("standing_charge_pence_per_day", "Standing charge, including VAT.", "", {"": prices.standing})


def _car(car: Car, _: float) -> Iterator[Metric]:
    yield _gauge("car_soc_percent", "State of charge of the car.", "", {"": car.soc})
    yield _gauge("car_limit_percent", "State of charge at which the car stops charging.", "", {"": car.limit})
    yield _gauge("car_power_watts", "What the car draws.", "", {"": car.power})
    yield _gauge("car_charging", "1 while the car draws.", "", {"": car.charging})
    yield _gauge("car_plugged", "1 while the car is plugged in.", "", {"": car.plugged})
    yield _gauge("car_seen_timestamp_seconds", "When the car was last read: its age is time() less this.", "", {
        "": _time(car.seen)})  # fmt: skip
    yield _states("car_state", "1 for how the car can be reached.", "state", STATES, car.state)


def _house(house: House, _: float) -> Iterator[Metric]:
    yield _gauge("battery_soc_percent", "State of charge of the house battery.", "", {"": house.soc})
    yield _gauge("power_watts", "Power; + is import, charging, drawing.", "point", {
        "grid": house.grid, "battery": house.battery, "load": house.load, "pv": house.pv, "ev": house.ev})  # fmt: skip
    yield _gauge("battery_controllable", "1 while the GX does as it is told.", "", {"": house.controllable})
    yield _gauge("house_timestamp_seconds", "When the house was last read.", "", {"": _time(house.at)})


def _day(day: Day, _: float) -> Iterator[Metric]:
    yield _gauge("day_cost_pence", "Cost of the local day so far, as reckoned, without the standing charge.", "", {
        "": day.cost})  # fmt: skip
    yield _gauge("day_saved_pence", "Saved so far against the same house and car with an idle battery.", "", {
        "": day.saved})  # fmt: skip
    yield _gauge("day_kwh", "Energy of the local day so far: bought for house and car, and sold.", "use", {
        "house": day.house, "car": day.car, "export": day.exported})  # fmt: skip
    yield _gauge("day_unknown_half_hours", "Half hours of unknown cost, which are in no sum.", "", {"": day.unknown})


def _record(record: Record, _: float) -> Iterator[Metric]:
    yield _gauge("slots", "Half hours of the last days, by whether Octopus's own list says what they were taken for.",
                 "verdict", {"agreeing": record.agreeing, "differing": record.differing})  # fmt: skip


def _lease(leases: dict[str, Lease]) -> Iterator[Metric]:
    told = "1 for the mode of the battery's lease: on port `lease` as wished, on `confirmed` as the GX does it."
    mode = GaugeMetricFamily("energy_lease_mode", told, labels=["port", "mode"])
    until = GaugeMetricFamily("energy_lease_until_timestamp_seconds", "When the lease ends by itself.", labels=["port"])
    for port, lease in leases.items():
        for name in MODES:
            mode.add_metric([port, name], float(lease.mode == name))
        until.add_metric([port], lease.until.timestamp())
    yield from (mode, until)


TOLD: dict[type, Callable[[Any, float], Iterator[Metric]]] = {
    Rate: _rate,
    Plan: _plan,
    Prices: _prices,
    Car: _car,
    House: _house,
    Day: _day,
    Record: _record,
}


def _time(at: datetime | None) -> float | None:
    return at.timestamp() if at is not None else None


def _gauge(name: str, told: str, label: str, values: dict[str, float | bool | None]) -> Metric:
    family = GaugeMetricFamily(f"energy_{name}", told, labels=[label] if label else [])
    for key, value in values.items():
        if value is not None:
            family.add_metric([key] if label else [], float(value))
    return family


def _states(name: str, told: str, label: str, all: tuple[str, ...], now: str) -> Metric:
    return _gauge(name, told, label, {state: state == now for state in all})
