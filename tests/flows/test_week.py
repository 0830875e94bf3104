"""Weeks of the simulated house with all that goes wrong in one, and what must hold whatever happens."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shrink import fewest, in_order
from week import house, week
from week_checks import complaints
from week_script import script

from wattwire.flows.engine.script import play, read
from wattwire.nodes import Request

FEW = range(10)
MANY = range(10, 200)


def held(seed: int) -> None:
    lived = week(seed)
    wrong = complaints(lived)

    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong) + f"\n\nto see it again:\n{lived.again()}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", FEW)
def test_whatever_goes_wrong_in_a_week_nothing_is_done_that_must_not_be(seed: int) -> None:
    """Not charged at the high price, not discharged into the car, nobody woken, no budget passed, the GX as found."""
    held(seed)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", MANY)
def test_nor_in_any_of_two_hundred(seed: int) -> None:
    held(seed)


ROUGH = range(200, 203)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", ROUGH)
def test_nor_when_nodes_die_at_any_step_and_messages_are_late_and_double(seed: int) -> None:
    """Days of what `make chaos` lives by the thousand weeks."""
    lived = week(seed, rough=True, days=1)
    wrong = complaints(lived)

    assert not wrong, f"seed {seed}:\n" + "\n".join(wrong) + f"\n\nto see it again:\n{lived.again()}"
    assert {"crash", "delay", "double", "reply"} <= {kind for line in lived.happened for kind in line}


# The checks can fail: each guarantee, broken on purpose


def broken(over: str) -> str:
    """On the evening of this seed's second day the car does not take a dispatch of 20:40."""
    return "\n".join(complaints(week(29, faults=False, over=over, days=2)))


def test_it_is_noticed_if_a_dispatch_is_believed_that_the_car_does_not_take() -> None:
    assert "2027-01-16 20:30 charged" in broken("  rateResolver: {config: {trust: offered}}")
    assert broken("  rateResolver: {config: {trust: confirmed}}") == ""


def test_it_is_noticed_if_the_battery_empties_into_the_car() -> None:
    assert "into the car" in broken("  victronController: {config: {hold_for_car: false}}")


def test_it_is_noticed_if_the_gx_is_not_left_as_it_was() -> None:
    lived = week(3, faults=False, days=1)
    lived.left["settings/0/Settings/CGwacs/BatteryLife/Schedule/Charge/4/Soc"] = 95

    assert complaints(lived) == ["left the GX with settings/0/Settings/CGwacs/BatteryLife/Schedule/Charge/4/Soc = 95"]


def test_it_is_noticed_if_anybody_asks_too_often_or_wakes_the_car() -> None:
    lived = week(3, faults=False, days=1)
    asks = {"query": "{ flexPlannedDispatches }"}
    plan = Request(method="POST", url="http://simOctopus.flow/v1/graphql/", json=asks)
    wake = Request(method="POST", url="http://simTesla.flow/api/1/vehicles/V/wake_up")
    seconds = [lived.start + timedelta(seconds=n) for n in range(70)]
    lived.requests = [*((at, "dispatchFetcher", plan) for at in seconds), (lived.start, "teslaWake", wake)]

    told = complaints(lived)
    assert [line.partition(" ")[2].partition(" ")[2] for line in told] == [
        "teslaWake woke the car",
        "asked Octopus 70 times in 1:00:00, 60 are allowed",
        "asked Octopus for its plan 60 times in 0:01:00, 4 are allowed",
    ]


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        ("-5h", []),  # set right it leaps ahead, and what was asked a moment ago is hours past
        ("+5h", ["asked Octopus for its plan 8 times in 0:01:00, 4 are allowed"]),
    ],
)
def test_a_budget_begins_anew_only_where_a_clock_leaps_ahead(clock: str, told: list[str]) -> None:
    lived = week(3, faults=False, days=1)
    leap = lived.start + timedelta(hours=2)
    plan = Request(method="POST", url="http://simOctopus.flow/", json={"query": "{ flexPlannedDispatches }"})
    lived.requests = [(leap + timedelta(seconds=n), "dispatchFetcher", plan) for n in (*range(-4, 0), *range(4))]
    lived.script = [json.dumps({"at": f"{lived.start:%FT%TZ}", "clock": clock, "until": f"{leap:%FT%TZ}"})]

    assert [line.partition(" ")[2].partition(" ")[2] for line in complaints(lived)] == told


def test_a_seed_is_the_same_week_again_as_a_script_that_anybody_can_try() -> None:
    lived, lines = week(3, days=1), list[dict[str, Any]]()
    flow = house(3)
    play(flow, read(lived.script, flow), lived.start, lived.until, lambda line: lines.append(json.loads(line)), seed=3)

    again = [line["body"]["cost"] for line in lines if line.get("from") == "simBill.billed"]
    assert again == [b.cost for b in lived.billed]
    assert len(again) == 48
    assert lived.again().startswith(
        "SEED=3 GX_ZONE=Europe/London wattwire try tests/world/week.yaml --script week.jsonl"
    )


def test_it_is_noticed_if_what_goes_wrong_once_is_not_mended() -> None:
    """The plan is asked for once, and nobody comes back to it."""
    mute = week(3, days=1, lines=[line("reply", {"node": "dispatchFetcher", "status": 204})])

    assert [told.partition(" ")[2].partition(" ")[2] for told in complaints(mute)] == [
        "Octopus's plan was read for the last time",
        "the rate was not known in the end",
    ]


def test_what_goes_wrong_by_chance_is_told_as_a_script_that_anybody_can_try() -> None:
    """And comes to the same complaints there."""
    lived = week(29, rough=True, over=BATTERY_FREE, days=2)
    assert complaints(lived)

    said: list[str] = []
    flow = house(29, BATTERY_FREE)
    play(flow, read(lived.script, flow), lived.start, lived.until, said.append, seed=29)
    costs = [line["body"]["cost"] for line in map(json.loads, said) if line.get("from") == "simBill.billed"]

    assert costs == [b.cost for b in lived.billed]


def test_a_script_is_made_short_with_what_belongs_together() -> None:
    """Of a week's faults two mattered: a plan that was none, while the broker was away."""
    lines = script(4, datetime(2027, 1, 15, 12, tzinfo=UTC))
    down, plan = (next(i for i, text in enumerate(lines) if word in text) for word in ('"down"', "simOctopus.fault"))
    up, none = (next(i for i, text in enumerate(lines) if i > at and word in text)
                for at, word in ((down, '"up"'), (plan, '"none"')))  # fmt: skip

    short = fewest(lines, lambda left: lines[down] in left and lines[plan] in left)
    assert short == [lines[i] for i in sorted((down, plan, up, none))]
    assert len(lines) > 40


def test_what_chance_did_stands_in_the_order_of_time() -> None:
    half, whole = (json.dumps({"at": f"2027-06-11T13:00:{second}Z"}) for second in ("10.500", "10"))

    assert in_order([half, whole]) == [whole, half]


BATTERY_FREE = "  victronController: {config: {hold_for_car: false}}"


def line(kind: str, said: object) -> str:
    return json.dumps({"at": "2027-06-11T13:00:00Z", kind: said})
