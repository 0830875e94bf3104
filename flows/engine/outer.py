"""The other broker that a node dials, on the node's own loop: if that hangs, the pings end and the will is executed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from wattwire.broker.connection import DENIED
from wattwire.broker.link import Link, Message
from wattwire.broker.will import Will as LinkWill
from wattwire.nodes import Dial, Event, Heard, Linked, Listen, Say, Will
from wattwire.nodes.linked import Action

from .dialled import payload
from .inputs import Input

FLOW = "mqtt://flow"
HANGS = 10.0  # seconds that an input may wait; then the node is not in control of what it leased


class Outer:
    """Speaks for a node's `Say`, `Listen` and `Will`; what it hears goes to `happen`."""

    def __init__(
        self,
        dial: Dial,
        flow_broker: str,
        client: str,
        happen: Callable[[Event], None],
        queue: deque[Input] | None = None,
    ) -> None:
        self._queue: deque[Input] = deque() if queue is None else queue
        self._strange = dial.url != FLOW
        self._url, self._client, self._keepalive = where(dial, flow_broker), client, dial.keepalive
        self._happen = happen
        self._will: Say | None = None
        self._link = self._dialled(None)

    def _dialled(self, will: Say | None) -> Link:
        last = LinkWill(will.topic, payload(will), will.retain) if will else None
        link = Link(self._url, self._client, on_up=self._up, on_down=self._down, on_message=self._heard, will=last,
                    clean=True, keepalive=self._keepalive, counted=self._strange)  # fmt: skip
        link.connect()
        return link

    def step(self) -> None:
        """What there is to do now; never waits. While the node does not keep up nothing is done, not even a ping."""
        if not self.hangs:
            self._link.step(0)

    def fds(self) -> list[int]:
        return [] if self.hangs else self._link.fds()

    @property
    def hangs(self) -> bool:
        """The loop turns, and yet the node is not called: paused, or the disk is full. Without a will it may wait."""
        return self._will is not None and bool(self._queue) and monotonic() - self._queue[0].arrived > HANGS

    def act(self, action: Action) -> None:
        if isinstance(action, Say):
            self._link.publish(action.topic, payload(action), action.retain, qos=0)
        elif isinstance(action, Listen):
            self._link.subscribe([action.filter])
        elif isinstance(action, Will) and action.say != self._will:
            self._link.close()
            self._will = action.say
            self._link = self._dialled(action.say)

    def close(self, farewell: bool = True) -> None:
        """Take leave: our will is not executed."""
        self._link.close(farewell)

    def _up(self, _session: bool) -> None:
        self._happen(Linked(True))

    def _down(self, why: str) -> None:
        self._happen(Linked(False, why, denied=why in DENIED))

    def _heard(self, message: Message) -> None:
        self._happen(Heard(message.topic, message.payload, message.retain))
        self._link.ack(message)


def where(dial: Dial, flow_broker: str) -> str:
    """The URL to connect to, with who we are and whom we trust."""
    if dial.url == FLOW:
        return flow_broker
    parts = urlsplit(dial.url)
    place = parts.netloc
    if dial.user is not None:
        password = f":{quote(dial.password.reveal(), safe='')}" if dial.password else ""
        place = f"{quote(dial.user, safe='')}{password}@{place.rpartition('@')[2]}"
    trust = {"insecure": "1"} if dial.insecure else {}
    if not dial.insecure:
        trust = {"ca": dial.ca} if dial.ca else {}
        trust |= {} if dial.verify_hostname else {"hostname": "0"}
    return urlunsplit((parts.scheme, place, "", urlencode(trust) if parts.scheme == "mqtts" else "", ""))
