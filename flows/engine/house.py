"""The house in numbers: what the messages that leave a node say of price, plan, battery and car."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from wattwire.nodes.messages import Car, House, Lease, Plan, Prices, Rate

BANDS = ("cheap", "standard", "unsure")
STATES = ("online", "asleep", "offline", "unknown")
MODES = ("charge", "hold", "release")


class HouseMeters:
    """The newest body of each kind. An unknown value has no sample: it is never 0."""

    def __init__(self) -> None:
        self._newest: dict[type, object] = {}

    def note(self, body: object) -> None:
        if type(body) in TOLD:
            self._newest[type(body)] = body

    def collect(self) -> Iterator[Metric]:
        for kind, body in self._newest.items():
            yield from TOLD[kind](body)


def _rate(rate: Rate) -> Iterator[Metric]:
    yield _gauge("unit_rate_pence_per_kwh", "Price of a unit now, including VAT.", "for", {
        "house": rate.house, "car": rate.car})  # fmt: skip
    yield _states("rate_band", "The band of the half hour.", "band", BANDS, rate.band)
    yield _gauge("rate_until_timestamp_seconds", "When the rate was last known to end.", "", {"": _time(rate.until)})
    yield _gauge("rate_planned", "1 while a plan touches the half hour.", "", {"": rate.planned})
    yield _gauge("rate_allowance_left_hours", "Of the tariff's daily allowance.", "", {"": rate.allowance_left})


def _plan(plan: Plan) -> Iterator[Metric]:
    yield _gauge("plan_timestamp_seconds", "When the newest plan was read: its age is time() less this.", "", {
        "": _time(plan.at)})  # fmt: skip
    yield _gauge("plan_dispatches", "Dispatches in the newest plan.", "", {"": len(plan.dispatches)})
    ahead = min((d.start for d in plan.dispatches), default=None)
    yield _gauge("plan_next_start_timestamp_seconds", "Start of its first dispatch.", "", {"": _time(ahead)})


def _prices(prices: Prices) -> Iterator[Metric]:
    yield _gauge("prices_timestamp_seconds", "When prices were last read.", "", {"": _time(prices.at)})
    yield _gauge("standing_charge_pence_per_day", "Standing charge, including VAT.", "", {"": prices.standing})


def _car(car: Car) -> Iterator[Metric]:
    yield _gauge("car_soc_percent", "State of charge of the car.", "", {"": car.soc})
    yield _gauge("car_charging", "1 while the car draws.", "", {"": car.charging})
    yield _gauge("car_plugged", "1 while the car is plugged in.", "", {"": car.plugged})
    yield _gauge("car_seen_timestamp_seconds", "When the car was last read.", "", {"": _time(car.seen)})
    yield _states("car_state", "Whether the car can be read.", "state", STATES, car.state)


def _house(house: House) -> Iterator[Metric]:
    yield _gauge("battery_soc_percent", "State of charge of the house battery.", "", {"": house.soc})
    yield _gauge("power_watts", "Power; + is import, charging, drawing.", "point", {
        "grid": house.grid, "battery": house.battery, "load": house.load, "pv": house.pv, "ev": house.ev})  # fmt: skip
    yield _gauge("battery_controllable", "1 while the GX does as it is told.", "", {"": house.controllable})
    yield _gauge("house_timestamp_seconds", "When the house was last read.", "", {"": _time(house.at)})


def _lease(lease: Lease) -> Iterator[Metric]:
    yield _states("lease_mode", "What the battery was last told.", "mode", MODES, lease.mode)
    yield _gauge("lease_until_timestamp_seconds", "When the lease ends by itself.", "", {"": _time(lease.until)})


TOLD: dict[type, Callable[[Any], Iterator[Metric]]] = {
    Rate: _rate,
    Plan: _plan,
    Prices: _prices,
    Car: _car,
    House: _house,
    Lease: _lease,
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
