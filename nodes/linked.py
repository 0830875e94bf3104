"""Events and actions of the few nodes that live beside a connection or a timer. Their functions stay pure.

A node that declares a parameter of type `Event | None` is called with each event; besides `Emit` it may return actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from .calls import Json, Reply, Secret

# Events: what happens to a node besides messages. Nobody changes one; those that come and go by the thousand are not
# watched for that, as it would triple what it costs to make one.


@dataclass(frozen=True)
class Started:
    """The node's process is ready; also after a crash. Durable state is back, volatile state is empty."""


@dataclass(frozen=True)
class Stopping:
    """An orderly stop: the last call, to release what is held."""


@dataclass(frozen=True)
class Linked:
    """The connection that the node dialled came up or went down."""

    up: bool
    why: str = ""
    denied: bool = False  # it went down because the broker refuses who we are: asking again soon does no good


@dataclass(unsafe_hash=True)
class Heard:
    """A message on the dialled broker."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(unsafe_hash=True)
class Due:
    """A timer that the node set has come."""

    name: str


@dataclass(frozen=True)
class Asked:
    """An HTTP request to a node that serves HTTP (a simulator). It is answered with exactly one `Answer`."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    json: Json = None
    form: Mapping[str, str] = field(default_factory=dict)


Event: TypeAlias = Started | Stopping | Linked | Heard | Due | Asked

# Actions: what a node may want besides emitting.


@dataclass(unsafe_hash=True)
class Say:
    """Publish on the dialled broker, at most once. Bytes go as they are, all else as JSON."""

    topic: str
    payload: object
    retain: bool = False


@dataclass(frozen=True)
class Listen:
    """Subscribe on the dialled broker; again after every `Linked(up=True)`."""

    filter: str


@dataclass(frozen=True)
class Will:
    """What the dialled broker should publish if our connection dies. A changed will reconnects; None has no will."""

    say: Say | None


@dataclass(unsafe_hash=True)
class Timer:
    """Call me with `Due(name)` at this time; None forgets the timer. A timer of the same name is replaced."""

    name: str
    at: datetime | None


@dataclass(frozen=True)
class Answer:
    """The reply to the `Asked` in hand."""

    reply: Reply


@dataclass(frozen=True)
class Status:
    """What people should read on the node's `$status`."""

    text: str
    fill: str = "green"  # green, yellow or red


Action: TypeAlias = Say | Listen | Will | Timer | Answer | Status


@dataclass(frozen=True, kw_only=True)
class Dial:
    """The broker to connect to beside the flow's own; `mqtt://flow` is the flow's own."""

    url: str  # mqtt://host:1883 or mqtts://host:8883
    user: str | None = None
    password: Secret | None = None
    keepalive: int = 5  # seconds; short, as the will is executed after it
    ca: str | None = None  # path of a PEM to trust, or of the pinned certificate
    verify_hostname: bool = True
    insecure: bool = False  # no verification at all; said in the log


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Where a node that answers HTTP listens; port 0 takes a free one. Others reach it as `http://<node>.flow`."""

    host: str = "127.0.0.1"
    port: int = 0
