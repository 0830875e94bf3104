"""change: tell a message that brings something new from one that repeats what is known."""

import json
from dataclasses import dataclass

from . import Emit, Node, Port, Ports
from .field import field, number


@dataclass(frozen=True, kw_only=True)
class Config:
    field: str | None = None  # dotted path to what must differ; without it, the whole body
    by: float = 0.0  # a number that moved by less than this has not changed

    def __post_init__(self) -> None:
        if self.by < 0:
            raise ValueError("by must not be below 0")


class Out(Ports):
    changed: Port[object]  # also the first message ever
    same: Port[object]


@dataclass(frozen=True)
class State:
    last: str | None = None  # what was last told as changed, as JSON


def step(cfg: Config, state: State, body: object) -> tuple[State, Emit]:
    value = field(body, cfg.field)
    text = json.dumps(value, sort_keys=True)
    if state.last is not None and (text == state.last or _near(cfg, value, json.loads(state.last))):
        return state, Out.same(body)
    return State(text), Out.changed(body)


def _near(cfg: Config, value: object, last: object) -> bool:
    new, old = number(value), number(last)
    return new is not None and old is not None and (new == old or abs(new - old) < cfg.by)


NODE = Node("change", Config, Out, step, state=State)
