"""The house battery by hand, on a real run with a simulated GX."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from watched import Watched

from wattwire.broker.envelope import stamp
from wattwire.flows.__main__ import main
from wattwire.flows.commands.battery import controller, end_words, moment, reading

FLOW = """
flow: byHand
nodes:
  simGx:             {type: simGx, config: {heartbeat: 1s, publish: 1s}}
  victronGx:         {type: victronGx, config: {url: "mqtt://flow", report: 1s}}
  victronController: {type: victronController}
edges:
  - {from: victronGx.house,         to: victronController.house}
  - {from: victronController.lease, to: victronGx.lease}
  - {from: victronGx.refused,       to: victronController.refused, after: 1m}
ends: [victronGx.confirmed, victronGx.lost]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    made = Watched(Path(tmp_path_factory.mktemp("hand")) / "house", FLOW).ready()
    made.until(lambda: any(it["controllable"] for it in made.bodies("victronGx.house")), 30)
    yield made
    made.close()


def call(run: Watched, *words: str) -> tuple[int, list[str], str]:
    asked = [sys.executable, "-m", "wattwire.flows", "battery", "byHand", *words, "--state", str(run.state)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=90)
    return done.returncode, done.stdout.splitlines(), done.stderr


@pytest.mark.broker
@pytest.mark.timeout(240)
def test_the_battery_is_charged_held_let_go_and_given_back_to_the_plan_by_hand(run: Watched) -> None:
    charge = call(run, "charge", "--for", "2h", "--soc", "90", "--reason", "guests")
    shown = call(run, "show")
    hold, off, plan = call(run, "hold", "--for", "2h"), call(run, "off"), call(run, "plan")

    assert charge[0] == 0
    assert charge[1][0].startswith("charge to 90 % until ")
    assert "(guests): the battery at 40 % is below 90 %" in charge[1][0]
    assert charge[1][1] == "victronGx: confirmed"
    assert shown[1][0] == charge[1][0]
    assert shown[1][1].startswith("battery 4")
    assert (hold[0], hold[1][0].split()[0], hold[1][1]) == (0, "hold", "victronGx: confirmed")
    assert (off[0], off[1][0].split()[:5]) == (0, ["release:", "switched", "off", "by", "hand"])
    assert plan[1][0] == "release: what power costs now is not known"
    run.until(lambda: [it["mode"] for it in run.bodies("victronGx.confirmed")][-3:] == ["hold", "release", "release"])


@pytest.mark.broker
def test_what_is_shown_is_the_reason_of_now_and_not_of_when_the_lease_was_said(run: Watched) -> None:
    call(run, "plan")
    now = datetime.now(UTC)
    dear = {"house": 30, "car": 30, "band": "standard", "at": stamp(now), "until": stamp(now + timedelta(minutes=30))}
    run.give("victronController.rate", dear)

    run.until(lambda: call(run, "show")[1][0] == "release: power is not cheap, and the car does not charge", 30)


@pytest.mark.broker
def test_what_cannot_be_done_is_told_and_is_a_failure(run: Watched) -> None:
    run.give("simGx.fault", {"kind": "dynamicEss"})
    run.until(lambda: run.bodies("victronGx.house")[-1]["controllable"] is False, 30)
    code, said, _ = call(run, "charge", "--for", "2h")
    run.give("simGx.fault", {"kind": "none"})

    assert code == 1
    assert said[0].startswith("release: charge by hand until ")
    assert "Dynamic ESS is on and blocks schedules" in said[0]


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("05:30", local(21, 5, 30)),  # tomorrow morning
        ("23:00", local(20, 23)),
        ("22:00", local(21, 22)),  # now is no time to come
        ("2026-11-22T07:15", local(22, 7, 15)),
        ("2026-11-22 07:15", local(22, 7, 15)),
        ("2026-11-22T07:15Z", datetime(2026, 11, 22, 7, 15, tzinfo=UTC)),
    ],
)
def test_times_are_local_and_the_next_there_is(text: str, at: datetime) -> None:
    assert moment(text, local(20, 22)) == at


@pytest.mark.parametrize(
    ("until", "told"),
    [
        (None, ""),
        (local(20, 23), ""),
        (local(21, 5, 30), "by hand until Sat 21 Nov 05:30"),
        (local(22, 4), "cut to a day, or to by_hand_most where the flow sets it: by hand until Sat 21 Nov 22:00"),
    ],
)
def test_an_end_that_is_not_today_is_told_with_its_date(until: datetime | None, told: str) -> None:
    assert end_words(until, local(20, 22)) == told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["charge", "--until", "half past"], "'half past' is not a time; write 05:30"),
        (["charge", "--until", "2020-01-01T00:00"], "2020-01-01T00:00 has already passed"),
        (["charge", "--for", "2"], "a duration carries a unit"),
        (["charge", "--for", "2h", "--until", "05:30"], "--until or --for, not both"),
        (["charge", "--soc", "101"], "101.0 is not in the range"),
        (["hold", "--soc", "50"], "--soc goes only with charge"),
        (["plan", "--for", "2h"], "plan takes no --until"),
        (["empty"], "'empty' is not one of"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_before_anything_is_asked(words: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["battery", "nobody", *words])

    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def graph(**bodies: str) -> dict[str, Any]:
    return {"nodes": {name: {"ins": {"hand": {"body": body}} if body else {}} for name, body in bodies.items()}}


def test_the_controller_is_found_by_what_it_takes() -> None:
    assert controller(graph(clock="", house="ByHand"), "") == "house"
    assert controller(graph(house="ByHand", barn="ByHand"), "barn") == "barn"


@pytest.mark.parametrize(
    ("bodies", "named", "said"),
    [
        ({"clock": ""}, "", "no node of this flow takes commands for a battery"),
        ({"house": "ByHand", "barn": "ByHand"}, "", "there are house, barn: say which with --node"),
        ({"house": "ByHand"}, "hose", "'hose' takes no commands for a battery; controllers: house"),
    ],
)
def test_a_controller_that_is_not_clear_is_asked_for(bodies: dict[str, str], named: str, said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        controller(graph(**bodies), named)


@pytest.mark.parametrize(
    ("house", "line"),
    [
        (
            {"soc": 40.2, "battery": -490.0, "grid": 50.0, "ev": 0.0},
            "battery 40 %, discharging 490 W, from the grid 50 W, car 0 W",
        ),
        ({"soc": 99.0, "battery": 0.0, "grid": -2100.0, "ev": None}, "battery 99 %, charging 0 W, to the grid 2100 W"),
        ({"soc": None}, "no readings of the house"),
    ],
)
def test_areading_says_which_way_power_flows(house: dict[str, Any], line: str) -> None:
    assert reading(house) == line
