from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Budget, Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.completed_fetcher import Config, State, ask, read
from wattwire.nodes.kraken_completed import COMPLETED, MOST, Completed
from wattwire.nodes.messages import Dispatch, Plan, Token

CFG = Config(account="A-00000000")
NOW = datetime(2026, 10, 2, 9, 0, tzinfo=UTC)
TOKEN = Token(Secret("t"), NOW)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-10-02T{text}").replace(tzinfo=UTC)


def entry(start: str, end: str, source: str | None = None, delta: Json = "-3.41", place: str = "AT_HOME") -> Json:
    meta: Json = {"source": source, "location": place}
    return {"start": f"2026-10-02T{start}:00+00:00", "end": f"2026-10-02T{end}:00+00:00", "delta": delta, "meta": meta}


def planned(*entries: tuple[str, str, str]) -> State:
    state = State()
    for start, end, kind in entries:
        d = Dispatch(start=at(start), end=at(end), kind=kind)  # type: ignore[arg-type]
        state, none = ask(CFG, state, None, Plan(at=at(start), dispatches=(d,)), token=TOKEN)
        assert none is None
    return state


def told(*entries: Json, state: State | None = None) -> Completed:
    reply = Reply(200, {"data": {"completedDispatches": list(entries)}}, at=NOW)
    body = read(CFG, state or State(), reply)[1].body
    assert isinstance(body, Completed)
    return body


def test_what_was_charged_comes_oldest_first_with_its_energy_place_and_lag() -> None:
    assert told(entry("02:00", "02:30", delta="-1.5", place="AWAY"), entry("01:30", "02:00")) == Completed(
        at=NOW,
        dispatches=(
            Dispatch(start=at("01:30"), end=at("02:00"), status="completed", location="home", kwh=3.41),
            Dispatch(start=at("02:00"), end=at("02:30"), status="completed", location="away", kwh=1.5),
        ),
        unsure=(at("01:30"), at("02:00")),
        until=at("02:30"),
        lag=6.5 * 3600,
    )


@pytest.mark.parametrize(
    ("place", "location"),
    [("AT_HOME", "home"), ("at_home", "home"), ("AWAY", "away"), ("away", "away"), ("UNABLE_TO_IDENTIFY", "unknown")],
)
def test_where_it_was_is_read_in_capitals_and_without(place: str, location: str) -> None:
    assert told(entry("01:30", "02:00", place=place)).dispatches[0].location == location


def test_nothing_listed_is_nothing_known() -> None:
    assert told() == Completed(at=NOW)


@pytest.mark.parametrize(
    ("plan", "kind", "sure"),
    [
        ([], "smart", False),  # no source and no plan: smart, yet no proof
        ([("01:30", "02:00", "smart")], "smart", True),
        ([("01:30", "02:00", "boost")], "boost", True),
        ([("01:00", "01:40", "smart"), ("01:40", "02:30", "boost")], "boost", True),  # the most overlap
        ([("00:30", "02:00", "smart"), ("01:30", "01:40", "boost")], "boost", True),  # the same start comes first
        ([("00:30", "01:30", "boost")], "smart", False),  # it only touches
    ],
)
def test_the_kind_is_remembered_from_the_plan(plan: list[tuple[str, str, str]], kind: str, sure: bool) -> None:
    body = told(entry("01:30", "02:00"), state=planned(*plan))

    assert ([d.kind for d in body.dispatches], body.unsure) == ([kind], () if sure else (at("01:30"),))


def test_a_source_that_is_told_needs_no_memory() -> None:
    body = told(entry("01:30", "02:00", "bump-charge"), state=planned(("01:30", "02:00", "smart")))

    assert (body.dispatches[0].kind, body.unsure) == ("boost", ())


def test_an_entry_that_cannot_be_read_does_not_lose_the_others() -> None:
    absurd: Json = {"start": "0001-01-01T00:00:00+01:00", "end": "9999-12-31T23:59:59-01:00"}

    assert len(told(None, {"start": "soon"}, absurd, entry("01:30", "02:00")).dispatches) == 1


def test_two_cars_that_began_together_are_two_and_an_entry_told_twice_is_one() -> None:
    one, other = entry("01:30", "02:00"), entry("01:30", "02:00", delta="-1.20")
    body = told(entry("01:30", "03:00"), one, other, one)

    assert [(d.end, d.kwh) for d in body.dispatches] == [(at("02:00"), 3.41), (at("02:00"), 1.2), (at("03:00"), 3.41)]
    assert (body.unsure, body.until) == ((at("01:30"),), at("03:00"))


def test_a_running_entry_that_is_reported_anew_as_from_now_is_remembered_once() -> None:
    state = planned(("01:30", "02:00", "smart"), ("01:34", "02:00", "smart"), ("01:38", "02:00", "smart"))

    assert [d.start for d in state.planned] == [at("01:30")]


def test_an_entry_with_another_end_takes_the_earlier_one_s_place() -> None:
    state = planned(("01:30", "02:00", "smart"), ("01:30", "03:00", "boost"))

    assert [(d.end, d.kind) for d in state.planned] == [(at("03:00"), "boost")]


def test_what_was_planned_is_forgotten_after_three_days_and_never_more_than_a_page() -> None:
    state = planned(("01:30", "02:00", "smart"))
    later = Plan(at=at("02:00") + timedelta(days=3))
    forgotten, _ = ask(CFG, state, None, later, token=TOKEN)
    second = timedelta(seconds=1)
    flood = tuple(Dispatch(start=NOW + n * second, end=NOW + n * second + second) for n in range(600))
    flooded, _ = ask(CFG, state, None, Plan(at=NOW, dispatches=flood), token=TOKEN)

    assert forgotten.planned == ()
    assert len(flooded.planned) == MOST


def test_the_same_plan_again_changes_nothing_that_would_have_to_be_written_down() -> None:
    state = planned(("01:30", "02:00", "smart"))
    again, _ = ask(CFG, state, None, Plan(at=NOW, dispatches=state.planned), token=TOKEN)

    assert again.planned is state.planned


@pytest.mark.parametrize(
    ("reply", "port"),
    [
        (Reply(200, {"data": {"completedDispatches": None}}), "failed"),
        (Reply(502), "failed"),
        (Reply(403, text="<html>"), "blocked"),
        (Reply(429), "throttled"),
        (Reply(0, spent="octopus e87b54"), "spent"),
        *(
            (Reply(200, {"errors": [{"message": "m", "extensions": {"errorCode": f"KT-CT-{code}"}}]}), port)
            for code, port in ((1124, "unauthorised"), (4341, "unavailable"), (4123, "forbidden"), (1113, "disabled"))
        ),
    ],
)
def test_every_other_answer_has_a_port(reply: Reply, port: str) -> None:
    assert read(CFG, State(), reply)[1].port == port


def test_a_field_of_one_entry_that_failed_leaves_the_list_readable() -> None:
    wrong: Json = {"message": "m", "path": ["completedDispatches", 0, "meta"]}
    found: Json = {"errors": [wrong], "data": {"completedDispatches": [entry("01:30", "02:00")]}}

    assert read(CFG, State(), Reply(200, found, at=NOW))[1].port == "completed"


def test_the_error_of_one_entry_counts_where_there_is_no_list() -> None:
    extensions: Json = {"errorCode": "KT-CT-1199"}
    wrong: Json = {"message": "m", "path": ["completedDispatches", 0, "meta"], "extensions": extensions}

    assert read(CFG, State(), Reply(200, {"errors": [wrong], "data": None}))[1].port == "throttled"


def test_the_question_counts_in_the_account_s_budget() -> None:
    assert ask(CFG, State(), None, None, token=None) == (State(), Emit("unauthorised", Fault("no token yet")))
    assert ask(CFG, State(), None, None, token=replace(TOKEN)) == (
        State(),
        Request(
            method="POST",
            url="https://api.octopus.energy/v1/graphql/",
            json={"query": COMPLETED, "variables": {"account": "A-00000000"}},
            authorization=Secret("t"),
            budgets=(Budget(name="octopus e87b54", most=50, per=timedelta(hours=1)),),
        ),
    )
