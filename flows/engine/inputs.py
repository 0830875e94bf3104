"""What comes to a node, and what is left of it when it has been worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from wattwire.broker.envelope import Envelope
from wattwire.nodes import Event, Heard
from wattwire.nodes.linked import Action

from .routes import Route
from .work import Owed, Sent, Work

MANY = 5000  # inputs that wait


@dataclass(slots=True)
class Input:
    """A message on its way into an in port, or an event."""

    message: Envelope | None = None
    route: Route | None = None
    event: Event | None = None
    topic: str = ""
    payload: bytes = b""
    again: bool = False  # the broker says that it has delivered this before
    done: Callable[[], None] = lambda: None  # acknowledges it
    lay: int = 0  # it was set aside under this number: a person hands it in again, and nobody else will
    acts: Callable[[list[Action]], None] | None = None
    arrived: float = field(default_factory=monotonic)
    taken: bool = False  # it waits no more
    key: str = field(init=False, default="")  # by which a repetition is known
    line: str = field(init=False, default="")  # the edge into the port that it came along

    def __post_init__(self) -> None:
        if self.message is not None and self.route is not None:
            self.line = self.route.line if self.route.edge else f"{self.message.edge}|{self.route.port}"
            self.key = f"{self.message.id}|{self.line}"
            if self.lay:
                self.line = ""  # no edge of the flow: it comes once


def known(id: str, route: Route) -> str:
    """The key of a body from outside."""
    return f"{id}|{route.line}"


class Queue(deque[Input]):
    """What waits to be worked on. When a connection was lost the broker delivers again what waits here already."""

    _before: dict[str, Input] | None = None  # what waited when the connection was lost

    def lost(self) -> None:
        self._before = None

    def put(self, it: Input) -> None:
        if it.again:
            if self._before is None:
                self._before = {known.key: known for known in self if known.message is not None}
            known = self._before.pop(it.key, None)
            if known is not None and not known.taken:
                known.done = it.done  # that of the connection before is void
                return
        self.append(it)


def thin(queue: deque[Input], heard: Heard) -> None:
    """Nobody has listened for long, as the broker or the disk is away: of what is heard, the newest counts."""
    if len(queue) < MANY:
        return
    others = [n for n, it in enumerate(queue) if isinstance(it.event, Heard)]
    same = (n for n in others if getattr(queue[n].event, "topic", "") == heard.topic)
    if (first := next(same, others[0] if others else None)) is not None:
        del queue[first]


@dataclass(slots=True)
class Done:
    """An input that was worked on, with what is to be kept of it."""

    it: Input
    work: Work
    sent: list[Sent]
    owed: list[Owed]
    snapshot: dict[str, Any] | None
    why: str = ""  # it was given up: kept where a person can see it
