"""What a person should hear of a node's work: that it cannot do it, that it can again, and what it did to the house."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wattwire.broker.envelope import stamp
from wattwire.nodes import Fault, Node
from wattwire.nodes.car_messages import CarDone, Woken
from wattwire.nodes.kraken_errands import Settled
from wattwire.nodes.messages import Car, Lease

from .work import Sent

LOST = {"asleep": "the car is asleep", "offline": "the car is out of reach", "online": "the car is awake"}


TOLD = frozenset((Lease, Car, Settled, CarDone, Woken))


class Outcomes:
    """Of one node. One that asks over HTTP is unwell when all that came of an input is a Fault, and well when not;
    one that carries out wishes that way is not: a wish has an end, which the flow's own edges see to.

    `tell` is for the supervisor's log, `show` for the node's `$status`. Of what goes well again and again it says
    nothing: then this is a look at the type of each message, and a comparison.
    """

    def __init__(self, node: Node | None, tell: Callable[[dict[str, Any]], object],
                 show: Callable[..., object]) -> None:  # fmt: skip
        self._acts = node is not None and node.actuator
        leases = node is not None and any(it.carries is Lease for it in node.outs.values())
        self._asks = node is not None and node.read is not None and (leases or not node.actuator)
        self._tell, self._show = tell, show
        self._unwell = False
        self._did: dict[type, object] = {}

    def heed(self, sent: Sequence[Sent]) -> None:
        """What came of one input, in full."""
        fault: Sent | None = None
        good = False
        for it in sent:
            kind = type(it.body)
            if kind is Fault:
                fault = fault or it
            else:
                good = True
                if kind in TOLD:
                    self._done(it.body)
        if self._asks and (good or fault):
            if fault is not None and not good:
                self._failed(fault)
            elif self._unwell:
                self._unwell = False
                self._tell({"well": True})
                self._show(text="", fill="green")

    def _failed(self, it: Sent) -> None:
        port, fault = it.envelope.source.partition(".")[2], it.body
        if port == "crashed" or not isinstance(fault, Fault):
            return
        self._unwell = True
        self._tell({"failed": {"port": port, "why": fault.why, "status": fault.status, "code": fault.code}})
        self._show(text=fault.why, fill="yellow")

    def _done(self, body: object) -> None:
        if isinstance(body, Lease) and self._acts:
            if body != self._did.get(Lease):
                self._did[Lease] = body
                self._tell({"did": lease(body)})
        elif isinstance(body, Car) and self._asks and body.state != self._did.get(Car):
            self._did[Car] = body.state
            if body.state in LOST:
                self._tell({"did": {"what": "car", "how": body.state, "words": LOST[body.state]}})
        elif isinstance(body, Settled | CarDone | Woken):
            self._tell({"did": {"what": "wish", "how": stamp(body.at), "words": wish(body)}})


def lease(body: Lease) -> Mapping[str, Any]:
    """A lease in words. Times are UTC and say so: who shows them to a person makes them local."""
    until = f"until {body.until:%H:%M} UTC"
    words = {
        "charge": f"the battery charges to {body.soc or 100:.0f} % {until}",
        "hold": f"the battery is held {until}",
        "release": "the battery is left alone",
    }[body.mode]
    reason = f": {body.reason}" if body.reason else ""
    ends = stamp(body.until) if body.mode != "release" else None
    return {"what": "lease", "how": body.mode, "words": f"{words}{reason}", "until": ends}


def wish(body: Settled | CarDone | Woken) -> str:
    """A wish that came true, in words."""
    match body:
        case Settled():
            return f"Octopus has it: {body.what}"
        case Woken():
            return f"the car was woken (no. {body.count} today): {body.why}"
        case CarDone():
            value = f" {body.value:g}" if body.value is not None else ""
            reason = body.reason or body.why
            return f"the car has done it: {body.do}{value}{f': {reason}' if reason else ''}"
