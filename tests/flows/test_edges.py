"""Edges that wait, count or hold back: a message and a time come in, what to hand over comes out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwire.broker.envelope import Envelope, begin
from wattwire.flows.engine.edges import COUNTS, Carrier, wait
from wattwire.flows.engine.graph import Backoff, Edge, Flow, FlowNode
from wattwire.flows.engine.work import Sent, Work
from wattwire.nodes import alarm, dispatch_fetcher, kraken_token

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NODES = {
    "plan": FlowNode("plan", dispatch_fetcher.NODE, dispatch_fetcher.Config(account="A-1")),
    "token": FlowNode("token", kraken_token.NODE, None),
    "alarm": FlowNode("alarm", alarm.NODE, alarm.Config()),
}


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def flow(**edge: Any) -> Flow:
    """One edge, from plan.failed to plan.poll unless said otherwise."""
    return Flow("f", NODES, (Edge(**{"source": "plan.failed", "to": "plan.poll", **edge}),))


class Trial:
    """An edge, at a time in seconds that the test says."""

    def __init__(self, chance: float = 0.0, **edge: Any) -> None:
        self.flow = flow(**edge)
        self.carrier = Carrier(self.flow, chance=lambda: chance)
        [self.name] = self.carrier.edges

    def take(self, at: float, message: Envelope | str, tried: int = 0) -> list[str]:
        if isinstance(message, str):
            message = said(message, at)
        if tried:
            message = replace(message, attempts={self.name: tried})
        return told(self.carrier.take(self.name, message, NOON + seconds(at)))

    def due(self, at: float) -> list[str]:
        return told(self.carrier.due(NOON + seconds(at)))

    def reborn(self) -> None:
        """The process died; its journal is JSON."""
        self.carrier = Carrier(self.flow, saved=json.loads(json.dumps(self.carrier.snapshot())))

    @property
    def next(self) -> float | None:
        at = self.carrier.next_due()
        return None if at is None else (at - NOON).total_seconds()

    @property
    def counts(self) -> dict[str, int]:
        return {k: n for k, n in self.carrier.edges[self.name].counts.items() if n}


def said(why: str, at: float = 0, **more: Any) -> Envelope:
    return begin("plan.failed", {"why": why, **more}, NOON + seconds(at), why)


def told(work: Work) -> list[str]:
    """`plan.poll a`: what is handed over, without the mirrors."""
    handed = [s for s in work.sent if s.topic and s.until is None]
    return [f"{s.topic.split('/')[2]}.{s.topic.split('/')[4]} {_why(s)}" for s in handed]


def _why(sent: Sent) -> str:
    return str(sent.envelope.body["why"]) if sent.envelope.body else "-"


def test_a_message_is_handed_over_that_much_later() -> None:
    edge = Trial(after=Backoff(seconds(10)))

    assert edge.take(0, "a") == []
    assert edge.next == 10
    assert edge.due(9.9) == []
    assert edge.due(10) == ["plan.poll a"]
    assert edge.next is None
    assert edge.due(20) == []


def test_a_waiting_edge_holds_one_message_and_a_newer_one_takes_its_place() -> None:
    edge = Trial(after=Backoff(seconds(10)))
    edge.take(0, "a")
    edge.take(5, "b")

    assert edge.due(10) == []
    assert edge.due(15) == ["plan.poll b"]
    assert edge.counts == {"followed": 1, "displaced": 1}


def test_a_retry_under_way_is_not_displaced_by_another_chain_s_failure() -> None:
    edge = Trial(after=Backoff(seconds(10)), times=5, spent="alarm.why")
    edge.take(0, "a")

    assert edge.take(5, "b") == []
    assert edge.due(10) == ["plan.poll a"]
    assert edge.counts == {"followed": 1, "dropped": 1}


@pytest.mark.parametrize(("tried", "waits"), [(0, 10), (1, 30), (2, 90), (3, 270), (4, 300)])
def test_a_retry_backs_off_by_its_attempts(tried: int, waits: float) -> None:
    edge = Trial(after=Backoff(seconds(10), 3, seconds(300)), times=5, spent="alarm.why")
    edge.take(0, "a", tried=tried)

    assert edge.next == waits


def test_followed_so_often_in_a_row_the_message_goes_to_spent() -> None:
    edge = Trial(after=Backoff(seconds(10)), times=5, spent="alarm.why")

    assert edge.take(0, "a", tried=4) == []
    assert edge.due(10) == ["plan.poll a"]
    assert edge.take(20, "a", tried=5) == ["alarm.why a"]
    assert edge.counts == {"followed": 1, "spent": 1}


def test_what_is_spent_may_be_tried_anew() -> None:
    edge = Trial(after=Backoff(seconds(10)), times=5, spent="alarm.why")
    work = edge.carrier.take(edge.name, replace(said("a"), attempts={edge.name: 5, "other>edge": 2}), NOON)

    assert work.sent[0].envelope.attempts == {"other>edge": 2}


def test_attempts_travel_with_the_message() -> None:
    edge = Trial(times=5, spent="alarm.why")
    work = edge.carrier.take(edge.name, replace(said("a"), attempts={edge.name: 2, "other>edge": 1}), NOON)

    assert work.sent[0].envelope.attempts == {edge.name: 3, "other>edge": 1}
    assert work.sent[0].envelope.edge == edge.name


def test_a_fresh_chain_neither_resets_nor_inherits_another_s_count() -> None:
    edge = Trial(after=Backoff(seconds(10), 3), times=3, spent="alarm.why")
    edge.take(0, "a", tried=2)
    edge.due(90)

    assert edge.take(100, "b") == []
    assert edge.next == 110
    edge.due(110)
    assert edge.take(200, "a", tried=3) == ["alarm.why a"]


def test_a_growing_wait_counts_without_times_too_and_never_ends() -> None:
    edge = Trial(after=Backoff(seconds(60), 2, seconds(900)))
    edge.take(0, "a", tried=7)

    assert edge.next == 900
    assert edge.carrier.edges[edge.name].waiting.message.attempts == {edge.name: 8}  # type: ignore[union-attr]


def test_a_fixed_wait_without_times_counts_nothing() -> None:
    edge = Trial(after=Backoff(seconds(60)))
    edge.take(0, "a")

    assert edge.carrier.edges[edge.name].waiting.message.attempts == {}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("at", "handed"), [(0.001, []), (299, []), (300, ["plan.poll b"]), (301, ["plan.poll b"]), (-1, ["plan.poll b"])]
)
def test_at_most_one_delivery_per_span_and_the_first_wins(at: float, handed: list[str]) -> None:
    edge = Trial(every=seconds(300))

    assert edge.take(0, "a") == ["plan.poll a"]
    assert edge.take(at, "b") == handed


def test_every_counts_from_the_last_delivery_not_from_what_was_held_back() -> None:
    edge = Trial(every=seconds(300))
    for at in (0, 200, 299):
        edge.take(at, "a")

    assert edge.take(300, "b") == ["plan.poll b"]
    assert edge.counts == {"followed": 2, "held_back": 2}


def test_what_waits_is_not_begun_anew_by_what_every_would_let_through() -> None:
    edge = Trial(after=Backoff(seconds(12)), every=seconds(10))
    handed = []
    for at in range(30):
        handed += edge.due(at)
        edge.take(at, str(at))

    assert handed == ["plan.poll 0", "plan.poll 12"]
    assert edge.counts == {"followed": 2, "held_back": 27}


def test_every_is_remembered_over_a_restart() -> None:
    edge = Trial(every=seconds(300))
    edge.take(0, "a")
    edge.reborn()

    assert edge.take(200, "b") == []
    assert edge.take(300, "c") == ["plan.poll c"]


def test_what_waits_survives_a_restart_with_its_count_and_its_time() -> None:
    edge = Trial(after=Backoff(seconds(10), 3), times=5, spent="alarm.why")
    edge.take(0, "ä", tried=1)
    before = edge.carrier.edges[edge.name].waiting
    edge.reborn()

    assert edge.carrier.edges[edge.name].waiting == before
    assert edge.due(29) == []
    assert edge.due(30) == ["plan.poll ä"]


def test_what_came_due_while_the_process_was_dead_is_handed_over_at_once() -> None:
    edge = Trial(after=Backoff(seconds(10)))
    edge.take(0, "a")
    edge.reborn()

    assert edge.due(9999) == ["plan.poll a"]


def test_a_journal_of_an_edge_that_is_gone_is_left_alone() -> None:
    old = Trial(after=Backoff(seconds(10)))
    old.take(0, "a")
    new = Carrier(flow(to="alarm.why", after=Backoff(seconds(10))), saved=old.carrier.snapshot())

    assert new.next_due() is None


def test_an_edge_that_no_longer_waits_forgets_what_waited() -> None:
    old = Trial(after=Backoff(seconds(10)))
    old.take(0, "a")
    new = Carrier(flow(every=seconds(10)), saved=old.carrier.snapshot())

    assert new.next_due() is None


@pytest.mark.parametrize(
    ("first", "retry_after", "waits"), [(10, 600, 600), (10, 3, 10), (10, None, 10), (10, "soon", 10), (10, 0.5, 10)]
)
def test_an_edge_never_delivers_before_the_time_that_a_fault_names(
    first: float, retry_after: Any, waits: float
) -> None:
    edge = Trial(after=Backoff(seconds(first)))
    edge.take(0, said("a", retry_after=retry_after))

    assert edge.next == waits


@pytest.mark.parametrize(("chance", "waits"), [(0.0, 100), (0.5, 105), (1.0, 110)])
def test_jitter_is_a_share_of_the_wait(chance: float, waits: float) -> None:
    assert wait(Backoff(seconds(100), jitter=0.1), 1, lambda: chance).total_seconds() == pytest.approx(waits)


@pytest.mark.parametrize(("attempt", "waits"), [(1, 11), (2, 22), (3, 30)])
def test_jitter_makes_no_wait_longer_than_the_most(attempt: int, waits: float) -> None:
    assert wait(Backoff(seconds(10), 2, seconds(30), 0.1), attempt, lambda: 1.0).total_seconds() == waits


def test_a_very_long_row_still_has_a_wait() -> None:
    assert wait(Backoff(seconds(1), 2), 5000, lambda: 0.0) == timedelta(days=365)


def test_a_secret_is_left_behind_and_only_the_nudge_waits() -> None:
    edge = Trial(source="token.token", after=Backoff(seconds(10)))
    secret = begin("token.token", {"token": "the-secret", "expires": "2026-11-20T13:00:00Z"}, NOON, "1")
    work = edge.carrier.take(edge.name, secret, NOON)

    assert work.sent[0].envelope.body is None
    assert "the-secret" not in json.dumps(edge.carrier.snapshot())
    assert edge.due(10) == ["plan.poll -"]


def test_a_mirror_says_what_waits_until_when_and_is_cleared_on_delivery() -> None:
    edge = Trial(after=Backoff(seconds(10)))
    topic = "wattwire/f/$waiting/plan.failed>plan.poll"
    [mirror] = edge.carrier.take(edge.name, said("a"), NOON).sent
    *_, cleared = edge.carrier.due(NOON + seconds(10)).sent

    assert (mirror.topic, mirror.retain, mirror.until) == (topic, True, NOON + seconds(10))
    assert (cleared.topic, cleared.clears) == ("", (topic,))


def test_several_edges_hand_over_the_longest_due_first() -> None:
    edges = (
        Edge("plan.failed", "plan.poll", after=Backoff(seconds(20))),
        Edge("plan.failed", "alarm.why", after=Backoff(seconds(10))),
    )
    carrier = Carrier(Flow("f", NODES, edges))
    for edge in edges:
        carrier.take(edge.name, said("a"), NOON)

    assert carrier.next_due() == NOON + seconds(10)
    assert told(carrier.due(NOON + seconds(60))) == ["alarm.why a", "plan.poll a"]


EDGES = st.fixed_dictionaries(
    {},
    optional={
        "after": st.builds(Backoff, st.integers(1, 60).map(seconds), st.sampled_from([1.0, 2.0, 3.0])),
        "every": st.integers(1, 120).map(seconds),
        "times": st.integers(1, 4),
    },
).filter(bool)


@given(EDGES, st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["take", "due", "reborn"]), st.integers(0, 4))))
def test_no_message_is_ever_lost_unaccounted(edge: dict[str, Any], steps: list[tuple[int, str, int]]) -> None:
    spent = {"spent": "alarm.why"} if "times" in edge else {}
    trial = Trial(0.0, **(edge | spent))
    now, taken = 0.0, 0
    for later, what, tried in steps:
        now += later
        if what == "take":
            taken += 1
            trial.take(now, f"m{taken}", tried=tried)
        elif what == "due":
            trial.due(now)
        else:
            trial.reborn()

    assert taken == sum(trial.counts.get(name, 0) for name in COUNTS) + (trial.next is not None)
