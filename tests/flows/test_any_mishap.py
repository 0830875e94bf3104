"""A small flow under every mishap that hypothesis can think of: nothing is lost, and nothing counts twice."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from numbered import Config, Noted, Number, Out, noting, relay
from processes import Bug, House

from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.graph import Backoff, Edge, Flow, FlowNode
from wattwire.flows.engine.outbox import Outbox
from wattwire.flows.engine.routes import EDGES
from wattwire.flows.engine.store import InHand, Store
from wattwire.nodes import Emit, Node, Port, Ports, Reply, Request, keep

POISON = 666
Durability = Literal["broker", "disk"]
BOTH: tuple[Durability, ...] = ("broker", "disk")
APART = 40.0  # seconds after which the broker has surely saved what it was given
DAY = 86400.0
AFTER = timedelta(seconds=7)


class Kept(Ports):
    out: Port[Number] = keep()


class Told(Ports):
    done: Port[Number]
    unknown: Port[Number]


def source(cfg: Config, never: object) -> None:
    return None


def delicate(cfg: Config, n: Number) -> Emit:
    if n.n == POISON:
        raise Bug
    return relay(cfg, n)


def count(cfg: Config, state: Noted, n: Number) -> tuple[Noted, Emit]:
    return noting(state, n), Kept.out(n)


def sink(cfg: Config, state: Noted, n: Number) -> tuple[Noted, None]:
    return noting(state, n), None


def recall(cfg: Config, state: Noted, go: object, *, last: Number | None) -> tuple[Noted, None]:
    return state, None


def ask(cfg: Config, n: Number) -> Request:
    return Request(method="POST", url=f"http://world/{n.n}", tag=str(n.n))


def read(cfg: Config, reply: Reply) -> Emit:
    return Told.unknown(Number(0)) if reply.unknown else Told.done(Number(1))


def flow(durability: Durability) -> Flow:
    """source > relay (keeps nothing) > count > sink; from count also > late (after a while), > recall, > asker."""
    kinds = {
        "source": Node("source", Config, Out, source),
        "relay": Node("relay", Config, Out, delicate),
        "count": Node("count", Config, Kept, count, state=Noted),
        "sink": Node("sink", Config, Out, sink, state=Noted),
        "late": Node("sink", Config, Out, sink, state=Noted),
        "recall": Node("recall", Config, Out, recall, state=Noted),
        "asker": Node("asker", Config, Told, ask, read, once=True),
        "unsure": Node("sink", Config, Out, sink, state=Noted),
    }
    edges = (
        Edge("source.out", "relay.n"),
        Edge("relay.out", "count.n"),
        Edge("count.out", "sink.n"),
        Edge("count.out", "late.n", after=Backoff(AFTER)),
        Edge("count.out", "recall.last"),
        Edge("count.out", "asker.n"),
        Edge("asker.unknown", "unsure.n"),
    )
    return Flow("f", {name: FlowNode(name, kind, Config()) for name, kind in kinds.items()}, edges,
                durability=durability)  # fmt: skip


NAMES = ("relay", "count", "sink", "late", "recall", "asker", "unsure")
NODES = st.sampled_from([EDGES, *NAMES])
RULES = ("go_on", "give", "die", "vanish", "cut", "unsaid", "connect", "broker", "wait", "poison")
WEIGHTS = (70, 8, 5, 3, 2, 2, 6, 1, 2, 0.2)
ACTS: dict[str, Callable[[House, str], None]] = {
    "deliver": House.deliver,
    "work": House.work,
    "confirm": House.confirm,
    "answer": House.answer,
}


class Mishaps(RuleBasedStateMachine):
    """What the world may do to the flow, in any order."""

    durability: Durability = "disk"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="mishaps"))
        self.house, self.given, self.poison = House(flow(self.durability), self.folder), 0, False
        self.died = dict.fromkeys(("node", "broker"), -DAY)  # when, in seconds

    def may_die(self, who: str) -> bool:
        """Where the broker keeps what is under way, either may die, but not a node and the broker at once."""
        other, now = "broker" if who == "node" else "node", self.house.passed
        if self.durability == "broker" and now - self.died[other] < APART:
            return False
        self.died[who] = now
        return True

    @rule(count=st.integers(1, 3))
    def give(self, count: int) -> None:
        for _ in range(count):
            self.given += 1
            self.house.give("source.out", {"n": self.given}, self.given)

    @precondition(lambda self: not self.poison)
    @rule()
    def give_poison(self) -> None:
        self.poison = True
        self.house.give("source.out", {"n": POISON}, POISON)

    @rule(name=NODES, acts=st.lists(st.sampled_from([*ACTS]), min_size=1, max_size=6))
    def go_on(self, name: str, acts: list[str]) -> None:
        with self.house.at_our_time():
            for act in acts:
                ACTS[act](self.house, name)

    @rule(rounds=st.integers(1, 4))
    def all_go_on(self, rounds: int) -> None:
        with self.house.at_our_time():
            for _ in range(rounds):
                for name in self.house.names:
                    for act in ACTS.values():
                        act(self.house, name)

    @rule(name=NODES, act=st.sampled_from([*ACTS]), steps=st.integers(0, 7))
    def die(self, name: str, act: str, steps: int) -> None:
        if not self.may_die("node"):
            return
        with self.house.at_our_time():
            self.house.kill_within(name, steps, lambda name: ACTS[act](self.house, name))
            self.house.connect(name)

    @rule(name=NODES)
    def vanish(self, name: str) -> None:
        if not self.may_die("node"):
            return
        self.house.kill(name)

    @rule(name=NODES)
    def break_connection(self, name: str) -> None:
        self.house.disconnect(name)

    @rule(name=NODES)
    def break_it_before_the_broker_can_say_so(self, name: str) -> None:
        self.house.take_unsaid(name)

    @rule(name=NODES)
    def connect(self, name: str) -> None:
        with self.house.at_our_time():
            self.house.connect(name)

    @rule()
    def kill_broker(self) -> None:
        if not self.may_die("broker"):
            return
        self.house.kill_broker()

    @rule(seconds=st.sampled_from([0.5, 3.0, 8.0, 40.0]))
    def wait(self, seconds: float) -> None:
        with self.house.at_our_time():
            self.house.wait(seconds)

    def teardown(self) -> None:
        try:
            with self.house.at_our_time():
                self.house.rest()
            assert wrong(self.house, self.given, self.poison) == []
        finally:
            self.house.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def test_a_repetition_is_let_go_only_when_what_the_first_led_to_is_taken(tmp_path: Path) -> None:
    house = House(flow("broker"), tmp_path)
    with house.at_our_time():
        house.give("source.out", {"n": 1}, 1)
        house.deliver("relay")
        house.disconnect("relay")
        house.work("relay")
        house.connect("relay")
        house.work("relay")
        house.kill("relay")
        house.rest()
    house.close()

    assert wrong(house, 1, poison=False) == []


def wrong(house: House, given: int, poison: bool) -> list[str]:
    """What should not be, when all has come to rest. A node that died three times of one input sets it aside."""
    told, everything = [], tuple(range(1, given + 1))
    aside = {it.message.body["n"] for it in house.aside if it.message}
    surely = set(everything) - aside
    for name in ("count", "sink", "late"):
        if list(noted(house, name)) != sorted(set(noted(house, name)) & set(everything)):
            told.append(f"{name} was given {noted(house, name)}")
    for name in ("count", "sink"):
        if lost := surely - set(noted(house, name)):
            told.append(f"{name} was never given {sorted(lost)}")
    carrier, counted = house.running[EDGES].actor, len(noted(house, "count"))
    if isinstance(carrier, Carrier) and not aside:
        counts, late = carrier.edges["count.out>late.n"].counts, noted(house, "late")
        if late[-1:] != everything[-1:]:
            told.append(f"the last to wait never came: {late}")
        if len(late) + counts["displaced"] != counted:
            told.append(f"{len(late)} came late and {counts['displaced']} were displaced, of {counted}")
    held = house.running["recall"].actor.snapshot()["held"].get("last")
    if given in surely and held != {"n": given}:
        told.append(f"recall remembers {held}")
    asked, unsure = [int(url.rpartition("/")[2]) for url in house.asked], len(noted(house, "unsure"))
    if len(set(asked)) != len(asked) or not set(asked) <= set(everything):
        told.append(f"asked {asked}")
    if len(asked) + unsure < len(surely):
        told.append(f"asked only {asked}, and {unsure} were not known")
    if poison != (POISON in aside):
        told.append(f"set aside: {sorted(aside)}")
    return told


def noted(house: House, name: str) -> tuple[int, ...]:
    actor = house.running[name].actor
    return actor.state.all if isinstance(actor, Actor) else ()


def test_nothing_is_lost_and_twice_does_no_harm_whatever_happens() -> None:
    run_state_machine_as_test(
        Mishaps,
        settings=settings(max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=[*HealthCheck]),
    )


@pytest.mark.parametrize("durability", BOTH)
@pytest.mark.parametrize("seed", range(30))
def test_nor_in_a_longer_life(seed: int, durability: Durability) -> None:
    assert life(seed, durability) == []


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("durability", BOTH)
def test_nor_in_many(durability: Durability) -> None:
    assert {seed: told for seed in range(1000, 1500) if (told := life(seed, durability))} == {}


def life(seed: int, durability: Durability) -> list[str]:
    """Some hundred things that happen, most of them ordinary; what was wrong in the end."""
    Mishaps.durability = durability
    random, machine = Random(seed), Mishaps()
    try:
        for _ in range(300):
            name = random.choice([EDGES, *NAMES])
            match random.choices(RULES, WEIGHTS)[0]:
                case "give":
                    machine.give(1)
                case "poison" if not machine.poison:
                    machine.give_poison()
                case "go_on":
                    machine.go_on(name, random.choices([*ACTS], (3, 3, 2, 1), k=3))
                case "die":
                    machine.die(name, random.choice([*ACTS]), random.randrange(7))
                case "vanish":
                    machine.vanish(name)
                    machine.connect(name)
                case "cut":
                    machine.break_connection(name)
                case "unsaid":
                    machine.break_it_before_the_broker_can_say_so(name)
                case "connect":
                    machine.connect(name)
                case "broker":
                    machine.kill_broker()
                case "wait":
                    machine.wait(random.choice((0.5, 3.0, 8.0, 40.0)))
        with machine.house.at_our_time():
            machine.house.rest()
        return wrong(machine.house, machine.given, machine.poison)
    finally:
        machine.house.close()
        shutil.rmtree(machine.folder, ignore_errors=True)


# It can fail: each part of the promise, broken on purpose


def forgets_what_it_has_seen(it: pytest.MonkeyPatch) -> None:
    it.setattr("wattwire.flows.engine.seen.Seen.__contains__", lambda self, key: False)


def forgets_over_a_restart_what_it_has_seen(it: pytest.MonkeyPatch) -> None:
    it.setattr(Store, "seen", lambda self: [])


def sends_nothing_again(it: pytest.MonkeyPatch) -> None:
    it.setattr(Outbox, "replay", lambda self: setattr(self, "open", True))


def forgets_over_a_restart_what_it_owes(it: pytest.MonkeyPatch) -> None:
    it.setattr(Store, "owed", lambda self: [])


def forgets_what_the_broker_may_not_have_saved(it: pytest.MonkeyPatch) -> None:
    it.setattr("wattwire.flows.engine.outbox.SURE", 0.0)


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


def forgets_that_it_was_asking(it: pytest.MonkeyPatch) -> None:
    it.setattr(Store, "was_asking", lambda self: None)


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
