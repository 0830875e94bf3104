"""An engine that breaks a part of the promise of each message, on purpose: some mishap shows it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from mishaps import life
from numbers_flow import BOTH

from wattwire.flows.engine.inhand import InHand
from wattwire.flows.engine.outbox import Outbox
from wattwire.flows.engine.store import Store


def forgets_what_it_has_seen(it: pytest.MonkeyPatch) -> None:
    it.setattr("wattwire.flows.engine.seen.Seen.__contains__", lambda self, key: False)


def forgets_over_a_restart_what_it_has_seen(it: pytest.MonkeyPatch) -> None:
    it.setattr(Store, "seen", lambda self: [])


def forgets_over_a_restart_what_it_owes(it: pytest.MonkeyPatch) -> None:
    it.setattr(Store, "owed", lambda self: [])


def forgets_what_the_broker_may_not_have_saved(it: pytest.MonkeyPatch) -> None:
    it.setattr("wattwire.flows.engine.outbox.SURE", 0.0)


def forgets_that_it_was_asking(it: pytest.MonkeyPatch) -> None:
    it.setattr(Store, "was_asking", lambda self: None)


def sends_nothing_again(it: pytest.MonkeyPatch) -> None:
    it.setattr(Outbox, "replay", lambda self: setattr(self, "open", True))


def acknowledges_before_its_outputs_are_taken(it: pytest.MonkeyPatch) -> None:
    def send(self: Outbox, owed: list[Any], done: Callable[[], None]) -> None:
        done()
        real(self, owed, lambda: None)

    real = Outbox.send
    it.setattr(Outbox, "send", send)


def keeps_its_state_in_memory(it: pytest.MonkeyPatch) -> None:
    it.setattr(Store, "snapshot", lambda self: None)


def gives_messages_new_ids(it: pytest.MonkeyPatch) -> None:
    numbers = itertools.count()
    it.setattr("wattwire.broker.envelope.derived", lambda *of: f"id{next(numbers)}")


def counts_no_tries(it: pytest.MonkeyPatch) -> None:
    it.setattr(InHand, "take", lambda self, key: 1)


Break = Callable[[pytest.MonkeyPatch], None]
BROKEN: list[Break] = [
    forgets_what_it_has_seen,
    forgets_over_a_restart_what_it_has_seen,
    sends_nothing_again,
    forgets_over_a_restart_what_it_owes,
    forgets_what_the_broker_may_not_have_saved,
    acknowledges_before_its_outputs_are_taken,
    keeps_its_state_in_memory,
    gives_messages_new_ids,
    forgets_that_it_was_asking,
    counts_no_tries,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda it: it.__name__)
def test_it_is_noticed_if_an_engine(broken: Break, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)

    assert any(life(seed, durability) for seed in range(40) for durability in BOTH)
