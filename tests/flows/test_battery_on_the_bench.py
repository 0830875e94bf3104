"""The house battery lived through on the bench: controller, GX and plant, with a meter on the car's cable."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.nodes.messages import House, Lease

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FLOW = """
flow: battery
nodes:
  minute:            {type: clock, config: {every: 1m}}
  meter:             {type: mqttOut, config: {topic: shelly/car, url: "mqtt://flow"}}  # as a clamp would
  evMeter:           {type: evMeter, config: {topic: shelly/car, field: act_power}}
  simGx:             {type: simGx, config: {charger: false}}
  victronGx:         {type: victronGx, config: {url: "mqtt://flow"}}
  victronController: {type: victronController, config: {charge_soc: 80}}
edges:
  - {from: minute.tick,             to: victronController.tick}
  - {from: evMeter.charger,         to: victronController.charger}
  - {from: victronGx.house,         to: victronController.house}
  - {from: victronController.lease, to: victronGx.lease}
  - {from: victronGx.refused,       to: victronController.refused, after: 1m}
ends: [meter.sent, meter.failed, evMeter.silent, evMeter.bad, victronGx.confirmed, victronGx.lost]
"""


@cache
def flow(text: str = FLOW) -> Flow:
    return load_text(text, env={})


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def draws(bench: Bench, watts: float, since: float, until: float) -> None:
    """A car on the cable: the plant feels it, and the clamp tells it every 10 s."""
    bench.put(at(since), "simGx.ev", {"power": watts})
    for second in range(round(since * 60), round(until * 60), 10):
        bench.put(at(second / 60), "meter.body", {"act_power": watts, "voltage": 241})


def leases(bench: Bench, port: str = "victronController.lease") -> list[str]:
    return [f"{s.at:%H:%M:%S} {s.body.mode}" for s in bench.seen if s.source == port and isinstance(s.body, Lease)]


def emptied(bench: Bench, since: float, until: float) -> float:
    """W out of the battery at worst."""
    houses = [s.body for s in bench.seen if isinstance(s.body, House) and at(since) <= s.at < at(until)]
    return -min(house.battery or 0 for house in houses)


def test_any_clamp_on_the_car_s_cable_holds_the_battery_within_two_seconds_and_lets_it_go() -> None:
    """No tariff, no plan, and a GX that does not see the charger."""
    bench = Bench(flow(), NOON)
    draws(bench, 0, 1, 5)
    draws(bench, 7000, 5, 30)
    draws(bench, 0, 30, 40)
    bench.run(at(40))

    assert leases(bench) == ["12:00:00 release", "12:05:00 hold", "12:30:30 release"]
    assert next(lease for lease in leases(bench, "victronGx.confirmed") if "hold" in lease) <= "12:05:08"
    assert emptied(bench, 4, 5) > 400  # the house's own load
    assert emptied(bench, 5.3, 30) == 0
    assert emptied(bench, 31, 40) > 400
    assert bench.faults == []


def test_a_clamp_that_falls_silent_is_no_car_that_draws() -> None:
    bench = Bench(flow(), NOON)
    draws(bench, 7000, 4, 5)
    bench.run(at(20))

    assert bench.times("evMeter.silent") == ["12:09:50"]
    assert leases(bench)[:2] == ["12:00:00 release", "12:04:00 hold"]
    assert "12:09:30" < leases(bench)[2] < "12:10:30"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"mode": "charge", "until": "2026-11-20T12:30:00Z"}, ["12:05:00 charge", "12:30:00 release"]),
        ({"mode": "hold", "until": "2026-11-20T12:30:00Z"}, ["12:05:00 hold", "12:30:00 release"]),
        ({"mode": "off", "until": "2026-11-20T12:30:00Z"}, ["12:05:00 release", "12:30:00 release"]),
        ({"mode": "plan"}, ["12:05:00 release"]),
    ],
)
def test_a_person_s_word_holds_to_its_end_over_a_crash_of_any_node(wish: dict[str, Any], said: list[str]) -> None:
    bench = Bench(flow(), NOON)
    bench.put(at(5), "victronController.hand", wish)
    for node in ("victronController", "victronGx", "simGx"):
        bench.do(at(15), lambda node=node: bench.crash(node))  # type: ignore[misc]
    bench.run(at(40))

    assert leases(bench) == ["12:00:00 release", *said]
    assert leases(bench, "victronGx.confirmed")[-1].endswith("release")
    assert bench.bodies("victronGx.house")[-1].battery < 0
    assert bench.faults == []


def test_a_power_cut_lets_go_and_nothing_is_begun_for_five_minutes_after() -> None:
    bench = Bench(flow(), NOON)
    bench.put(at(1), "victronController.hand", {"mode": "charge", "until": "2026-11-20T14:00:00Z"})
    bench.put(at(10), "simGx.fault", {"kind": "gridLost"})
    bench.put(at(12), "simGx.fault", {"kind": "none"})
    bench.run(at(30))

    assert leases(bench)[1:3] == ["12:01:00 charge", "12:10:00 release"]
    assert [lease[9:] for lease in leases(bench)[3:]] == ["charge"]
    assert "12:17:00" <= leases(bench)[3][:8] <= "12:18:10"


def test_a_charge_by_hand_is_bound_by_the_fuse() -> None:
    text = FLOW.replace("charge_soc: 80", "charge_soc: 80, fuse: 40")
    bench = Bench(flow(text), NOON)
    bench.put(at(1), "victronController.hand", {"mode": "charge", "until": "2026-11-20T14:00:00Z"})
    draws(bench, 7000, 10, 20)
    draws(bench, 0, 20, 40)
    bench.run(at(40))

    said = [s.body for s in bench.seen if s.source == "victronController.lease" and isinstance(s.body, Lease)]
    assert [lease.mode for lease in said] == ["release", "charge", "hold", "charge"]
    assert said[2].reason.startswith("charge by hand until 14:00, but the 40 A fuse leaves ")
    assert max(house.grid for house in bench.bodies("victronGx.house") if house.at > at(10.2)) < 9200
