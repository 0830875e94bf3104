"""What dispatchFetcher tells of the device beside its plan, and of the others that there are."""

from dataclasses import replace
from datetime import timedelta

import pytest
from plan_talk import AHEAD, CAR, CFG, ID, NOW, NULL, SMART, TOKEN, answer, plan_reply, told, world

from wattwire.nodes import Emit, Json, Reply, Request
from wattwire.nodes.dispatch_fetcher import ask, read
from wattwire.nodes.kraken_keeping import Kept, State
from wattwire.nodes.messages import Plan


def test_the_devices_state_comes_with_the_plan() -> None:
    assert told("plan_with_device", CAR) == Emit(
        "plan",
        Plan(
            at=NOW,
            device=ID,
            state="SMART_CONTROL_IN_PROGRESS",
            suspended=False,
            dispatches=(SMART,),
            power=7100.0,
            power_at=NOW - timedelta(minutes=1, seconds=50),
        ),
    )


@pytest.mark.parametrize(
    ("ago", "state", "suspended"),
    [
        (0, "SMART_CONTROL_CAPABLE", False),
        (2, None, False),  # the dispatch began since, and nobody saw what came of it
        (11, None, None),
    ],
)
def test_where_the_state_failed_a_fresh_one_of_before_stands_in_and_its_power_never(
    ago: int, state: str | None, suspended: bool | None
) -> None:
    seen = replace(CAR, at=NOW - timedelta(minutes=ago), power=7100.0)

    assert told("plan_with_device_failed", seen) == Emit(
        "plan", Plan(at=NOW, device=ID, state=state, suspended=suspended, dispatches=(SMART,))
    )


@pytest.mark.parametrize(
    ("state", "suspended", "shown"),
    [
        (None, True, ("SMART_CONTROL_CAPABLE", True)),  # a suspended car's dispatches count for nothing
        (None, False, ("SMART_CONTROL_CAPABLE", False)),
        (None, None, ("SMART_CONTROL_CAPABLE", False)),
        ("SMART_CONTROL_OFF", None, ("SMART_CONTROL_OFF", None)),
    ],
)
def test_whether_it_is_suspended_is_told_without_a_state_too(
    state: str | None, suspended: bool | None, shown: tuple[str, bool | None]
) -> None:
    status: Json = {"currentState": state, "isSuspended": suspended}
    data: Json = {"flexPlannedDispatches": [], "devices": [{"id": ID, "status": status}]}
    _, sent = answer(Reply(200, {"data": data}, at=NOW), State(device=CAR, left=(ID,)))

    assert isinstance(sent.body, Plan)
    assert (sent.body.state, sent.body.suspended) == shown


# Several devices


TWO = replace(CAR, also=("car-2",))


def test_each_live_device_is_asked_for_its_plan_one_after_the_other() -> None:
    state, first = ask(CFG, State(), None, token=TOKEN, device=TWO)
    state, sent = read(CFG, state, replace(plan_reply(AHEAD), at=NOW))
    assert isinstance(sent, list)
    plan, second = sent
    state, last = answer(Reply(200, {"data": {"flexPlannedDispatches": []}}, at=NOW), state)

    assert isinstance(first, Request)
    assert isinstance(second, Request)
    asked = [r.json["variables"]["device"] for r in (first, second) if r.json]  # type: ignore[index]
    assert asked == ["car-2", ID]
    assert isinstance(plan, Emit)
    assert [p.body.device for p in (plan, last) if isinstance(p.body, Plan)] == ["car-2", ID]
    assert state.plans.keys() == {ID, "car-2"}


@pytest.mark.parametrize(
    ("reply", "goes_on"),
    [
        (world("plan_unavailable"), True),
        (NULL, True),
        (world("throttled"), False),
        (world("expired"), False),
        (Reply(403, text="<html>"), False),
        (Reply(502), False),
        (Reply(0, spent="octopus", why="spent"), False),
    ],
)
def test_the_trouble_of_one_device_is_not_that_of_the_next(reply: Reply, goes_on: bool) -> None:
    state, _ = ask(CFG, State(), None, token=TOKEN, device=TWO)
    state, sent = read(CFG, state, reply)

    assert isinstance(sent, list) == goes_on
    assert state.left == ((ID,) if goes_on else ())


def test_a_device_that_is_no_longer_there_is_forgotten() -> None:
    state, _ = ask(CFG, State(plans={ID: Kept(), "old": Kept()}), None, token=TOKEN, device=TWO)

    assert state.plans.keys() == {ID}
