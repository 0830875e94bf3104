"""The example of a Powerwall, in made-up time."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from example_lives import DAILY, DAY, HOUR, LIVED, MINUTE, START, draws, half_hour, night, octopus, touched

from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Json, Reply, Request

SECOND = timedelta(seconds=1)


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


def lived(
    wall: Powerwall, long: timedelta, dies: datetime | None = None, hears: Mapping[datetime, float] = {}, **config: Any
) -> Bench:
    """Through so much time: where the node dies, and which targets of a forecast it hears for the night."""
    house = octopus("powerwall", {"powerwall": {"config": {"site": "1", **config}}}, without=["simGx", "victronGx"])
    bench = Bench(house, START, world=wall.answer)
    for minute in range(int(long / MINUTE)):
        bench.do(START + minute * MINUTE, lambda: wall.live(bench.now))
    if dies:
        bench.do(dies, lambda: bench.crash("powerwall"))
    for at, soc in hears.items():
        target = {"at": at.isoformat(), "soc": soc, "until": "2026-11-17T05:30:00+00:00", "why": "a dark day"}
        bench.put(at, "victronController.target", target)
    bench.run(START + long)
    return bench


@LIVED
def test_a_powerwall_charges_on_cheap_power_alone_gives_hardly_anything_to_the_car_and_keeps_its_own_reserve(
    days: int,
) -> None:
    wall = Powerwall()
    bench = lived(wall, days * DAY)

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


@pytest.mark.parametrize("clock", [(16, 23, 40), (17, 2, 12)], ids=["charging", "holding for the car"])
def test_a_node_that_dies_in_a_lease_goes_on_with_it(clock: tuple[int, int, int]) -> None:
    wall, other = Powerwall(), Powerwall()
    lived(wall, 15 * HOUR, dies=datetime(2026, 11, *clock, 30, tzinfo=UTC))
    lived(other, 15 * HOUR)

    assert wall.took > 8
    assert wall.lost == pytest.approx(other.lost, abs=0.01)
    assert wall.charged == other.charged


def test_a_forecast_of_a_dark_day_charges_no_higher_than_can_be_held() -> None:
    wall = Powerwall()
    dark = datetime(2026, 11, 16, 23, 17, tzinfo=UTC)
    lived(wall, 15 * HOUR, hears={dark + n * HOUR: 100.0 for n in range(3)})

    assert wall.took > 8
    assert wall.lost < 0.02 * wall.took


def test_before_a_stop_a_person_has_the_own_reserve_put_back_also_in_a_lease() -> None:
    wall, seen = Powerwall(), list[float]()
    at = datetime(2026, 11, 16, 13, 10, tzinfo=UTC)
    bench = lived(wall, 0 * HOUR)
    bench.put(at, "victronController.hand", {"mode": "release"})
    for moment in (at, at + 5 * SECOND, at + 15 * MINUTE):
        bench.do(moment - SECOND, lambda: seen.append(wall.reserve))
    bench.run(at + 20 * MINUTE)

    assert wall.draws() > 0
    assert seen == [56, 20, 20]


def test_with_the_months_money_used_up_in_a_lease_the_own_reserve_comes_back_and_somebody_is_told() -> None:
    wall = Powerwall()
    bench = lived(wall, 15 * HOUR, spend_per_month=0.022)
    told = [said.why for said in bench.bodies("alarm.said")]

    assert wall.took > 8
    assert wall.reserve == wall.own
    assert [why for why in told if "tesla spend" in why]
    assert len(bench.times("powerwall.throttled")) == 0


def test_somebody_is_told_when_tesla_refuses_a_new_token_for_the_powerwall_as_well() -> None:
    refused = Reply(401, {"error": "invalid bearer token"})
    house = octopus("powerwall", {"powerwall": {"config": {"site": "1"}}}, without=["simGx", "victronGx"])
    bench = Bench(house, START, world=lambda node, request, now: refused if "/energy_sites/" in request.url else None)
    bench.run(START + 3 * HOUR)
    told = [said for said in bench.bodies("alarm.said") if "does not accept the token" in said.why]

    assert (len(bench.times("teslaToken.token")), len(told)) == (8, 7)  # once for each new one
