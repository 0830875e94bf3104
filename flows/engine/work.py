"""What a call of a node led to: messages to publish, a question to ask, actions to take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from wattwire.broker.envelope import Envelope
from wattwire.nodes import Request
from wattwire.nodes.linked import Action


@dataclass(slots=True)
class Sent:
    """A message to publish. `clears` are the retained topics that it puts an end to."""

    topic: str
    envelope: Envelope
    body: object  # as the node made it: a trace masks its secrets
    retain: bool = False
    clears: tuple[str, ...] = ()
    until: datetime | None = None  # of a waiting message's mirror


@dataclass(frozen=True, slots=True)
class Asking:
    """An HTTP call that is under way for an input; hand its reply to `Actor.resume`."""

    request: Request
    cause: Envelope
    sent: int = 0  # messages of this input so far: they number the next ones


@dataclass(slots=True)
class Work:
    """What a call led to. All of it is kept together or not at all."""

    sent: list[Sent] = field(default_factory=list)
    asking: Asking | None = None
    actions: list[Action] = field(default_factory=list)
    changed: bool = False  # the durable part of the state, or a remembered value
    held: bool = False  # an adapter has it in hand, and will say when it is done with it


@dataclass(slots=True, eq=False)
class Owed:
    """A message that has left the node and must reach the broker, surely."""

    number: int
    topic: str
    payload: bytes
    retain: bool
    sent_at: float | None = None  # when the broker said it has it; monotonic seconds
    done: Callable[[], None] | None = None  # to be called then


def where(wrong: BaseException) -> str:
    """Which bug, and where: its text is left out, as it may quote a secret."""
    place, trace = "", wrong.__traceback__
    while trace is not None:
        place = f" at {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(wrong).__name__}{place}"
