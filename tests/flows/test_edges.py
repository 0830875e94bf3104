"""Edges that wait, count or hold back: a message and a time come in, what to hand over comes out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from edge_trial import NODES, NOON, Trial, said, seconds, told

from wattwire.flows.engine.edges import Carrier, wait
from wattwire.flows.engine.graph import Backoff, Edge, Flow
from wattwire.flows.engine.inputs import Input
from wattwire.flows.engine.routes import Route


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


def test_what_came_along_an_edge_before_it_was_plain_is_handed_over_as_what_its_node_may_have_heard_itself() -> None:
    carrier = Carrier(Flow("f", NODES, (Edge("plan.failed", "plan.poll"),)))
    work = carrier.take("plan.failed>plan.poll", message := said("a"), NOON)
    directly = Input(message, Route("plan.failed>plan.poll", "poll"))
    handed_over = Input(work.sent[0].envelope, Route("", "poll"))

    assert told(work) == ["plan.poll a"]
    assert handed_over.key == directly.key
