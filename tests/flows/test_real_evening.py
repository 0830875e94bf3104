"""All at once, for real processes: Octopus is down, the GX reboots, the car sleeps; it heals, and the log tells it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from fast_clock import beginning_at
from watched import Watched

from wattwire.nodes.gx_topics import slot_path

pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,
    pytest.mark.timeout(300),
]

# The shipped house. An hour without Octopus is 45 s here, so what waits for it waits less; a GX reboots in its true
# minute, and tells its heartbeat more often, so that its silence shows in seconds. Budgets are as they are. It is begun
# when no night, no half hour's end and no look of every hour comes in between.
FLOW = """
flow: evening
include: simulated_house
nodes:
  simOctopus:        {config: {first_after: 3s, length: 10m, daily: []}}
  simGx:             {config: {heartbeat: 1s, publish: 1s}}
  victronGx:         {config: {silent_after: 6s, report: 2s}}
  rateResolver:      {config: {window: false}}
  pollPlanner:       {config: {every: 1m, missed: 1m, jitter: 0s}}
edges:
  - {from: dispatchFetcher.plan,   to: dispatchFetcher.poll, after: 15s}
  - {from: dispatchFetcher.failed, to: dispatchFetcher.poll, after: {first: 5s, factor: 2, most: 10s}, times: 2, spent: alarm.why}
  - {from: soon.yes,               to: teslaState.poll,      after: 5s}
  - {from: soon.no,                to: teslaState.poll,      after: 5s}
  - {from: teslaState.asleep,      to: teslaState.poll,      after: 5s}
"""  # noqa: E501

EIGHT = datetime(2026, 11, 20, 20, 1, tzinfo=UTC)
DAY = slot_path(4, "Day")
SECRETS = re.compile(r"simulated-octopus-key|simulated-refresh|eyJ|Bearer|JWT [\w-]{8}")
STORIES = [  # each in its order; one may be told between the lines of another
    [r"teslaState: the car is asleep"],
    [
        r"victronGx: the battery is held until \d\d:\d\d: .*car",
        r"victronGx: no sign of life from the GX for 6 s; the hold still ends by itself at \d\d:\d\d",
        r"victronGx: well again after \d\d s: connected to the GX",
        r"victronGx: the battery is left alone",
    ],
    [
        r"dispatchFetcher: simOctopus answers HTTP 503 since [\d:]{8}; asked again after 5s, 10s, 2 times at most",
        r"dispatchFetcher: well again after \d\d s; \d+ tries had failed",
    ],
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, hosting: str) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("evening")
    with beginning_at(EIGHT, folder), closing(Watched(folder, FLOW, "--prefer", "mosquitto")) as made:
        made.early().link.subscribe(["W/#"])
        live_through(made.ready())
        yield made


def live_through(it: Watched) -> None:
    """Until all is well again, and then to an orderly end."""
    confirmed(it, lambda lease: lease["mode"] == "hold", 60)
    for simulator, kind in (("simTesla", "asleep"), ("simOctopus", "503"), ("simGx", "reboot")):
        it.give(f"{simulator}.fault", {"kind": kind})
    it.came("victronGx.lost")
    it.until(lambda: "HTTP 503" in [fault["why"] for fault in it.bodies("alarm.said")], 60)  # given up for now
    plans = len(it.sent("dispatchFetcher.plan"))
    it.give("simOctopus.fault", {"kind": "none"})
    it.came("dispatchFetcher.plan", plans + 1, 90)
    it.until(lambda: it.bodies("victronGx.house")[-1]["controllable"], 90)
    confirmed(it, lambda lease: lease["mode"] == "release", 30)
    it.said("victronGx: well again", 30)
    it.heard["status"] = shown(it, "status", "--json")
    it.signal(signal.SIGINT)
    it.heard["code"] = it.end(20)


def confirmed(it: Watched, wanted: Any, seconds: float) -> None:
    it.until(lambda: any(wanted(lease) for lease in it.bodies("victronGx.confirmed")), seconds)


def shown(it: Watched, command: str, *more: str) -> str:
    words = [sys.executable, "-m", "wattwire.flows", command, it.name, "--state", str(it.state), *more]
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=True).stdout


def story(house: Watched) -> list[str]:
    """What the log tells, from the first fault on, but for an end that took a busy machine too long."""
    lines = [it for it in untimed(shown(house, "log").splitlines()) if "killed, as they did not stop" not in it]
    return lines[next(n for n, line in enumerate(lines) if "battery is held" in line) :]


def untimed(lines: list[str]) -> list[str]:
    return [line.partition(" ")[2] for line in lines]


def test_the_log_tells_it_in_ten_lines_and_in_order(house: Watched) -> None:
    lines = story(house)[:-2]
    untold = [
        pattern
        for patterns in STORIES
        for rest in [iter(lines)]
        for pattern in patterns
        if not any(re.search(pattern, line) for line in rest)
    ]

    assert untold == []
    assert len(lines) <= 10, lines
    assert [line for line in untimed(house.lines) if "starts again" in line] == []
    assert story(house)[-2:] == ["stopping; a second Ctrl-C or SIGTERM kills at once", "stopped"]


def test_what_the_terminal_showed_is_what_is_kept(house: Watched) -> None:
    kept, told = untimed(shown(house, "log").splitlines()[1:]), untimed(house.lines)  # each has its own time

    assert kept[0].startswith("started in ")
    assert kept == told[told.index(kept[0]) :]


def test_no_secret_is_in_the_log(house: Watched) -> None:
    told = [*house.lines, *(file.read_text() for file in house.state.rglob("log*.jsonl"))]

    assert [line for line in told if SECRETS.search(line)] == []
    assert [file for file in house.open_files() if file.name.startswith("log")] == []


def test_the_battery_is_left_alone_in_the_end(house: Watched) -> None:
    days = [
        json.loads(m.payload)["value"] for m in house.messages if m.topic.startswith("W/") and m.topic.endswith(DAY)
    ]
    leases = house.bodies("victronGx.confirmed")

    assert days[0] >= 0
    assert days[-1] < 0
    assert {lease["mode"] for lease in leases} <= {"hold", "release"}  # nothing was charged on a guess
    assert house.heard["code"] == 0


def test_the_car_slept_through_it(house: Watched) -> None:
    cars = [car["state"] for car in house.bodies("teslaState.car")]

    assert "asleep" in cars
    assert set(cars[cars.index("asleep") :]) == {"asleep"}
    assert [port for port in ("awake", "waking", "woken", "failed") if house.sent(f"teslaWake.{port}")] == []


def test_no_budget_was_overdrawn_and_nobody_crashed(house: Watched) -> None:
    told = json.loads(house.heard["status"])

    assert {it["name"].split()[0] for it in told["budgets"]} == {"octopus", "tesla"}
    assert [it for it in told["budgets"] if it["used"] > it["most"]] == []
    assert {node: it["restarts"] for node, it in told["nodes"].items() if it["restarts"]} == {}
