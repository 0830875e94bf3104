"""An evening when all goes wrong at once, in made-up time: Octopus down for an hour, the GX reboots, the car sleeps."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.logbook import Entry
from wattwire.flows.engine.script import play, read
from wattwire.flows.engine.troubles import plain
from wattwire.nodes.gx_topics import slot_path

REBOOTS = ["18:05", "18:25"]  # with nothing in force, and while the battery is held as the car charges

FAULTS = [
    ("17:55", "simTesla.fault", "asleep"),
    ("18:00", "simOctopus.fault", "503"),
    ("19:00", "simOctopus.fault", "none"),
]
STORY = [
    "18:00 dispatchFetcher: simOctopus answers HTTP 503 since 18:00:40 UTC; "
    "asked again after 10s, 30s, 1m30s …, 5 times at most",
    "18:05 victronGx: no sign of life from the GX for 50 s",
    "18:06 victronGx: well again after 40 s: connected to the GX",
    "18:12 alarm: simOctopus answers HTTP 503 (dispatchFetcher, 7 times since 18:00:40 UTC)",
    "18:15 alarm: the plan is older than 15 min",
    "18:20 victronGx: the battery is held until 19:20 UTC: the car charges with 7100 W",
    "18:46 victronGx: the battery is left alone: what power costs now is not known",
    "19:00 dispatchFetcher: well again after 60 min; 26 tries had failed, "
    "as had those of krakenDevice, rateFetcher, completedFetcher, krakenToken",
]


def at(clock: str) -> datetime:
    return datetime(2026, 11, 20, int(clock[:2]), int(clock[3:]), tzinfo=UTC)


@cache
def evening(reboot: str) -> tuple[Bench, list[Entry]]:
    log: list[Entry] = []
    bench = Bench(load("simulated_house", env={}), at("16:55"), log=log.append)
    for when, to, kind in [*FAULTS, (reboot, "simGx.fault", "reboot")]:
        bench.put(at(when), to, {"kind": kind})
    return bench.run(at("19:40")), log


def told(reboot: str) -> list[str]:
    """The log from the first fault on."""
    return [f"{it.at:%H:%M} {it.node}: {it.text}" for it in evening(reboot)[1] if it.at >= at("17:55")]


def test_the_log_tells_it_in_ten_lines() -> None:
    assert [plain(line) for line in told("18:05")] == [plain(line) for line in STORY]
    assert [line[:5] for line in told("18:05")] == [line[:5] for line in STORY]


def test_a_gx_that_reboots_while_it_holds_is_told_with_the_end_of_its_lease() -> None:
    gx = [line for line in told("18:25") if " victronGx: " in line]

    assert gx == [
        "18:20 victronGx: the battery is held until 19:20 UTC: the car charges with 7100 W",
        "18:25 victronGx: no sign of life from the GX for 50 s; the hold still ends by itself at 19:20 UTC",
        "18:26 victronGx: well again after 40 s: connected to the GX; hold until 19:20 UTC",
        "18:26 victronGx: the battery is left alone: no sign of life from the GX",
        "18:27 victronGx: the battery is held until 19:27 UTC: the car charges with 7100 W",
        "18:46 victronGx: the battery is left alone: what power costs now is not known",
    ]
    assert len(told("18:25")) <= 10


@pytest.mark.parametrize("reboot", REBOOTS)
def test_the_battery_is_left_alone_in_the_end_and_never_charged_while_no_price_is_known(reboot: str) -> None:
    bench, _ = evening(reboot)
    leases = [(s.at, s.body) for s in bench.seen if s.source == "victronGx.confirmed"]
    slot = bench.actors["simGx"].state.settings[slot_path(4, "Day")]

    assert [f"{when:%H:%M}" for when, lease in leases if lease.mode == "charge" and at("18:00") <= when] == []  # type: ignore[attr-defined]
    assert leases[-1][1].mode == "release"  # type: ignore[attr-defined]
    assert slot < 0
    assert all(lease.until - when <= timedelta(hours=1) for when, lease in leases)  # type: ignore[attr-defined]


@pytest.mark.parametrize("reboot", REBOOTS)
def test_the_car_sleeps_on(reboot: str) -> None:
    bench, _ = evening(reboot)
    looks = [s.request.url for s in bench.requests("teslaState") if s.request and s.at >= at("17:55")]

    assert bench.requests("teslaWake") == []
    assert len(looks) > 5
    assert [url for url in looks if "vehicle_data" in url] == []


@pytest.mark.parametrize("reboot", REBOOTS)
def test_an_octopus_that_is_down_is_not_asked_without_end(reboot: str) -> None:
    bench, _ = evening(reboot)
    nodes = [name for name, it in bench.flow.nodes.items() if "simOctopus" in str(getattr(it.config, "url", ""))]
    asked = [s.at for node in nodes for s in bench.requests(node) if at("18:00") <= s.at < at("19:00")]

    assert 20 <= len(asked) <= 60
    assert max(sum(when <= other < when + timedelta(minutes=1) for other in asked) for when in asked) <= 10


@pytest.mark.parametrize("reboot", REBOOTS)
def test_all_is_well_again_by_itself(reboot: str) -> None:
    bench, _ = evening(reboot)
    plans = [s.at for s in bench.seen if s.source == "dispatchFetcher.plan" and s.at >= at("19:00")]
    rates = [s.source for s in bench.seen if s.source.startswith("rateResolver.") and s.at >= at("19:05")]
    steered = [s.at for s in bench.seen if s.source == "victronGx.house" and s.at >= at(reboot)
               and s.body.controllable]  # type: ignore[attr-defined]  # fmt: skip

    assert plans[0] - at("19:00") <= timedelta(minutes=5)
    assert set(rates) <= {"rateResolver.standard", "rateResolver.cheap"}
    assert steered[-1] >= at("19:39")
    assert min(when for when in steered if when > at(reboot) + timedelta(minutes=1)) - at(reboot) < timedelta(minutes=5)
    assert bench.faults == []


def test_the_evening_in_the_docs_is_what_its_script_gives() -> None:
    page = (Path(__file__).parents[2] / "docs" / "what-happened.md").read_text()
    shown = [line[4:] for line in page.splitlines() if re.match(r"    \d\d:\d\d:\d\d ", line)]
    flow = load("simulated_house", env={})
    script = [line[4:] for line in page.splitlines() if line.startswith('    {"at"')]
    log: list[Entry] = []
    play(flow, read(script, flow), at("17:00"), at("19:15"), lambda line: None, log=log.append)
    told = [f"{it.node}: {it.text}".replace(" UTC", "") for it in log][-len(shown) :]

    assert len(shown) == 11
    assert [plain(line[9:].removeprefix("warning: ")) for line in shown] == [plain(line) for line in told]
