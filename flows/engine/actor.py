"""One node without its process: what it remembers, its state, and what a call led to. Host and bench both run it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from wattwire.broker import topics
from wattwire.broker.envelope import Envelope, begin, stamp
from wattwire.nodes import CRASHED, Emit, Event, Fault, Port, Reply, Request, Status

from .alike import as_handed, as_json
from .bodies import decode, encode, salvaged, wire
from .graph import FlowNode
from .work import Asking, Sent, Work, where

__all__ = ["Actor", "Asking", "Sent", "Work", "where"]


class Way(NamedTuple):
    """What becomes of a message that leaves through an out port."""

    port: Port[Any]
    source: str
    topic: str
    clears: tuple[str, ...]


class Actor:
    """A node as it runs. It is told the time and does no I/O; an exception out of it is the node's bug."""

    def __init__(self, flow: str, node: FlowNode, *, saved: Mapping[str, Any] | None = None, salt: str = "",
                 seed: int | None = None, shadow: bool = False) -> None:  # fmt: skip
        self.flow, self.name, self.node, self.config = flow, node.name, node.type, node.config
        self.muted = shadow and self.node.actuator
        if self.muted and hasattr(self.config, "shadow"):
            self.config, self.muted = dataclasses.replace(self.config, shadow=True), False
        if seed is not None and hasattr(self.config, "seed"):
            self.config = dataclasses.replace(self.config, seed=seed)
        self._salt, self._number = salt, 0
        self.unread: list[str] = []  # of what was kept: an earlier version meant something else by it
        self._held: dict[str, tuple[Any, Any]] = {}  # port -> (JSON, body)
        self.state: Any = self.node.state() if self.node.state else None
        self._durable = _durable(self.node.state) if self.node.state else ()
        self._kept_of: Callable[[Any], Any] | None = attrgetter(*self._durable) if self._durable else None
        self._given: dict[str, Any] = dict.fromkeys(self.node.ins)  # what a call is given besides its message or event
        self._given |= {self.node.event: None} if self.node.event else {}
        self.read: Callable[[type, Any], Any] = decode
        self.write: Callable[[Any], Any] = encode
        self.serves: Callable[[str, Envelope, datetime], Work] | None = None  # takes the place of a function
        self._ways = {name: self._way(self.node.outs[node.through.get(name, name)]) for name in self.node.outs}
        if saved:
            self._restore(saved)

    def on_the_bench(self, read: Callable[[type, Any], Any]) -> None:
        """Records are handed over as they are, and changes of state are not tracked: nothing is written."""
        self.read, self.write, self._kept_of = read, as_handed, None

    def take(self, port: str, message: Envelope, now: datetime) -> Work:
        """A message on an in port. Raises BadBody where it is not what the port carries."""
        if self.serves is not None:
            return self.serves(port, message, now)
        into = self.node.ins[port]
        if not message.source:
            message = dated(into.carries, message, now)
        body = self.read(into.carries, message.body)
        known = self._held.get(port)
        if into.remembered:
            self._hold(port, message.body, body)
        if not into.triggers:
            return Work(changed=True)
        if self.muted:
            return Work(actions=[Status("muted: a shadow run writes nothing", "yellow")])
        try:
            work = self._call(message, port, body, now)
        except Exception:
            if into.remembered:  # what it tripped over is not remembered
                self._hold(port, *known) if known else (self._held.pop(port), self._given.pop(port))
            raise
        work.changed |= into.remembered
        return work

    def happen(self, event: Event, now: datetime) -> Work:
        """An event, for a node that lives beside a connection or a timer."""
        if self.node.event is None or type(event) not in self.node.events or self.muted:
            return Work()
        return self._call(None, self.node.event, event, now)

    def resume(self, asking: Asking, reply: Reply, now: datetime) -> Work:
        """The reply to a call that the node asked for."""
        read = self.node.read
        if read is None:
            raise TypeError(f"{self.node.name} returns a Request, and has no read for the reply")
        given = (self.config, self.state, reply) if self.node.state else (self.config, reply)
        return self._settle(asking.cause, read(*given), now, asking.sent)

    def emitted(self, emits: Sequence[Emit], now: datetime, cause: Envelope | None = None, sent: int = 0) -> Work:
        """What an adapter with a `serve` of its own sends out, for an input in hand or of its own accord."""
        return self._settle(cause, (self.state, list(emits)) if self.node.state else list(emits), now, sent)

    def hold(self, port: str, message: Envelope) -> bool:
        """Remember a retained value, if the port remembers; it triggers nothing."""
        into = self.node.ins[port]
        if into.remembered:
            self._hold(port, message.body, decode(into.carries, message.body))
        return into.remembered

    def _hold(self, port: str, json: Any, body: Any) -> None:
        self._held[port] = (json, body)
        self._given[port] = body

    def crashed(self, cause: Envelope | None, wrong: BaseException, now: datetime, why: str = "") -> Sent:
        """The message on the implied port: which bug and where, never what it was given."""
        return self._sent(cause, Emit(CRASHED, Fault(why or where(wrong))), now, 0, {CRASHED})

    def snapshot(self) -> dict[str, Any]:
        """What must outlive the process, as JSON. Secrets are plain in it: it belongs in a file of mode 0600."""
        state = {wire(name): getattr(self.state, name) for name in self._durable} if self.node.state else None
        return {"state": encode(state), "held": {port: as_json(body) for port, (body, _) in self._held.items()}}

    def _restore(self, saved: Mapping[str, Any]) -> None:
        """What an earlier version kept may be of another shape: what can be read is taken."""
        if self.node.state and saved.get("state") is not None:
            self.state, self.unread = salvaged(self.node.state, saved["state"])
        for port, body in saved.get("held", {}).items():
            if port not in self.node.ins:
                continue
            try:
                self._hold(port, body, decode(self.node.ins[port].carries, body))
            except ValueError:
                self.unread.append(port)

    def _call(self, cause: Envelope | None, fired: str, given: Any, now: datetime) -> Work:
        node = self.node
        if node.run is None:
            return Work()
        named = self._given.copy()
        named[fired] = given
        if node.now is not None:
            named[node.now] = now
        if node.state:
            return self._settle(cause, node.run(self.config, self.state, **named), now, 0)
        return self._settle(cause, node.run(self.config, **named), now, 0)

    def _settle(self, cause: Envelope | None, result: Any, now: datetime, sent: int) -> Work:
        work, before = Work([], None, []), self.state
        if self.node.state:
            self.state, result = result
            if (kept_of := self._kept_of) is not None and self.state is not before:
                work.changed = kept_of(self.state) != kept_of(before)
        if result is None:
            return work
        results = result if isinstance(result, (list, tuple)) else (result,)
        for item in results:
            if isinstance(item, Emit):
                row = cause is not None and cause.attempts
                ports = {self._ways[r.port].port.name for r in results if isinstance(r, Emit)} if row else set()
                work.sent.append(self._sent(cause, item, now, sent, ports))
                sent += 1
            elif isinstance(item, Request):
                if cause is None or work.asking is not None:
                    raise TypeError(f"{self.node.name}: one Request at a time, and only in answer to a message")
                work.asking = Asking(item, cause, sent)
            else:
                work.actions.append(item)
        if work.asking is not None:
            work.asking = dataclasses.replace(work.asking, sent=sent)
        return work

    def _sent(self, cause: Envelope | None, emit: Emit, now: datetime, position: int, ports: set[str]) -> Sent:
        port, source, topic, clears = self._ways[emit.port]
        if port.carries is not object and not isinstance(emit.body, port.carries):
            raise TypeError(f"{self.name}.{port.name} carries {port.carries.__name__}, not {type(emit.body).__name__}")
        body = self.write(emit.body)
        if cause is None:
            self._number += 1
            message = begin(source, body, now, f"{self._salt}{self._number}")
        else:
            message = cause.onward(source, body, now, position)
            if cause.attempts:
                message = message.carried("", self._in_a_row(cause.attempts, ports), body)
        return Sent(topic, message, emit.body, port.keep, clears)

    def _way(self, port: Port[Any]) -> Way:
        others = [o for o in self.node.outs.values() if o.keep and o.instead and o.instead == port.instead]
        clears = tuple(topics.out(self.flow, self.name, o.name) for o in others if o.name != port.name)
        return Way(port, f"{self.name}.{port.name}", topics.out(self.flow, self.name, port.name), clears)

    def _in_a_row(self, attempts: Mapping[str, int], ports: set[str]) -> dict[str, int]:
        """Leaving through another port ends the row: attempts count the same outcome again and again."""
        mine, left = f"{self.name}.", {f"{self.name}.{port}" for port in ports}
        return {e: n for e, n in attempts.items() if not e.startswith(mine) or e.partition(">")[0] in left}


def _durable(state: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(state) if not f.metadata.get("volatile"))


def dated(kind: type, message: Envelope, now: datetime) -> Envelope:
    """A bare body from outside may leave `at` to us: `null` is a tick."""
    wants = dataclasses.is_dataclass(kind) and any(f.name == "at" for f in dataclasses.fields(kind))
    if not wants or not isinstance(message.body, dict | None) or (message.body and "at" in message.body):
        return message
    return dataclasses.replace(message, body={"at": stamp(now), **(message.body or {})})
