"""What a node asks of the world over HTTP, what comes back, and how a failure is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Secret:
    """A value that never prints. On the wire it is plain, in every trace it is `***`."""

    __slots__ = ("_value",)  # no dataclass: asdict would spell it out

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


def without_login(url: str) -> str:
    """An address for people: who we are there, and the password, are `***`."""
    return re.sub(r"(?<=//)[^/\s]*@", "***@", url)


@dataclass(frozen=True)
class Fault:
    """Why a node could not do its work: words for a person, and what a machine needs to act on it."""

    why: str
    status: int | None = None  # HTTP
    code: str | None = None  # the remote side's own, such as KT-CT-1199
    retry_after: float | None = None  # seconds


@dataclass(frozen=True, kw_only=True)
class Budget:
    """So much in a span, counted by the host when it calls: over all nodes that name it, and over restarts.

    Nodes that leave some to others ask with a smaller `most`. A day and a month are UTC's.
    """

    name: str  # whose and what, such as `octopus plan`; the same name is the same count
    most: float
    per: timedelta | Literal["day", "month"]
    cost: float = 1.0  # of one call: 1, or money


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP call the host should make for the node. A Secret anywhere in it is revealed only on the wire."""

    method: str
    url: str
    json: Mapping[str, object] | None = None
    form: Mapping[str, object] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: Secret | None = None  # the whole header value
    timeout: float = 20.0  # seconds, for the whole call
    tag: str = ""  # comes back in the reply: which of a node's questions this was
    ca: str | None = None  # path of a PEM that this server's certificate is trusted by, beside the usual ones
    budgets: tuple[Budget, ...] = ()  # with one of them spent the call is not made


@dataclass(frozen=True)
class Reply:
    """What came back; status 0 means nothing did, and `why` says what went wrong."""

    status: int
    json: Json = None  # None as well where the body was no JSON
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    at: datetime = EPOCH
    tag: str = ""
    why: str = ""
    unknown: bool = False  # the call may or may not have been made before the process died
    spent: str = ""  # the budget that had nothing left: the call was not made; retry-after says when there is more

    def fault(self, why: str = "", code: str | None = None) -> Fault:
        told = why or self.why or (f"HTTP {self.status}" if self.status else "no answer")
        return Fault(told, self.status or None, code, self.retry_after())

    def retry_after(self) -> float | None:
        """Seconds the other side asks us to wait, or None."""
        value = self.headers.get("retry-after", "")
        return float(value) if value.isdecimal() and len(value) < 10 else None  # longer ones are no wait
