"""A simulated GX that tells late what it took: its owner's schedule comes back all the same."""

from __future__ import annotations

import random

import pytest
from gx_pair import ID, Pair

from wattwire.nodes import Say, Stopping
from wattwire.nodes.gx_topics import FIELDS, slot_path


@pytest.mark.parametrize("late", FIELDS)
def test_a_gx_that_tells_late_what_it_took_does_not_keep_it(pair: Pair, late: str) -> None:
    """Given up on and let go before the GX tells what it took, it must be put back all the same."""
    person = {"Day": -7, "Start": 7200, "Duration": 5400, "Soc": 80, "AllowDischarge": 1}
    for name, value in person.items():
        pair.tell_gx(slot_path(4, name), value)
    pair.run(seconds=20)
    held, publish, topic = list[Say](), pair.publish, f"N/{ID}/{slot_path(4, late)}"
    pair.publish = lambda say: held.append(say) if say.topic == topic else publish(say)  # type: ignore[method-assign]
    pair.lease("charge", 30, soc=90)
    pair.run(seconds=9)
    pair.lease("release", 30)
    pair.run(seconds=1)
    pair.publish = publish  # type: ignore[method-assign]
    for say in held:
        pair.publish(say)
    pair.run(minutes=20)

    assert pair.slot() == person
    assert pair.gx.state.originals == person


@pytest.mark.parametrize("late", ["Start", "Soc", "AllowDischarge"])
def test_an_orderly_stop_puts_back_what_the_gx_has_not_told_yet(pair: Pair, late: str) -> None:
    for name, value in {"Start": 7200, "Duration": 5400, "Soc": 80, "AllowDischarge": 1}.items():
        pair.tell_gx(slot_path(4, name), value)
    pair.run(seconds=20)
    person, publish, topic = pair.slot(), pair.publish, f"N/{ID}/{slot_path(4, late)}"
    pair.publish = lambda say: None if say.topic == topic else publish(say)  # type: ignore[method-assign]
    pair.lease("charge", 30, soc=90)
    pair.run(seconds=1)
    pair.call(pair.gx, Stopping())

    assert pair.slot() == person


@pytest.mark.parametrize("seed", range(40))
def test_however_late_the_gx_tells_the_slot_is_its_owner_s_again_in_the_end(seed: int) -> None:
    chance, pair = random.Random(seed), Pair()
    for name, value in {"Start": 7200, "Duration": 5400, "Soc": 80, "AllowDischarge": 1}.items():
        pair.tell_gx(slot_path(4, name), value)
    pair.run(seconds=20)
    person, publish, held = pair.slot(), pair.publish, list[Say]()

    def late(say: Say) -> None:
        if held or (say.topic.startswith(f"N/{ID}/settings") and chance.random() < 0.2):
            held.append(say)  # and what comes after it waits too, as on one connection
        else:
            publish(say)

    def told() -> None:
        while held:
            publish(held.pop(0))

    pair.publish = late  # type: ignore[method-assign]
    for _ in range(30):
        match chance.randrange(5):
            case 0:
                pair.lease("charge", chance.randint(1, 50), soc=chance.choice([60, 90]))
            case 1:
                pair.lease("hold", chance.randint(1, 50))
            case 2:
                pair.lease("release", 10)
            case _:
                told()
        pair.run(seconds=chance.choice([0.1, 1, 3, 7, 20]))
    pair.publish = publish  # type: ignore[method-assign]
    told()
    pair.run(seconds=10)
    pair.lease("release", 10)
    pair.run(minutes=40)

    assert pair.slot() == person
    assert pair.gx.state.originals == person
