"""What a person may ask of Octopus, kept until the device shows it or it is given up; and what is said about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias

from . import Emit, Fault, Json, Secret, volatile
from .kraken_replies import Trouble

Entry: TypeAlias = dict[str, Json]
Asks: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A wish that says no more than its port does; `null` will do."""

    at: datetime | None = None
    device: str | None = None  # its id or name, where the account has several


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The device shows what was asked for."""

    at: datetime
    device: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was asked for, until it is seen or given up."""

    at: datetime
    what: str
    given: Asks
    device: str | None = None  # as a person names it
    id: str = ""  # as Octopus does
    stage: Literal["new", "asked", "taken"] = "new"  # asked: whether Octopus took it is not known
    since: datetime | None = None  # of the last write
    must: bool = False  # another write is under way, so what shows now says nothing


@dataclass(frozen=True)
class State:
    wishes: tuple[Wish, ...] = ()
    token: Secret | None = volatile(lambda: None)  # a look may be followed by a write


class Settings(Protocol):
    """What every node that writes is told."""

    @property
    def account(self) -> str: ...
    @property
    def device(self) -> str | None: ...
    @property
    def url(self) -> str: ...
    @property
    def patience(self) -> timedelta: ...


@dataclass(frozen=True, kw_only=True)
class Errand:
    """One kind of wish: what to read, what to write, and how to know it again."""

    fields: str  # what is read of each device
    write: str
    wanted: Callable[[Asks, Entry], Asks | Trouble]  # what to write, for what was given and what there is
    shown: Callable[[Asks, Entry], bool]
    words: Callable[[Asks, Entry], str]
    merged: Callable[[Asks, Asks], Asks] | None = None  # an earlier wish with a later one; None: the later alone counts
    spare: bool = False  # what the device shows already is not written
    again: bool = True  # may be written again while it is not known whether Octopus took it


def refused(wish: Wish, why: str, fault: Fault | None = None) -> Emit:
    told = Fault(f"{wish.what}: {why}", fault.status, fault.code) if fault else Fault(f"{wish.what}: {why}")
    return Emit("refused", told)


def waiting(wish: Wish) -> Emit:
    return Emit("pending", Fault(f"{wish.what}: the device does not show it yet"))


def in_the_end(wish: Wish, fault: Fault) -> Emit:
    """Retries are used up: what is said of a wish then."""
    if wish.stage == "taken":
        return refused(wish, "Octopus took it, yet the device does not show it")
    if wish.stage == "asked" and fault.code is None:
        return refused(wish, "it is not known whether Octopus took it, and the device does not show it")
    return refused(wish, f"given up: {fault.why}", fault)


def left(wrong: Trouble) -> Emit:
    """A failure that is no refusal, through the port that every node of these has for it."""
    return Emit({"unsure": "failed", "unavailable": "failed"}.get(wrong.port, wrong.port), wrong.fault)
