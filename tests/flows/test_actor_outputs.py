"""One node without its process: its questions, its messages, its crashes, and what a shadow leaves of them."""

from dataclasses import dataclass, replace

import pytest
from trial_node import AT, NOON, Config, Out, actor, give, lives, message, one, told

from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.graph import FlowNode
from wattwire.nodes import (
    Due,
    Emit,
    Fault,
    Node,
    Reply,
    Request,
    Status,
)
from wattwire.nodes.messages import Car, Plan, Tick, Token

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

    with pytest.raises(TypeError, match="one Request at a time"):
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
    assert sent.body.why.startswith("ValueError at test_actor_outputs.py:")
    assert "the-secret" not in sent.envelope.dumps().decode()


# Shadow and seed


@dataclass(frozen=True, kw_only=True)
class Bare:
    """A config without `shadow`."""


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
