"""What the log tells of an evening, and what it leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.flows.engine.chronicle import Chronicle
from wattwire.flows.engine.loading import load_text

FLOW = load_text("""
flow: home
nodes:
  plans:  {type: dispatchFetcher, config: {account: A-1, url: "https://octopus.test/graphql"}}
  prices: {type: rateFetcher, config: {product: P, tariff: T, url: "https://octopus.test/v1/"}}
  gx:     {type: victronGx, config: {host: venus.local}}
  alarm:  {type: alarm}
  mind:   {type: debug}
edges:
  - {from: plans.failed,        to: plans.poll, after: {first: 10s, factor: 3, most: 5m}, times: 5, spent: alarm.why}
  - {from: plans.unauthorised,  to: plans.poll, after: 10s}
  - {from: plans.throttled,     to: plans.poll, after: 1m}
  - {from: plans.blocked,       to: plans.poll, after: 1m, times: 2, spent: alarm.why}
  - {from: prices.failed,       to: prices.poll, after: 10s}
  - {from: prices.empty,        to: alarm.why}
  - {from: gx.lost,             to: alarm.why}
  - {from: gx.refused,          to: alarm.why}
ends: [alarm.said, plans.plan, prices.prices, gx.house, gx.confirmed]
""")
START = datetime(2026, 11, 20, 18, tzinfo=UTC)

Told = tuple[float, str, Any]  # seconds after the start, node, what

DOWN = {"failed": {"port": "failed", "why": "HTTP 503", "status": 503, "code": None}}
LISTS = {"failed": {"port": "failed", "why": "standard-unit-rates: HTTP 503", "status": 503, "code": None}}
BLOCKED = {"failed": {"port": "blocked", "why": "a firewall says no", "status": 403, "code": None}}
SPENT = {"failed": {"port": "throttled", "why": "the budget of 4 in a minute is spent", "status": None, "code": None}}
WELL = {"well": True}

READY = ("ready", "", "green")
SILENT = ("ready", "no sign of life from the GX for 10 s", "red")
LOOKING = ("ready", "looking for the GX", "yellow")
FULL = ("ready", "slot 5 is taken", "red")
CRASHED = ("crashed", "exit code 1; starts again in 0.1 s", "red")
HELD = ("ready", "hold until 19:00 UTC", "green")

RETRY = "asked again after 10s, 30s, 1m30s …, 5 times at most"
FELL_SILENT = "warning gx: no sign of life from the GX for 10 s"


def lease(how: str, words: str, until: str | None = "2026-11-20T19:00:00Z") -> dict[str, Any]:
    return {"did": {"what": "lease", "how": how, "words": words, "until": until}}


def car(how: str, words: str) -> dict[str, Any]:
    return {"did": {"what": "car", "how": how, "words": words}}


def story(*told: Told, until: float = 0) -> list[str]:
    """The log's lines, with the seconds at which they were told; ticks go on once a second."""
    lines: list[str] = []
    chronicle = Chronicle(FLOW, lambda it: lines.append(f"{int((it.at - START).total_seconds())} {it.level} "
                                                        f"{it.node}: {it.text}"))  # fmt: skip
    second = 0
    for at, node, what in (*told, (until, "", None)):
        while second < at:
            second += 1
            chronicle.tick(START + timedelta(seconds=second))
        now = START + timedelta(seconds=at)
        if isinstance(what, dict):
            chronicle.told(node, what, now)
        elif what:
            state, text, fill = what
            chronicle.status(node, state, text, fill, now)
    return lines


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        ([READY, READY], []),
        ([READY, SILENT], [FELL_SILENT]),
        ([READY, SILENT, SILENT, LOOKING, SILENT], [FELL_SILENT]),
        ([READY, SILENT, FULL], [FELL_SILENT, "warning gx: slot 5 is taken"]),
        ([READY, SILENT, HELD], [FELL_SILENT, "info gx: well again after 1.0 s: hold until 19:00 UTC"]),
        ([READY, SILENT, READY], [FELL_SILENT, "info gx: well again after 1.0 s"]),
        ([READY, CRASHED, READY], ["error gx: exit code 1; starts again in 0.1 s", "info gx: runs again after 1.0 s"]),
        ([READY, LOOKING, READY], []),
    ],
)
def test_a_node_that_turns_red_is_told_at_once_and_that_it_is_well_again(
    told: list[tuple[str, str, str]], lines: list[str]
) -> None:
    found = story(*((float(at), "gx", what) for at, what in enumerate(told)), until=25)

    assert [line.partition(" ")[2] for line in found] == lines


def test_what_is_yellow_is_told_when_it_lasts() -> None:
    assert story((0, "gx", LOOKING), (60, "gx", READY)) == [
        "30 info gx: looking for the GX",
        "60 info gx: well again after 60 s",
    ]


def test_one_failed_call_is_not_worth_a_line() -> None:
    assert story((0, "plans", DOWN), (10, "plans", WELL), until=300) == []


def test_the_second_failure_is_told_with_what_is_done_about_it_and_the_end_with_a_count() -> None:
    told = story((0, "plans", DOWN), (10, "plans", DOWN), (40, "plans", DOWN), (3600, "plans", WELL))

    assert told == [
        f"10 info plans: octopus.test answers HTTP 503 since 18:00:00 UTC; {RETRY}",
        "3600 info plans: well again after 60 min; 3 tries had failed",
    ]


def test_a_failure_that_nobody_tries_again_is_told_after_half_a_minute() -> None:
    assert story((0, "plans", DOWN), until=40) == [
        f"30 info plans: octopus.test answers HTTP 503 since 18:00:00 UTC; {RETRY}"
    ]


def test_several_who_ask_the_same_host_in_vain_are_one_story() -> None:
    told = story(
        (0, "plans", DOWN), (10, "plans", DOWN), (20, "prices", LISTS), (30, "prices", LISTS), (600, "plans", WELL),
        (660, "prices", WELL), until=900,
    )  # fmt: skip

    assert [line.partition("; ")[0] for line in told] == [
        "10 info plans: octopus.test answers HTTP 503 since 18:00:00 UTC",
        "600 info plans: well again after 10 min",
    ]
    assert told[1].endswith("2 tries had failed, as had those of prices")


def test_one_who_still_fails_when_the_others_are_well_is_told_on_its_own() -> None:
    told = story(
        (0, "plans", DOWN), (10, "plans", DOWN), (20, "prices", LISTS), (600, "plans", WELL), (610, "prices", LISTS),
        (620, "prices", LISTS),
    )  # fmt: skip

    assert told[2].startswith("620 info prices: standard-unit-rates: HTTP 503")


def test_another_reason_is_told_when_it_stays_and_a_pause_is_none() -> None:
    told = story(
        (0, "plans", DOWN), (10, "plans", DOWN), (20, "plans", SPENT), (25, "plans", BLOCKED), (26, "plans", DOWN),
        (27, "plans", BLOCKED), (30, "plans", BLOCKED), (40, "plans", DOWN), (50, "plans", WELL),
    )  # fmt: skip

    assert [line.partition(" since")[0] for line in told] == [
        "10 info plans: octopus.test answers HTTP 503",
        "30 info plans: a firewall says no",
        "50 info plans: well again after 50 s; 7 tries had failed",
    ]


def test_our_own_budget_is_told_only_when_it_is_spent_for_long() -> None:
    assert story((0, "plans", SPENT), (60, "plans", WELL), until=400) == []
    assert [line.partition(" since")[0] for line in story((0, "plans", SPENT), until=400)] == [
        "300 info plans: the budget of 4 in a minute is spent"
    ]


def test_a_trouble_that_comes_and_goes_is_told_three_times_an_hour() -> None:
    told = story(*((float(60 * n), "gx", SILENT if n % 2 else READY) for n in range(20)))

    assert len(told) == 6
    assert told[4].endswith("; it comes and goes, so is not told again until it has been well for an hour")


def test_an_alarm_says_whose_trouble_it_is_and_nothing_that_was_just_said() -> None:
    told = story(
        (0, "plans", DOWN), (10, "plans", DOWN), (400, "plans", DOWN), (400, "alarm", ("ready", "HTTP 503", "red")),
        (401, "gx", SILENT), (402, "alarm", SILENT), (700, "alarm", ("ready", "HTTP 503", "red")),
        (800, "alarm", ("ready", "quiet", "green")),
    )  # fmt: skip

    assert [line for line in told if "plans:" not in line] == [
        "400 warning alarm: octopus.test answers HTTP 503 (plans, 3 times since 18:00:00 UTC)",
        "401 warning gx: no sign of life from the GX for 10 s",
    ]


def test_what_is_done_to_the_battery_is_told_once_and_in_a_trouble_when_it_ends() -> None:
    told = story(
        (0, "gx", lease("release", "the battery is left alone", None)),
        (10, "gx", lease("hold", "the battery is held until 19:00 UTC: the car charges")),
        (20, "gx", lease("hold", "the battery is held until 19:10 UTC: the car charges")),
        (30, "gx", SILENT),
        (60, "gx", HELD),
        (90, "gx", lease("release", "the battery is left alone: its end came", None)),
    )

    assert told == [
        "10 info gx: the battery is held until 19:00 UTC: the car charges",
        "30 warning gx: no sign of life from the GX for 10 s; the hold still ends by itself at 19:00 UTC",
        "60 info gx: well again after 30 s: hold until 19:00 UTC",
        "90 info gx: the battery is left alone: its end came",
    ]


def test_that_the_car_sleeps_is_told_and_that_it_was_awake_from_the_start_is_not() -> None:
    told = story((0, "plans", car("online", "the car is awake")), (9, "plans", car("asleep", "the car is asleep")))

    assert told == ["9 info plans: the car is asleep"]


@pytest.mark.parametrize(("names", "line"), [(["gx"], "ready: gx"), (list(FLOW.nodes), "ready: all 5 nodes")])
def test_that_all_are_ready_is_one_line(names: list[str], line: str) -> None:
    lines: list[str] = []
    chronicle = Chronicle(FLOW, lambda it: lines.append(it.text))
    chronicle.expect(names, START)
    for name in names:
        chronicle.status(name, "ready", "", "green", START)
    chronicle.tick(START + timedelta(minutes=1))

    assert lines == [line]


def test_who_is_not_ready_in_time_is_named() -> None:
    lines: list[str] = []
    chronicle = Chronicle(FLOW, lambda it: lines.append(it.text))
    chronicle.expect(["gx", "mind"], START)
    chronicle.status("gx", "ready", "", "green", START)
    chronicle.tick(START + timedelta(minutes=1))

    assert lines == ["not ready after 20 s: mind"]


def test_who_only_repeats_what_another_node_said_adds_nothing() -> None:
    told = story(
        (0, "gx", SILENT), (1, "mind", ("ready", "no sign of life from the GX", "red")), (60, "mind", READY),
        (61, "gx", READY),
    )  # fmt: skip

    assert [line.partition(" ")[2] for line in told] == [FELL_SILENT, "info gx: well again after 61 s"]


def test_two_that_crash_for_the_same_reason_are_two() -> None:
    assert len(story((0, "gx", CRASHED), (1, "mind", CRASHED))) == 2


def test_an_alarm_about_one_of_several_in_the_same_trouble_is_told_once() -> None:
    told = story(
        (0, "plans", DOWN), (10, "plans", DOWN), (20, "prices", LISTS), (400, "alarm", ("ready", "HTTP 503", "red")),
        (900, "alarm", ("ready", "standard-unit-rates: HTTP 503", "red")),
    )  # fmt: skip

    assert [line.partition(": ")[0] for line in told] == ["10 info plans", "400 warning alarm"]
