from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from plan_talk import CAR, CFG, ID, NOW, SMART, TOKEN, WORLD, answer, plan_reply, told, world

from wattwire.nodes import Budget, Emit, Fault, Json, Port, Ports, Reply, Request, Secret
from wattwire.nodes.dispatch_fetcher import ask
from wattwire.nodes.kraken_keeping import State
from wattwire.nodes.kraken_plans import FULL, LEAN
from wattwire.nodes.kraken_replies import Trouble, left
from wattwire.nodes.messages import Dispatch, Plan, Token


def listed(*entries: Json, field: str = "flexPlannedDispatches") -> Emit:
    return answer(Reply(200, {"data": {field: [*entries]}}, at=NOW))[1]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_plan_is_read_with_kinds_energy_and_any_offset() -> None:
    assert told("plan") == Emit(
        "plan",
        Plan(
            at=NOW,
            dispatches=(
                SMART,
                Dispatch(start=at("2026-10-02T01:12"), end=at("2026-10-02T01:19"), kind="boost", kwh=0.71),
                Dispatch(start=at("2026-10-02T02:00"), end=at("2026-10-02T02:30"), kind="test"),
            ),
        ),
    )


def test_the_old_shape_is_still_readable() -> None:
    assert told("plan_old_shape") == Emit(
        "plan",
        Plan(
            at=NOW,
            dispatches=(
                Dispatch(start=at("2026-02-25T23:30"), end=at("2026-02-26T01:00"), kwh=5.25),
                Dispatch(
                    start=at("2026-02-26T02:00"), end=at("2026-02-26T02:30"), kind="boost", location="home", kwh=1.75
                ),
                Dispatch(start=at("2026-02-26T03:00"), end=at("2026-02-26T03:30"), location="away"),
                Dispatch(start=at("2026-02-26T04:00"), end=at("2026-02-26T04:30"), kind="unknown", kwh=0.0),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("SMART", "smart"),
        ("BOOST", "boost"),
        ("TEST", "test"),
        (None, "smart"),
        ("", "smart"),
        ("bump-charge", "boost"),
        ("STREAM", "unknown"),
    ],
)
def test_no_word_is_smart_and_a_word_we_do_not_know_is_unknown(word: str | None, kind: str) -> None:
    sent = listed({"start": "2026-10-01T22:00:00Z", "end": "2026-10-01T22:30:00Z", "type": word})

    assert isinstance(sent.body, Plan)
    assert [d.kind for d in sent.body.dispatches] == [kind]


@pytest.mark.parametrize(
    ("told", "kwh"),
    [
        *(("3.50", 3.5), ("-3.50", 3.5), (2, 2.0), ("0", 0.0), (None, None), ("much", None), (True, None)),
        *(("NaN", None), ("Infinity", None), ("1e999", None), ("-9e999999", None)),
    ],
)
def test_energy_is_positive_and_what_is_no_number_is_unknown(told: Json, kwh: float | None) -> None:
    sent = listed({"start": "2026-10-01T22:00:00Z", "end": "2026-10-01T22:30:00Z", "energyAddedKwh": told})

    assert isinstance(sent.body, Plan)
    assert [d.kwh for d in sent.body.dispatches] == [kwh]


def test_an_empty_list_is_a_plan_and_null_is_none() -> None:
    assert listed() == Emit("plan", Plan(at=NOW))
    assert answer(Reply(200, {"data": {"flexPlannedDispatches": None}}, at=NOW))[1] == Emit(
        "failed", Fault("the reply has no plan", 200)
    )


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"start": "soon", "end": "2026-10-01T22:30:00Z"}, "Invalid isoformat string: 'soon'"),
        ({"start": "2026-10-01T22:00:00", "end": "2026-10-01T22:30:00Z"}, "a time without an offset"),
        ({"start": "0001-01-01T00:00:00+01:00", "end": "2026-10-01T22:30:00Z"}, "no time that there is"),
        ({"start": "2026-10-01T22:00:00Z", "end": "9999-12-31T23:59:59-01:00"}, "no time that there is"),
        ({"start": "2026-10-01T22:00:00Z", "end": "2200-01-01T00:00:00Z"}, "no time that there is"),
        ({"end": "2026-10-01T22:30:00Z"}, "no start"),
        ({"start": "2026-10-01T22:00:00Z", "end": None}, "no end"),
        ({"start": "2026-10-01T22:00:00Z", "end": "2026-10-01T21:30:00Z"}, "it ends before it starts"),
        (None, "no fields"),
    ],
)
def test_an_entry_that_cannot_be_read_fails_the_plan_and_is_named(entry: Json, why: str) -> None:
    good: Json = {"start": "2026-10-01T22:00:00Z", "end": "2026-10-01T22:30:00Z"}
    sent = listed(good, entry)

    assert sent.port == "failed"
    assert isinstance(sent.body, Fault)
    assert sent.body.why.startswith(f"not a dispatch ({why}")


@pytest.mark.parametrize(("start", "port"), [("2026-10-01T22:00:00Z", "plan"), (None, "failed")])
def test_a_field_of_an_entry_that_failed_is_unknown_and_matters_only_if_it_is_needed(start: Json, port: str) -> None:
    wrong: Json = {"message": "m", "path": ["flexPlannedDispatches", 0, "energyAddedKwh"]}
    entry: Json = {"start": start, "end": "2026-10-01T22:30:00Z", "type": "SMART", "energyAddedKwh": None}
    reply = Reply(200, {"errors": [wrong], "data": {"flexPlannedDispatches": [entry]}})

    assert answer(reply)[1].port == port


@pytest.mark.parametrize("more", [{}, {"data": None}])
def test_when_octopus_no_longer_knows_the_question_about_the_device_the_plan_alone_is_asked_for(more: Any) -> None:
    reply = world("plan_field_gone")
    assert isinstance(reply.json, dict)
    state, sent = answer(replace(reply, json=reply.json | more))
    _, asked = ask(CFG, state, None, token=TOKEN, device=CAR)

    assert sent == Emit("disabled", Fault("Cannot query field 'devices' on type 'Query'.", 200))
    assert isinstance(asked, Request)
    assert asked.json == {"query": LEAN, "variables": {"device": ID}}


@pytest.mark.parametrize(
    ("name", "port", "code"),
    [
        ("expired", "unauthorised", "KT-CT-1124"),
        ("throttled", "throttled", "KT-CT-1199"),
        ("plan_unavailable", "unavailable", "KT-CT-4340"),
    ],
)
def test_errors_come_with_http_200_and_leave_by_their_code(name: str, port: str, code: str) -> None:
    sent = told(name)

    assert sent.port == port
    assert isinstance(sent.body, Fault)
    assert (sent.body.status, sent.body.code) == (200, code)


@pytest.mark.parametrize(
    "code",
    [f"KT-CT-{n}" for n in (1111, 1112, 1120, 1124, 1125, 1126, 1127, 1128, 1129, 1130, 1131, 1132)]
    + ["KT-CT-1134", "KT-CT-1135", "KT-CT-1139", "KT-CT-1143", "KT-CT-1144", "OE-0103"],
)
def test_a_new_token_may_help_wherever_in_the_list_the_code_stands(code: str) -> None:
    wrong: list[Json] = [{"message": "m", "extensions": {"errorCode": c}} for c in ("KT-CT-0001", "KT-CT-1199", code)]

    assert answer(Reply(200, {"errors": wrong}))[1].port == "unauthorised"


@pytest.mark.parametrize(
    ("reply", "port"),
    [
        (Reply(0, why="timed out"), "failed"),
        (Reply(408), "failed"),
        (Reply(500, text="<html>"), "failed"),
        (Reply(502), "failed"),
        (Reply(200, text='{"data": {"flexPl'), "failed"),
        (Reply(200, []), "failed"),
        (Reply(200, {"errors": []}), "failed"),
        (Reply(200, {"errors": ["what"]}), "failed"),
        (Reply(200, {"errors": "what", "data": {"flexPlannedDispatches": []}}), "failed"),
        (Reply(200, {"errors": {"extensions": {"errorCode": "KT-CT-1199"}}, "data": {}}), "throttled"),
        (Reply(200, {"errors": None, "data": {"flexPlannedDispatches": []}}), "plan"),
        (Reply(200, {"errors": {}, "data": {"flexPlannedDispatches": []}}), "plan"),
        (Reply(401, {"detail": "no"}), "unauthorised"),
        (Reply(403, {"detail": "no"}), "unauthorised"),
        (Reply(403, text=(WORLD / "blocked.html").read_text()), "blocked"),
        (Reply(429, headers={"retry-after": "60"}), "throttled"),
    ],
)
def test_every_other_answer_has_a_port(reply: Reply, port: str) -> None:
    assert answer(reply)[1].port == port


@pytest.mark.parametrize(
    ("codes", "port"),
    [
        ((4123, 1138, 1145, 1148, 1121, 1122), "forbidden"),
        ((1113,), "disabled"),
        ((4313, 4301), "gone"),
        ((1188, 1189, 1201, 4321), "invalid"),
        ((4314, 4316, 4339, 4340, 4341, 4360, 4373, 4382), "unavailable"),
        ((1147, 7899, 4387, 9999), "failed"),
    ],
)
def test_a_code_has_its_outcome_whatever_type_and_words_come_with_it(codes: tuple[int, ...], port: str) -> None:
    for code in codes:
        more: Json = {"errorCode": f"KT-CT-{code}", "errorType": "AUTHORIZATION"}
        wrong: Json = {"message": "Signature of the JWT has expired.", "extensions": more}
        sent = answer(Reply(200, {"errors": [wrong], "data": {"flexPlannedDispatches": None}}))[1]

        assert (sent.port, code) == (port, code)


@pytest.mark.parametrize(("code", "port"), [("1199", "throttled"), ("1124", "unauthorised"), ("4360", "unavailable")])
@pytest.mark.parametrize("data", [None, {"flexPlannedDispatches": None, "devices": None}])
def test_an_error_beside_the_plan_counts_where_there_is_no_plan(data: Json, code: str, port: str) -> None:
    wrong: Json = {"message": "m", "path": ["devices"], "extensions": {"errorCode": f"KT-CT-{code}"}}

    assert answer(Reply(200, {"errors": [wrong], "data": data}))[1] == Emit(port, Fault("m", 200, f"KT-CT-{code}"))


def test_our_own_spent_budget_is_an_outcome_that_says_when_there_is_more() -> None:
    reply = Reply(0, spent="octopus plan e87b54", why="4 of 4 calls made", headers={"retry-after": "37"})

    assert answer(reply)[1] == Emit("spent", Fault("4 of 4 calls made", retry_after=37.0))


def test_what_is_not_told_apart_by_a_node_leaves_through_the_coarser_port() -> None:
    class Few(Ports):
        throttled: Port[Fault]
        failed: Port[Fault]

    sent = [left(Few, Trouble(port, Fault("x"))).port for port in ("spent", "gone", "blocked", "disabled")]

    assert sent == ["throttled", "failed", "failed", "failed"]


def test_a_field_that_is_refused_to_a_second_token_is_a_persons_job_until_it_is_given_again() -> None:
    wrong: Json = {"message": "m", "extensions": {"errorCode": "KT-CT-1111"}}
    no = Reply(200, {"errors": [wrong], "data": {"flexPlannedDispatches": None}}, at=NOW)
    newer = replace(TOKEN, expires=NOW + timedelta(hours=1))

    def said(state: State, token: Token, reply: Reply) -> tuple[State, str]:
        state, sent = answer(reply, ask(CFG, state, None, token=token, device=CAR)[0])
        return state, sent.port

    state, first = said(State(), TOKEN, no)
    state, same = said(state, TOKEN, no)
    state, second = said(state, newer, no)
    state, again = said(state, newer, no)
    state, good = said(state, newer, world("plan"))
    state, anew = said(state, newer, no)

    assert [first, same, second, again] == ["unauthorised", "unauthorised", "forbidden", "forbidden"]
    assert [good, anew] == ["plan", "unauthorised"]


def test_how_long_to_wait_is_passed_on() -> None:
    _, sent = answer(Reply(429, headers={"retry-after": "60"}))

    assert sent == Emit("throttled", Fault("HTTP 429", 429, retry_after=60.0))


def test_without_a_token_or_a_device_nobody_is_asked() -> None:
    assert ask(CFG, State(), None, token=None, device=CAR) == (State(), Emit("unauthorised", Fault("no token yet")))
    assert ask(CFG, State(), None, token=TOKEN, device=None) == (State(), Emit("failed", Fault("no device yet")))


def test_one_question_asks_for_the_plan_and_the_device() -> None:
    assert ask(CFG, State(), None, token=TOKEN, device=CAR) == (
        State(device=CAR, token=TOKEN, left=(ID,)),
        Request(
            method="POST",
            url="https://api.octopus.energy/v1/graphql/",
            json={"query": FULL, "variables": {"device": ID, "account": "A-00000000"}},
            authorization=Secret("t"),
            budgets=(
                Budget(name="octopus plan e87b54", most=4, per=timedelta(minutes=1)),
                Budget(name="octopus e87b54", most=50, per=timedelta(hours=1)),
            ),
        ),
    )


# Octopus's clock


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Thu, 01 Oct 2026 22:00:00 GMT", 0.0),
        ("Thu, 01 Oct 2026 22:01:05 GMT", 65.0),
        ("Thu, 01 Oct 2026 21:59:58 GMT", -2.0),
        ("soon", None),
        (None, None),
    ],
)
def test_how_far_the_clocks_are_apart_is_told(date: str | None, skew: float | None) -> None:
    reply = replace(plan_reply([]), at=NOW, headers={} if date is None else {"date": date})
    body = answer(reply)[1].body

    assert isinstance(body, Plan)
    assert body.skew == skew
