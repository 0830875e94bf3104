"""The life of a small flow, in which anything may happen at any time: as rules of hypothesis, and as a seed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from numbers_flow import NAMES, POISON, Durability, flow, wrong
from processes import House

from wattwire.flows.engine.routes import EDGES

APART = 40.0  # seconds after which the broker has surely saved what it was given
DAY = 86400.0
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

    def __init__(self, durability: Durability = "disk") -> None:
        super().__init__()
        self.durability = durability
        self.folder = Path(tempfile.mkdtemp(prefix="mishaps"))
        self.house, self.given, self.poison = House(flow(durability), self.folder), 0, False
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
            told = wrong(self.house, self.given, self.poison)
            assert not told, told
        finally:
            self.house.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def life(seed: int, durability: Durability) -> list[str]:
    """Some hundred things that happen, most of them ordinary; what was wrong in the end."""
    random, machine = Random(seed), Mishaps(durability)
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
