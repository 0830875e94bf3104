"""An empty list, null, an error: what becomes of the plan that dispatchFetcher had."""

from dataclasses import fields, replace
from datetime import datetime, timedelta

import pytest
from plan_talk import AHEAD, CAR, CFG, ID, NOW, NULL, SMART, TOKEN, answer, plan_reply

from wattwire.nodes import Fault, Reply
from wattwire.nodes.dispatch_fetcher import ask
from wattwire.nodes.kraken_keeping import Kept, State
from wattwire.nodes.messages import Plan


def lived(*replies: Reply, start: State | None = None, since: datetime = NOW) -> list[str]:
    """What left at each poll, a minute apart: the port, and how many dispatches a plan has."""
    state, told = start or State(), []
    for minute, reply in enumerate(replies):
        state, _ = ask(CFG, state, None, token=TOKEN, device=CAR)
        state, sent = answer(replace(reply, at=since + timedelta(minutes=minute)), state)
        told.append(f"plan {len(sent.body.dispatches)}" if isinstance(sent.body, Plan) else sent.port)
    return told


def test_an_empty_list_clears_a_plan_once_the_next_poll_confirms_it() -> None:
    empty = plan_reply([])

    assert lived(plan_reply(AHEAD), empty, empty, empty) == ["plan 1", "emptied", "plan 0", "plan 0"]


def test_an_empty_list_that_a_plan_follows_was_a_plan_in_the_making() -> None:
    told = lived(*(plan_reply(found) for found in (AHEAD, [], AHEAD, [], [])))

    assert told == ["plan 1", "emptied", "plan 1", "emptied", "plan 0"]


@pytest.mark.parametrize("between", [NULL, Reply(502), Reply(0)])
def test_null_and_errors_neither_clear_nor_confirm(between: Reply) -> None:
    told = lived(plan_reply(AHEAD), between, between, plan_reply([]), between, plan_reply([]))

    assert told == ["plan 1", "failed", "failed", "emptied", "failed", "plan 0"]


@pytest.mark.parametrize(
    ("state", "suspended"),
    [("SMART_CONTROL_NOT_AVAILABLE", False), ("SMART_CONTROL_OFF", False), ("SMART_CONTROL_CAPABLE", True)],
)
def test_unplugged_or_suspended_an_empty_list_clears_at_once(state: str, suspended: bool) -> None:
    assert lived(plan_reply(AHEAD), plan_reply([], state, suspended)) == ["plan 1", "plan 0"]


def test_an_empty_list_after_the_last_dispatch_is_what_was_to_be_expected() -> None:
    known = State(plans={ID: Kept((SMART,))})

    assert lived(plan_reply([]), start=known, since=NOW + timedelta(minutes=29)) == ["emptied"]
    assert lived(plan_reply([]), start=known, since=NOW + timedelta(minutes=30)) == ["plan 0"]


def test_what_is_kept_of_a_plan_outlives_a_restart() -> None:
    durable = {f.name for f in fields(State) if not f.metadata.get("volatile")}

    assert durable == {"plans", "refused"}


def test_a_kept_plan_says_how_much_is_still_to_come() -> None:
    state, _ = ask(CFG, State(plans={ID: Kept((SMART, SMART))}), None, token=TOKEN, device=CAR)

    assert answer(replace(plan_reply([]), at=NOW), state)[1].body == Fault(
        "an empty plan where 2 dispatches were to come: ignored until confirmed", 200
    )
