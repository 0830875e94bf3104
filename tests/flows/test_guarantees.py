"""What the README promises of messages, with the fault injected for real: processes killed, the broker killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rig import Rig

from wattwire.broker.envelope import begin
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.store import Store

pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,  # the embedded broker cannot keep these promises
]

OWN = Path(__file__).parents[1] / "support" / "nodes"

CHAIN = """
flow: chain
nodes:
  first:  {type: switch, config: {field: n, above: -1}}
  second: {type: fragile, config: {breaks_at: BREAKS}}
  last:   {type: ledger}
edges:
  - {from: first.yes, to: second.body}
  - {from: second.passed, to: last.body, after: 20ms, times: 1, spent: last.body}
  - {from: second.crashed, to: last.body}
ends: [first.no, first.unknown, last.total]
"""

PLAIN = CHAIN.replace(", after: 20ms, times: 1, spent: last.body", "").replace(
    "  - {from: second.crashed, to: last.body}\n", ""
)


@pytest.fixture
def rigs() -> Iterator[list[Rig]]:
    made: list[Rig] = []
    yield made
    for rig in made:
        rig.stop()


def rig(rigs: list[Rig], text: str, breaks: int = -1) -> Rig:
    made = Rig(load_text(text.replace("BREAKS", str(breaks)), nodes_dirs=[OWN]))
    rigs.append(made)
    made.start()
    return made


def numbered(made: Rig, numbers: range, owed: dict[int, bytes]) -> None:
    """Publish as a source does: what the broker may not have saved is owed until it surely has."""
    for n in numbers:
        message = begin("source.out", {"n": n}, datetime.now(UTC), str(n)).dumps()
        owed[n] = message
        made.link.publish("wattwire/chain/first/in/body", message)


def total(made: Rig) -> dict[str, int]:
    said = made.bodies("last.total")
    return {"numbers": said[-1]["numbers"], "twice": said[-1]["twice"]} if said else {"numbers": 0, "twice": 0}


def test_no_message_is_lost_and_none_counts_twice_while_every_process_and_the_broker_are_killed(
    rigs: list[Rig],
) -> None:
    made, owed = rig(rigs, PLAIN), dict[int, bytes]()

    numbered(made, range(500), owed)
    for name in ("first", "second", "last"):
        made.until(lambda: total(made)["numbers"] > 50)
        made.kill(name)
        numbered(made, range(len(owed), len(owed) + 500), owed)
        made.start(name)
    made.break_broker()
    made.until(lambda: all(seats(made, name) >= 2 for name in made.pids))
    for name in made.pids:
        made.say(name, {"go": True})
    for message in owed.values():  # the source's outbox
        made.link.publish("wattwire/chain/first/in/body", message)
    numbered(made, range(len(owed), len(owed) + 500), owed)
    made.until(lambda: total(made)["numbers"] >= len(owed), limit=30)

    assert total(made) == {"numbers": 2500, "twice": 0}


def seats(made: Rig, name: str) -> int:
    return sum("seated" in told for told in made.told[name])


def test_an_input_that_kills_its_node_is_set_aside_after_three_tries_and_the_rest_goes_on(rigs: list[Rig]) -> None:
    made = rig(rigs, PLAIN.replace("ends: [", "ends: [second.crashed, "), breaks=3)

    for n in range(6):
        made.send("first.body", {"n": n})
    for _ in range(3):
        made.until(lambda: not made.alive("second"))
        made.reap("second")
        made.start("second")
    made.until(lambda: total(made)["numbers"] == 5)
    made.until(lambda: len(made.bodies("second.crashed")) == 1)
    aside = [json.loads(m.payload) for m in made.heard if m.topic == "wattwire/chain/second/$aside"]

    assert made.bodies("second.crashed")[0]["why"].startswith("RuntimeError at fragile.py:")
    assert [(a["count"], a["inputs"][0]["port"]) for a in aside] == [(1, "body")]
    assert not any(b"sk_live_secret" in m.payload for m in made.heard)


def test_what_was_set_aside_can_be_seen_and_is_handed_in_again_when_a_person_says_so(rigs: list[Rig]) -> None:
    made = rig(rigs, PLAIN)

    numbered(made, range(3), {})
    made.until(lambda: total(made)["numbers"] == 3)
    made.kill("last")
    store = Store(made.folder / "last.db")
    store.set_aside("2026-11-21T12:00:00Z", "body", begin("x.y", {"n": 4}, datetime.now(UTC), "4").dumps(), "a bug")
    store.close()
    made.start("last")
    made.say("last", {"again": None})
    made.until(lambda: total(made)["numbers"] == 4)
    made.until(lambda: any(m.topic == "wattwire/chain/last/$aside" for m in made.heard))
    made.kill("last")  # its file is its own

    assert Store(made.folder / "last.db").aside() == []


def test_a_waiting_message_outlives_its_carrier_and_the_broker(rigs: list[Rig]) -> None:
    made = rig(rigs, CHAIN.replace("after: 20ms", "after: 2s"))

    made.send("first.body", {"n": 7})
    made.until(lambda: any(m.topic.startswith("wattwire/chain/$waiting/") and m.payload for m in made.heard))
    made.kill("edges")
    made.break_broker()
    made.start("edges")
    for name in ("first", "second", "last"):
        made.until(lambda name=name: seats(made, name) >= 2)  # type: ignore[misc]
        made.say(name, {"go": True})
    made.until(lambda: total(made)["numbers"] == 1)

    assert total(made) == {"numbers": 1, "twice": 0}


def test_what_is_remembered_comes_before_what_triggers_and_old_news_triggers_nothing_twice(rigs: list[Rig]) -> None:
    made = rig(rigs, PLAIN)

    made.send("first.body", {"n": 1})
    made.until(lambda: total(made)["numbers"] == 1)
    made.kill("last")
    made.start("last")
    made.send("first.body", {"n": 2})
    made.until(lambda: total(made)["numbers"] == 2)

    assert total(made)["twice"] == 0


@pytest.mark.parametrize("qos", [0, 1])
def test_a_bare_body_counts_as_often_as_it_is_sent_and_not_again_when_it_is_read_as_retained(
    rigs: list[Rig], qos: int
) -> None:
    made = rig(rigs, PLAIN)

    for _ in range(3):
        made.link.publish("wattwire/chain/first/in/body", b'{"n": 7}', retain=True, qos=qos)
    made.until(lambda: total(made)["twice"] == 2)
    made.link.publish("wattwire/chain/last/in/body", b'{"n": 8}', retain=True, qos=qos)
    made.until(lambda: total(made)["numbers"] == 2)
    made.kill("last")
    made.start("last")
    made.send("last.body", {"n": 9})
    made.until(lambda: total(made)["numbers"] == 3)

    assert total(made)["twice"] == 2


def test_a_bare_body_and_an_envelope_both_go_in_by_hand_and_rubbish_harms_nothing(rigs: list[Rig]) -> None:
    made = rig(rigs, PLAIN)

    made.link.publish("wattwire/chain/first/in/body", b"\xff not json")
    made.link.publish(
        "wattwire/chain/first/in/body", json.dumps({"id": 1, "from": "x", "at": "noon", "body": 1}).encode()
    )
    made.send("first.body", {"n": 1})
    numbered(made, range(2, 3), {})
    made.until(lambda: total(made)["numbers"] == 2)

    assert made.alive("first")
