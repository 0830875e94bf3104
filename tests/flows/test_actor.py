"""One node without its process, driven through nodes of every shape that are written down here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.broker.envelope import Envelope, begin
from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.bodies import BadBody
from wattwire.flows.engine.graph import FlowNode
from wattwire.flows.engine.work import Work
from wattwire.nodes import (
    Due,
    Emit,
    Fault,
    Heard,
    Json,
    Kept,
    Node,
    Now,
    Port,
    Ports,
    Reply,
    Request,
    Say,
    Secret,
    Started,
    Status,
    Timer,
    keep,
    volatile,
)
from wattwire.nodes.messages import Car, Plan, Tick, Token

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = "2026-11-20T12:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Config:
    name: str = "cfg"
    shadow: bool = False
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Bare:
    """A config without `shadow`."""


class Out(Ports):
    told: Port[object]
    plan: Port[Plan] = keep()
    cheap: Port[Tick] = keep("rate")
    dear: Port[Tick] = keep("rate")
    unsure: Port[Tick] = keep("rate")
    failed: Port[Fault]


def actor(run: Any, read: Any = None, cfg: Any = None, saved: Mapping[str, Any] | None = None, shadow: bool = False,
          **node: Any) -> Actor:  # fmt: skip
    kind = Node("trial", Config if cfg is None else type(cfg), Out, run, read, **node)
    return Actor("f", FlowNode("n", kind, Config() if cfg is None else cfg), saved=saved, salt="1.", shadow=shadow)


def message(body: Json, attempts: Mapping[str, int] | None = None) -> Envelope:
    return replace(begin("other.out", body, NOON, "1"), attempts=attempts or {})


def give(it: Actor, port: str, body: Json, attempts: Mapping[str, int] | None = None) -> Work:
    return it.take(port, message(body, attempts), NOON)


def told(work: Work) -> list[Any]:
    return [sent.body for sent in work.sent]


# Which parameter gets what


def one(cfg: Config, tick: Tick) -> Emit:
    return Out.told(tick)


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


def lives(cfg: Config, go: object, event: Started | Due | None, now: Now) -> list[Emit | Timer | Status | Say]:
    match event:
        case Started():
            return [Timer("t", now + timedelta(seconds=5)), Status("up"), Say("x", 1)]
        case Due(name=name):
            return [Out.told(name)]
    return [Out.told("message")]


def test_an_event_leads_to_actions_and_messages() -> None:
    it = actor(lives)

    assert it.happen(Started(), NOON).actions == [Timer("t", NOON + timedelta(seconds=5)), Status("up"), Say("x", 1)]
    assert told(it.happen(Due("t"), NOON)) == ["t"]
    assert told(give(it, "go", None)) == ["message"]


def test_an_event_that_the_node_does_not_want_is_not_told() -> None:
    assert actor(lives).happen(Heard("x", b""), NOON) == Work()
    assert actor(one).happen(Started(), NOON) == Work()


# State


@dataclass(frozen=True)
class State:
    count: int = 0
    last: datetime | None = None
    secret: Secret | None = None
    from_: str = ""
    cache: Mapping[str, int] = volatile(dict)


def step(cfg: Config, state: State, tick: Tick, *, car: Car | None) -> tuple[State, Emit | None]:
    grown = replace(state, count=state.count + 1, last=tick.at, secret=Secret("s"), from_="x", cache={"a": state.count})
    return grown, Out.told([grown.count, bool(car)])


def lazy(cfg: Config, state: State, tick: Tick) -> tuple[State, None]:
    return replace(state, cache={"a": 1}), None


def test_state_outlives_the_process_volatile_does_not_and_remembered_values_do() -> None:
    it = actor(step, state=State)
    give(it, "car", {"at": AT})
    give(it, "tick", {"at": AT})
    saved = it.snapshot()
    heir = actor(step, state=State, saved=saved)

    assert saved["state"] == {"count": 1, "last": AT, "secret": "s", "from": "x"}
    assert heir.state == State(1, NOON, Secret("s"), "x", {})
    assert told(give(heir, "tick", {"at": AT})) == [[2, True]]


def test_what_was_saved_by_an_older_version_still_loads() -> None:
    saved = {"state": {"count": 7, "gone": 1}, "held": {"no_such_port": {}, "car": {"at": AT, "gone": 1}}}

    assert told(give(actor(step, state=State, saved=saved), "tick", {"at": AT})) == [[8, True]]


@pytest.mark.parametrize(("run", "changed"), [(step, True), (lazy, False)])
def test_a_change_of_what_is_not_kept_writes_nothing(run: Any, changed: bool) -> None:
    assert give(actor(run, state=State), "tick", {"at": AT}).changed is changed


def test_the_same_state_in_new_clothes_is_no_change() -> None:
    def same(cfg: Config, state: State, tick: Tick) -> tuple[State, None]:
        return replace(state), None

    assert give(actor(same, state=State), "tick", {"at": AT}).changed is False


# Questions


def ask(cfg: Config, poll: object) -> list[Emit | Request]:
    return [Out.told("asking"), Request(method="GET", url="http://x")]


def again(cfg: Config, reply: Reply) -> list[Emit | Request]:
    if reply.status == 200:
        return [Out.told(reply.status)]
    return [Out.told("again"), Request(method="GET", url="http://y")]


def test_a_question_waits_for_its_reply_and_may_lead_to_a_further_one() -> None:
    it = actor(ask, again)
    work = give(it, "poll", None)
    assert work.asking is not None
    more = it.resume(work.asking, Reply(500), NOON)
    assert more.asking is not None
    last = it.resume(more.asking, Reply(200), NOON)

    assert [w.asking.request.url for w in (work, more) if w.asking] == ["http://x", "http://y"]
    assert [told(w) for w in (work, more, last)] == [["asking"], ["again"], [200]]
    ids = [sent.envelope.id for w in (work, more, last) for sent in w.sent]
    assert len(set(ids)) == 3
    assert {sent.envelope.cause for w in (work, more, last) for sent in w.sent} == {message(None).id}


def test_two_questions_at_once_are_a_bug() -> None:
    def both(cfg: Config, poll: object) -> list[Request]:
        return [Request(method="GET", url="x"), Request(method="GET", url="y")]

    with pytest.raises(TypeError, match="one question at a time"):
        give(actor(both, again), "poll", None)


# What leaves


def test_a_message_tells_where_it_comes_from_and_what_led_to_it() -> None:
    cause = replace(message({"at": AT}), id="c", root="r")
    [sent] = actor(one).take("tick", cause, NOON).sent

    assert (sent.topic, sent.retain) == ("wattwire/f/n/told", False)
    assert (sent.envelope.source, sent.envelope.cause, sent.envelope.root) == ("n.told", "c", "r")


def many(cfg: Config, tick: Tick) -> list[Emit]:
    return [Out.told(1), Out.told(1), Out.cheap(tick)]


def test_a_repetition_makes_the_same_ids_and_every_message_has_its_own() -> None:
    first, second = (give(actor(many), "tick", {"at": AT}).sent for _ in range(2))

    assert [s.envelope.id for s in first] == [s.envelope.id for s in second]
    assert len({s.envelope.id for s in first}) == 3


def test_what_begins_a_chain_is_numbered() -> None:
    it = actor(lives)
    a, b = (it.happen(Due("t"), NOON).sent[0].envelope for _ in range(2))

    assert (a.root, a.cause, b.root) == (a.id, "", b.id)
    assert a.id != b.id


def test_ports_that_exclude_each_other_clear_each_other() -> None:
    sent = give(actor(many), "tick", {"at": AT}).sent[2]

    assert (sent.topic, sent.retain) == ("wattwire/f/n/cheap", True)
    assert sent.clears == ("wattwire/f/n/dear", "wattwire/f/n/unsure")


def test_a_body_that_its_port_does_not_carry_is_a_bug() -> None:
    def wrong(cfg: Config, tick: Tick) -> Emit:
        return Emit("plan", tick)

    with pytest.raises(TypeError, match=r"n\.plan carries Plan, not Tick"):
        give(actor(wrong), "tick", {"at": AT})


@pytest.mark.parametrize(
    ("port", "left"),
    [
        ("failed", {"n.failed>n.poll": 2, "m.failed>m.poll": 1}),  # the same outcome again: the row goes on
        ("plan", {"m.failed>m.poll": 1}),  # another one: it is over
    ],
)
def test_attempts_count_the_same_outcome_in_a_row(port: str, left: dict[str, int]) -> None:
    def outcome(cfg: Config, poll: object) -> Emit:
        return Emit(port, Fault("no") if port == "failed" else Plan(at=NOON))

    [sent] = give(actor(outcome), "poll", None, {"n.failed>n.poll": 2, "m.failed>m.poll": 1}).sent

    assert sent.envelope.attempts == left


# Crashes


def crash(cfg: Config, token: Token) -> None:
    raise ValueError(f"cannot use {token.token.reveal()}")


def test_a_crash_says_which_bug_and_where_and_never_what_it_was_given() -> None:
    it, cause = actor(crash), message({"token": "the-secret", "expires": AT})
    with pytest.raises(ValueError, match="cannot use") as wrong:
        it.take("token", cause, NOON)
    sent = it.crashed(cause, wrong.value, NOON)

    assert sent.topic == "wattwire/f/n/crashed"
    assert isinstance(sent.body, Fault)
    assert sent.body.why.startswith("ValueError at test_actor.py:")
    assert "the-secret" not in sent.envelope.dumps().decode()


# Shadow and seed


def test_in_a_shadow_an_actuator_is_muted_but_remembers() -> None:
    def write(cfg: Bare, tick: Tick, *, car: Car | None) -> Emit:
        return Out.told("written")

    it = actor(write, cfg=Bare(), shadow=True, actuator=True)
    give(it, "car", {"at": AT})

    assert [type(a) for a in give(it, "tick", {"at": AT}).actions] == [Status]
    assert told(give(it, "tick", {"at": AT})) == []
    assert it.snapshot()["held"] == {"car": {"at": AT}}


def test_in_a_shadow_an_actuator_that_knows_shadows_is_told_and_others_run_on() -> None:
    def write(cfg: Config, tick: Tick) -> Emit:
        return Out.told(cfg.shadow)

    assert told(give(actor(write, shadow=True, actuator=True), "tick", {"at": AT})) == [True]
    assert told(give(actor(write, shadow=True), "tick", {"at": AT})) == [False]


def test_the_seed_reaches_a_node_that_has_one() -> None:
    kind = Node("trial", Config, Out, one)

    assert Actor("f", FlowNode("n", kind, Config()), seed=7).config.seed == 7


@dataclass(frozen=True)
class Deep:
    inner: State = field(default_factory=State)
    many: tuple[State, ...] = ()


def test_a_state_within_a_state_is_kept() -> None:
    def grow(cfg: Config, state: Deep, tick: Tick) -> tuple[Deep, None]:
        return Deep(State(1), (State(2, tick.at),)), None

    it = actor(grow, state=Deep)
    give(it, "tick", {"at": AT})

    assert actor(grow, state=Deep, saved=it.snapshot()).state == Deep(State(1), (State(2, NOON),))
