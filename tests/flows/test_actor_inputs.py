"""One node without its process: which parameter gets what, and which events it is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from trial_node import AT, NOON, Config, Out, actor, give, lives, message, one, told

from wattwire.broker.envelope import begin
from wattwire.flows.engine.bodies import BadBody
from wattwire.flows.engine.work import Work
from wattwire.nodes import (
    Due,
    Emit,
    Heard,
    Json,
    Kept,
    Now,
    Say,
    Secret,
    Started,
    Status,
    Timer,
)
from wattwire.nodes.messages import Car, Plan, Tick, Token


def several(
    cfg: Config, tick: Tick | None, plan: Plan | None, car: Kept[Car] | None, now: Now, *, token: Token | None
) -> Emit:
    return Out.told([bool(tick), bool(plan), bool(car), now, token and token.token])


def nudged(cfg: Config, poll: object) -> Emit:
    return Out.told(poll)


def test_a_body_comes_as_its_type() -> None:
    assert told(give(actor(one), "tick", {"at": AT})) == [Tick(NOON)]


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        (["tick"], [True, False, False, NOON, None]),
        (["plan"], [False, True, False, NOON, None]),
        (["plan", "tick"], [True, False, False, NOON, None]),  # a trigger is passed once
        (["car", "tick"], [True, False, True, NOON, None]),  # unless it is kept
        (["car", "car"], [False, False, True, NOON, None]),
        (["token", "tick"], [True, False, False, NOON, Secret("s")]),
    ],
)
def test_only_the_trigger_that_fired_is_passed_and_what_is_remembered(ports: list[str], expected: list[Any]) -> None:
    it = actor(several)
    for port in ports:
        work = give(it, port, {"at": AT, "token": "s", "expires": AT})

    assert told(work) == [expected]


def test_a_remembered_port_triggers_nothing_and_the_newest_value_counts() -> None:
    it = actor(several)
    first = give(it, "token", {"token": "a", "expires": AT})
    give(it, "token", {"token": "b", "expires": AT})

    assert (told(first), first.changed) == ([], True)
    assert told(give(it, "tick", {"at": AT}))[0][4] == Secret("b")


def test_a_nudge_may_carry_anything_or_nothing() -> None:
    bodies: list[Json] = [None, 1, {"x": 1}]

    assert [told(give(actor(nudged), "poll", body)) for body in bodies] == [[None], [1], [{"x": 1}]]


def test_a_body_that_does_not_fit_is_refused_and_forgotten() -> None:
    it = actor(several)
    with pytest.raises(BadBody, match="Car without at"):
        it.take("car", replace(message({"soc": 5})), NOON)

    assert told(give(it, "tick", {"at": AT}))[0][2] is False


def test_a_bare_body_may_leave_its_time_to_us() -> None:
    it, bare = actor(one), begin("", None, NOON, "1")

    assert told(it.take("tick", bare, NOON)) == [Tick(NOON)]
    with pytest.raises(BadBody):
        it.take("tick", message(None), NOON)


def test_a_retained_value_is_held_and_triggers_nothing() -> None:
    it = actor(several)

    assert it.hold("car", message({"at": AT}))
    assert not it.hold("tick", message({"at": AT}))
    assert told(give(it, "tick", {"at": AT}))[0][2] is True


# Events


def test_an_event_leads_to_actions_and_messages() -> None:
    it = actor(lives)

    assert it.happen(Started(), NOON).actions == [Timer("t", NOON + timedelta(seconds=5)), Status("up"), Say("x", 1)]
    assert told(it.happen(Due("t"), NOON)) == ["t"]
    assert told(give(it, "go", None)) == ["message"]


def test_an_event_that_the_node_does_not_want_is_not_told() -> None:
    assert actor(lives).happen(Heard("x", b""), NOON) == Work()
    assert actor(one).happen(Started(), NOON) == Work()
