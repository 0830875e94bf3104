"""What goes wrong on the way and inside: said line by line in a script, or left to chance and a seed.

Chance is taken from the message itself and the seed, not from what came before: a shorter script has the same mishaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from wattwire.broker.envelope import instant, stamp

from .durations import duration, share, spell
from .graph import Flow
from .reasons import unknown
from .replies import ODD, Given, given
from .routes import EDGES

KINDS = ("mishaps", "delay", "double", "link", "clock")
STEPS = ("before", "within", "asked", "kept", "torn", "sent")
"""Where a node may die: before it takes a message; in the call, of which nothing is kept; when it asked over HTTP and
had no answer yet; when its state is kept and nothing has left; when it has done half of what it is to do to its
devices; when all has left and the message is not acknowledged."""
NOW = timedelta()


@dataclass(frozen=True, kw_only=True)
class Chance:
    """What befalls messages, nodes and calls between two times, and how often."""

    seed: int
    late: float = 0.0  # share of the messages, on their way to each receiver
    by: timedelta = timedelta(seconds=5)  # at most
    double: float = 0.0  # share that comes once more
    again: timedelta = timedelta(minutes=1)  # later at most
    crash: float = 0.0  # share of the messages that their receiver dies of working on
    away: timedelta = NOW  # at most, before it is started again
    answers: float = 0.0  # share of the calls that are answered oddly
    sparing: tuple[str, ...] = ()  # nodes

    def hit(self, likely: float, node: str, what: str) -> float | None:
        """Between 0 and 1 where chance has it so."""
        if not likely or node in self.sparing:
            return None
        drawn = int.from_bytes(blake2b(f"({self.seed}, {what})".encode(), digest_size=8).digest()) / 2**64
        return drawn / likely if drawn < likely else None


@dataclass
class Mishaps:
    """Those that are due. `happened` tells what chance did, as lines of a script that need no chance."""

    chances: list[Chance] = field(default_factory=list)
    delays: dict[str, list[timedelta]] = field(default_factory=dict)
    doubles: dict[str, list[timedelta]] = field(default_factory=dict)
    crashes: dict[str, list[tuple[str, timedelta]]] = field(default_factory=dict)
    happened: list[dict[str, Any]] = field(default_factory=list)

    def late(self, edges: Sequence[str], node: str, id: str, now: datetime) -> timedelta:
        """How much later than at once a message comes to a node."""
        for edge in edges if self.delays else ():
            if waiting := self.delays.get(edge):
                return waiting.pop(0)
        for chance in self.chances:
            if (drawn := chance.hit(chance.late, node, f"'late', {id!r}, {node!r}")) is not None:
                by = _rounded(chance.by * drawn)
                self._note(now, delay=edges[0], by=spell(by))
                return by
        return NOW

    def again(self, edges: Sequence[str], node: str, id: str, now: datetime) -> timedelta | None:
        """How much later a message comes once more, if it does."""
        for edge in edges if self.doubles else ():
            if waiting := self.doubles.get(edge):
                return waiting.pop(0)
        for chance in self.chances:
            if (drawn := chance.hit(chance.double, node, f"'double', {id!r}, {node!r}")) is not None:
                by = _rounded(chance.again * drawn)
                self._note(now, double=edges[0], by=spell(by))
                return by
        return None

    def death(self, node: str, id: str, tries: int, now: datetime) -> tuple[str, timedelta]:
        """At which step of the work on a message its node dies, and how long it is away; no step: it lives."""
        if waiting := self.crashes.get(node):
            return waiting.pop(0)
        for chance in self.chances:
            if (drawn := chance.hit(chance.crash, node, f"'crash', {id!r}, {node!r}, {tries}")) is not None:
                step, away = STEPS[int(drawn * len(STEPS))], _rounded(chance.away * (drawn * 997 % 1))
                self._note(now, crash=node, step=step, **{"for": spell(away)})
                return step, away
        return "", NOW

    def answer(self, node: str, number: int, now: datetime) -> Given | None:
        """An odd answer to a node's call."""
        for chance in self.chances:
            if (drawn := chance.hit(chance.answers, node, f"'answer', {node!r}, {number}")) is not None:
                said = ODD[int(drawn * len(ODD))]
                self._note(now, reply={"node": node, **said}, once=True)
                return given(said)
        return None

    def do(self, said: Mapping[str, Any]) -> None:
        """A line of a script that orders one of these."""
        if "delay" in said:
            self.delays.setdefault(said["delay"], []).append(duration(said["by"]))
        elif "double" in said:
            self.doubles.setdefault(said["double"], []).append(duration(said.get("by", "0s")))
        elif "crash" in said:
            order = said.get("step", "before"), duration(said.get("for", "0s"))
            self.crashes.setdefault(said["crash"], []).append(order)

    def _note(self, at: datetime, **said: Any) -> None:
        self.happened.append({"at": stamp(at), **said})


def chance(said: Mapping[str, Any]) -> Chance:
    """`mishaps` as a script has it. Raises ValueError."""
    if not isinstance(said, dict) or not isinstance(said.get("seed"), int):
        raise ValueError("mishaps must be an object with a seed, which is a number")
    shares = {"late", "double", "crash", "answers"}
    spans = {"by", "again", "away"}
    if odd := said.keys() - shares - spans - {"seed", "sparing"}:
        raise ValueError(f"no such key of mishaps: {', '.join(sorted(odd))}")
    read: dict[str, Any] = {name: share(text) for name, text in said.items() if name in shares}
    read |= {name: duration(text) for name, text in said.items() if name in spans}
    return Chance(seed=said["seed"], sparing=tuple(said.get("sparing", ())), **read)


def wrong_with(said: Mapping[str, Any], kind: str, flow: Flow) -> None:
    """Raises ValueError for a line that orders what cannot be."""
    if kind == "mishaps":
        if odd := [node for node in chance(said["mishaps"]).sparing if node not in [*flow.nodes, EDGES]]:
            raise ValueError(unknown("node", str(odd[0]), [*flow.nodes, EDGES]))
    elif kind in ("delay", "double"):
        if said[kind] not in [edge.name for edge in flow.edges]:
            raise ValueError(f"no edge {said[kind]}; an edge is from>to, as in the flow")
        duration(said.get("by", "0s" if kind == "double" else None))
    elif kind in ("link", "crash"):
        if said[kind] not in [*flow.nodes, EDGES]:
            raise ValueError(unknown("node", str(said[kind]), [*flow.nodes, EDGES]))
        duration(said.get("for", "0s" if kind == "crash" else None))
        if said.get("step", STEPS[0]) not in STEPS:
            raise ValueError(f"step must be one of {', '.join(STEPS)}")
    elif kind == "clock":
        ahead(said["clock"])
    until = said.get("until")
    if until is not None and (not isinstance(until, str) or instant(until) < instant(said["at"])):
        raise ValueError(f"until is not a later time: {until}")


def ahead(said: Any) -> timedelta:
    """`+1h`, `-90s`; `0s` is right."""
    if not isinstance(said, str) or not said:
        raise ValueError("clock must be a duration such as +1h or -90s, by which it is ahead; 0s is right")
    return -duration(said[1:]) if said[0] == "-" else duration(said.removeprefix("+"))


def _rounded(span: timedelta) -> timedelta:
    return timedelta(milliseconds=round(span.total_seconds() * 1000))
