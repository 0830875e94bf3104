"""What waits on an edge: over a restart, as the broker shows it, and never lost."""

import json
from typing import Any

import pytest
from edge_trial import NODES, NOON, Trial, flow, said, seconds, told
from hypothesis import given
from hypothesis import strategies as st

from wattwire.broker.envelope import begin
from wattwire.flows.engine.edges import COUNTS, Carrier
from wattwire.flows.engine.graph import Backoff, Edge, Flow


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


def test_what_waited_on_an_edge_that_is_gone_is_dropped_at_once_and_does_not_come_when_the_edge_is_back() -> None:
    old = Trial(after=Backoff(seconds(10)))
    old.take(0, "a")
    new = Carrier(flow(to="alarm.why", after=Backoff(seconds(10))), saved=old.carrier.snapshot())

    assert new.next_due() is None
    assert new.watch(NOON)
    assert new.due(NOON).changed
    assert new.changes() == {"edges": {old.name: None}}
    assert not new.watch(NOON)


@pytest.mark.parametrize("now", [{"every": seconds(10)}, {"times": 5, "spent": "alarm.why"}], ids=["every", "times"])
def test_an_edge_that_no_longer_waits_hands_over_at_once_what_waited(now: dict[str, Any]) -> None:
    edge = Trial(after=Backoff(seconds(10)))
    edge.take(0, "a")
    edge.flow = flow(**now)
    edge.reborn(1)

    assert edge.carrier.snapshot()["edges"][edge.name]["message"]  # still, should it die now
    assert edge.due(1) == ["plan.poll a"]
    assert edge.counts == {"followed": 1}
    assert edge.carrier.snapshot()["edges"][edge.name]["message"] is None
    assert edge.next is None


def test_so_does_one_that_has_become_plain_and_its_row_stays_until_then() -> None:
    old = Trial(after=Backoff(seconds(10)))
    old.take(0, "a")
    other = Edge("plan.failed", "alarm.why", after=Backoff(seconds(10)))
    now = Flow("f", NODES, (Edge("plan.failed", "plan.poll"), other))
    new = Carrier(now, saved=old.carrier.snapshot(), now=NOON)

    assert (list(new.edges), new.changes()) == (["plan.failed>alarm.why"], {"edges": {}})
    assert (new.next_due() or NOON) < NOON
    work = new.due(NOON)
    assert (told(work), work.changed, new.changes()) == (["plan.poll a"], True, {"edges": {old.name: None}})
    assert new.next_due() is None


@pytest.mark.parametrize(
    ("restarted", "due"),
    [(-10800, -10200), (-10200, -9600), (-3, 597), (-2, 600), (0, 600), (300, 600), (90000, 600)],
    ids=["at once", "later", "a little", "put right", "in the same second", "later, by a right clock", "a day later"],
)
def test_a_clock_set_back_while_the_process_was_dead_makes_nothing_wait_longer_than_was_meant(
    restarted: float, due: float
) -> None:
    edge = Trial(after=Backoff(seconds(600)), times=5, spent="alarm.why")
    edge.take(0, "a")
    edge.reborn(restarted)

    assert edge.next == due


def test_a_clock_set_back_is_told_to_the_journal_at_once_so_that_no_restart_begins_the_wait_anew() -> None:
    edge = Trial(after=Backoff(seconds(600)))
    edge.watch(0)
    edge.take(0, "a")
    journal = edge.carrier.changes()
    kept = [edge.watch(at) for at in (299, -10500, -10499)]
    journal["edges"] |= edge.carrier.changes()["edges"]

    assert kept == [False, True, False]
    for at in (-10400, -10300):
        edge.reborn(at, journal)
        assert edge.next == -10199  # 301 s after it was set back: 299 had passed


def test_what_was_put_right_at_a_restart_is_kept_once() -> None:
    edge = Trial(after=Backoff(seconds(600)))
    edge.take(0, "a")
    edge.reborn(-10800)

    assert [edge.watch(-10800), edge.watch(-10799)] == [True, False]


def test_a_journal_of_an_earlier_release_which_does_not_say_when_it_was_taken_goes_on() -> None:
    edge = Trial(after=Backoff(seconds(600)))
    edge.take(0, "a")
    journal = edge.carrier.snapshot()
    del journal["edges"][edge.name]["since"]
    edge.reborn(-10800, journal)

    assert edge.carrier.unread == []
    assert edge.due(600) == ["plan.poll a"]


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


def test_a_machine_without_a_clock_of_its_own_that_learns_the_time_later_hands_nothing_over_too_early() -> None:
    edge = Trial(after=Backoff(seconds(900)))
    edge.take(0, "a")
    edge.reborn(-1200)  # the clock as it was saved last
    edge.watch(-1200)

    assert edge.next == 900 - 1200
    edge.watch(180)  # and as the network tells it
    assert edge.next == 900
    edge.watch(3000)
    assert edge.due(3000) == ["plan.poll a"]


def test_a_clock_that_was_set_back_for_good_makes_nothing_wait_longer_though_it_is_set_a_little_later() -> None:
    edge = Trial(after=Backoff(seconds(900)))
    edge.take(0, "a")
    edge.reborn(-3600)
    edge.watch(-3600)
    edge.watch(-3480)

    assert edge.next == 900 - 3600 + 120
