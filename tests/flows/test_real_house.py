"""The simulated house as real processes: a dispatch comes and the battery charges, it goes and all is let be."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fast_clock import beginning_at
from forgetful import forgetful
from watched import Watched

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300), pytest.mark.usefixtures("hosting")]

Runs = Callable[..., Watched]

FIVE_PAST = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)

# The shipped house, sooner, and looked at often: without a budget. No night window: a dispatch makes power cheap. What
# is cheap for less than a minute, to the half hour's end, would not be worth a lease.
FLOW = """
flow: sooner
include: simulated_house
nodes:
  simOctopus:        {config: {first_after: 6s, length: 20s, plan_reads: 1000, daily: []}}
  simGx:             {config: {heartbeat: 1s, publish: 1s}}
  victronController: {config: {settle: 1s}}
  rateResolver:      {config: {window: false}}
  minute:            {config: {every: 1s}}
  moment:            {config: {every: 500ms}}
edges:
  - {from: dispatchFetcher.plan, to: dispatchFetcher.poll, after: 2s}
"""


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    made: list[Watched] = []

    def run(flow: str, *options: str) -> Watched:
        forgetful(tmp_path / "house" / "state")
        with beginning_at(FIVE_PAST, tmp_path):
            made.append(Watched(tmp_path / "house", flow, *options).early())
        made[-1].link.subscribe(["W/#"])
        return made[-1]

    yield run
    for it in made:
        it.close()


def writes(run: Watched) -> list[str]:
    """What was written to the GX."""
    return [m.topic for m in run.messages if m.topic.startswith("W/") and not m.retain]


def modes(run: Watched) -> list[str]:
    return [body["mode"] for body in run.bodies("victronController.lease")]


def dispatched(run: Watched) -> None:
    """Wait until a dispatch has come and gone."""
    run.until(lambda: "charge" in modes(run), 160)
    run.until(lambda: "release" in modes(run)[modes(run).index("charge") :], 60)


def test_on_the_embedded_broker_a_dispatch_comes_and_the_battery_charges_and_is_released(runs: Runs) -> None:
    run = runs(FLOW, "--prefer", "embedded").ready()
    run.until(lambda: "charge" in modes(run), 160)
    run.until(lambda: any((body["battery"] or 0) > 1000 for body in run.bodies("victronGx.house")), 30)
    dispatched(run)
    run.until(lambda: run.bodies("victronGx.house")[-1]["battery"] < 1000, 30)
    run.signal(signal.SIGINT)

    assert run.end(15) == 0
    assert any("/Settings/CGwacs/BatteryLife/Schedule/Charge/" in topic for topic in writes(run))
    promised = next(line for line in run.lines if "broker: the embedded one" in line)
    assert "what is queued and retained is in its memory only and lost when it ends" in promised


@pytest.mark.mosquitto
def test_a_shadow_run_decides_the_same_and_writes_nothing_to_the_gx_and_to_the_account(runs: Runs) -> None:
    run = runs(FLOW, "--prefer", "mosquitto", "--shadow").ready()
    run.came("krakenDevice.device")
    run.give("smartControl.suspend", None)
    run.give("chargePreferences.set", {"percent": 60})
    dispatched(run)
    run.signal(signal.SIGINT)
    run.end(15)

    assert any("SHADOW: every actuator is muted" in line for line in run.lines)
    assert writes(run) == []
    asked = [f"{node}.{port}" for node in ("smartControl", "chargePreferences") for port in ("pending", "confirmed")]
    assert [port for port in asked if run.sent(port)] == []
    assert {body["suspended"] for body in run.bodies("krakenDevice.device")} == {False}
