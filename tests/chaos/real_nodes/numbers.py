"""numbers: count, so many a second, until it is told to stop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wattwire.nodes import Due, Emit, Node, Now, Port, Ports, Started, Timer, volatile

from .bodies import Halt, Number

MOST = 10  # at once: what was not sent during a halt is not made up for


@dataclass(frozen=True, kw_only=True)
class Config:
    every: timedelta


@dataclass(frozen=True)
class State:
    n: int = 0
    ended: bool = False
    upto: Mapping[str, datetime] = volatile(dict)


class Out(Ports):
    number: Port[Number]
    ended: Port[Number]  # the last one there is


def count(
    cfg: Config, state: State, event: Started | Due, now: Now, *, halt: Halt | None
) -> tuple[State, list[Emit | Timer]]:
    if state.ended:
        return state, []
    if halt is not None and halt.on:
        return State(state.n, True), [Out.ended(Number("own", state.n, now))]
    since = min(state.upto.get("sent", now), now)  # the clock may have been set back
    number = max(0, min(MOST, (now - since) // cfg.every))
    upto = since + number * cfg.every if number < MOST else now
    sent = [Out.number(Number("own", state.n + i + 1, now)) for i in range(number)]
    return State(state.n + number, upto={"sent": upto}), [*sent, Timer("next", upto + cfg.every)]


NODE = Node("numbers", Config, Out, count, state=State)
