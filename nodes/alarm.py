"""alarm: tell a person, on the node's status and on a topic that a phone or a siren can listen to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from . import Due, Emit, Fault, Node, Now, Port, Ports, Status, Timer
from .field import number
from .payload import words


@dataclass(frozen=True, kw_only=True)
class Config:
    about: str = ""  # words to put before the reason
    lasts: timedelta = timedelta(hours=1)  # how long the status stays red after the last reason


class Out(Ports):
    said: Port[Fault]


def tell(cfg: Config, why: object, event: Due | None, now: Now) -> Sequence[Emit | Status | Timer]:
    if event is not None:
        return [Status("quiet")] if isinstance(event, Due) else []
    fault = _fault(cfg, why)
    return [Out.said(fault), Status(fault.why, "red"), Timer("quiet", now + cfg.lasts)]


def _fault(cfg: Config, why: object) -> Fault:
    status = code = wait = None
    if isinstance(why, Mapping) and isinstance(why.get("why"), str):
        status, code, wait = why.get("status"), why.get("code"), number(why.get("retry_after"))
        why = why["why"]
    told = words(why, 500) if why is not None else "something wants a person's attention"
    return Fault(
        f"{cfg.about}: {told}" if cfg.about else told,
        status if isinstance(status, int) else None,
        code if isinstance(code, str) else None,
        wait,
    )


NODE = Node("alarm", Config, Out, tell)
