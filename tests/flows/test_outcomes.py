"""What a node's process tells the log of its work: changes, and nothing of what goes well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.broker.envelope import begin
from wattwire.flows.engine.outcomes import Outcomes
from wattwire.flows.engine.work import Sent
from wattwire.nodes import Fault, Node
from wattwire.nodes.car_messages import CarDone, Woken
from wattwire.nodes.charge_preferences import NODE as WISHES
from wattwire.nodes.dispatch_fetcher import NODE as PLANS
from wattwire.nodes.kraken_errands import Settled
from wattwire.nodes.messages import Car, Lease, Tick
from wattwire.nodes.switch import NODE as SWITCH
from wattwire.nodes.tesla_state import NODE as CAR
from wattwire.nodes.victron_controller import NODE as CONTROLLER
from wattwire.nodes.victron_gx import NODE as GX

T = datetime(2026, 11, 20, 18, tzinfo=UTC)
DOWN, FORBIDDEN = Fault("HTTP 503", 503), Fault("not with this key", 200, "KT-CT-1111")
HOLD = Lease(mode="hold", until=T + timedelta(hours=1), reason="the car charges")
RELEASE = Lease(mode="release", until=T)
ASLEEP, ONLINE = Car(at=T, state="asleep"), Car(at=T, state="online")

FAILED = {"failed": {"port": "failed", "why": "HTTP 503", "status": 503, "code": None}}
HELD = "the battery is held until 19:00 UTC: the car charges"


def told(node: Node | None, *calls: list[tuple[str, object]]) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    said: list[dict[str, Any]] = []
    shown: list[tuple[str, str]] = []
    outcomes = Outcomes(node, said.append, lambda text, fill: shown.append((text, fill)))
    for sent in calls:
        outcomes.heed([Sent("", begin(f"it.{port}", None, T, "1"), body) for port, body in sent])
    return said, shown


@pytest.mark.parametrize(
    ("calls", "said", "shown"),
    [
        ([[("plan", Tick(T))]] * 3, [], []),
        ([[("failed", DOWN)]] * 2, [FAILED, FAILED], [("HTTP 503", "yellow")] * 2),
        (
            [[("failed", DOWN)], [("plan", Tick(T))], [("plan", Tick(T))]],
            [FAILED, {"well": True}],
            [("HTTP 503", "yellow"), ("", "green")],
        ),
        ([[("spent", DOWN), ("plan", Tick(T))]], [], []),  # it could do something all the same
        ([[]], [], []),
        ([[("crashed", DOWN)]], [], []),  # who minds it tells that
    ],
)
def test_a_node_that_asks_is_unwell_while_only_faults_come_of_it(
    calls: list[list[tuple[str, object]]], said: list[dict[str, Any]], shown: list[tuple[str, str]]
) -> None:
    assert told(PLANS, *calls) == (said, shown)


@pytest.mark.parametrize("node", [SWITCH, GX, None])
def test_a_fault_of_one_that_does_not_ask_is_its_own_to_tell(node: Node | None) -> None:
    assert told(node, [("failed", FORBIDDEN)]) == ([], [])


def test_a_lease_is_told_by_who_carries_it_out_and_when_it_changes() -> None:
    said, _ = told(GX, [("confirmed", HOLD)], [("confirmed", replace(HOLD))], [("confirmed", RELEASE)])

    assert [(it["did"]["how"], it["did"]["words"]) for it in said] == [
        ("hold", HELD),
        ("release", "the battery is left alone"),
    ]
    assert told(CONTROLLER, [("lease", HOLD)]) == ([], [])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (Settled(at=T, device="d", what="80 % by 07:00"), "Octopus has it: 80 % by 07:00"),
        (CarDone(at=T, do="limit", value=80.0, reason="by hand"), "the car has done it: limit 80: by hand"),
        (Woken(at=T, count=2, why="start, by hand"), "the car was woken (no. 2 today): start, by hand"),
    ],
)
def test_a_wish_is_told_when_it_came_true_and_is_no_trouble_meanwhile(body: object, words: str) -> None:
    said, shown = told(WISHES, [("pending", DOWN)], [("pending", DOWN)], [("confirmed", body)])

    assert [it["did"]["words"] for it in said] == [words]
    assert shown == []


def test_a_car_that_falls_asleep_is_told_once_and_is_no_trouble() -> None:
    asleep = [("asleep", Fault("the car is asleep")), ("car", ASLEEP)]
    said, shown = told(CAR, [("car", ONLINE)], asleep, asleep)

    assert [it["did"]["words"] for it in said] == ["the car is awake", "the car is asleep"]
    assert shown == []
