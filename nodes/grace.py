"""grace: let nothing pass in the first minutes after a start, as what is missing then may still be on its way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import Emit, Node, Now, Port, Ports, Started


@dataclass(frozen=True, kw_only=True)
class Config:
    lasts: timedelta = timedelta(minutes=15)  # counted from a start, and from a restart too


class Out(Ports):
    passed: Port[object]


@dataclass(frozen=True)
class State:
    started: datetime | None = None


def step(cfg: Config, state: State, event: Started | None, body: object, now: Now) -> tuple[State, Emit | None]:
    if isinstance(event, Started):
        return State(now), None
    early = state.started is not None and timedelta() <= now - state.started < cfg.lasts
    return state, None if early else Out.passed(body)


NODE = Node("grace", Config, Out, step, state=State)
