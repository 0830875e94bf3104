"""A talk of a writing node with Octopus."""

from datetime import UTC, datetime
from typing import Any

from wattwire.nodes import (
    Emit,
    Fault,
    Json,
    Node,
    Reply,
    Request,
    Secret,
    smart_control,
)
from wattwire.nodes.kraken_errands import Ask, State
from wattwire.nodes.messages import Token

NOW = datetime(2026, 10, 1, 22, 0, tzinfo=UTC)
TOKEN = Token(Secret("t"), NOW)


class Talk:
    """One node, its memory and a clock; what it emits and what it asks."""

    def __init__(self, node: Node = smart_control.NODE, token: Token | None = TOKEN, **settings: Any) -> None:
        self.node, self.cfg, self.token = node, node.config(account="A-1", **settings), token
        self.state, self.now, self.asked = State(), NOW, list[Request]()

    def say(self, port: str, body: object = None) -> list[str]:
        """The ports by which it answers a message at once."""
        assert self.node.run is not None
        given = {name: None for name, into in self.node.ins.items() if into.triggers} | {port: body}
        return self._took(self.node.run(self.cfg, self.state, **given, token=self.token, now=self.now))

    def hear(self, json: Json = None, status: int = 200, **more: Any) -> list[str]:
        """The ports by which it answers the reply to what it asked last."""
        assert self.node.read is not None
        reply = Reply(status, json, at=self.now, tag=self.asked[-1].tag if self.asked else "", **more)
        return self._took(self.node.read(self.cfg, self.state, reply))

    def _took(self, result: tuple[State, list[Emit | Request]]) -> list[str]:
        self.state, results = result
        self.asked += [r for r in results if isinstance(r, Request)]
        self.emits = [r for r in results if isinstance(r, Emit)]
        return [e.port for e in self.emits]

    @property
    def why(self) -> str:
        body = self.emits[0].body
        assert isinstance(body, Fault)
        return body.why

    @property
    def tags(self) -> list[str]:
        return [r.tag for r in self.asked]


def car(id_: str = "car-1", **status: Json) -> Json:
    told: dict[str, Json] = {"current": "LIVE", "isSuspended": False, "currentState": "SMART_CONTROL_CAPABLE", **status}
    return {"__typename": "SmartFlexVehicle", "id": id_, "name": f"the {id_}", "status": told}


def cars(*found: Json) -> Json:
    return {"data": {"devices": list(found or (car(),))}}


def error(code: str, **more: Json) -> Json:
    return {"errors": [{"message": "no", "extensions": {"errorCode": code, **more}}], "data": None}


def suspending(node: Node = smart_control.NODE, port: str = "suspend") -> Talk:
    """A wish that Octopus is just being asked."""
    talk = Talk(node)
    talk.say(port, Ask())
    talk.hear(cars())
    return talk
