"""Ports: where bodies leave a node, and the parameters by which they enter it."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, TypeAlias, TypeVar

from .calls import Secret
from .linked import Event

T = TypeVar("T")

Now: TypeAlias = Annotated[datetime, "now"]
"""A parameter of this type is no port: it is the instant of the call."""

Kept: TypeAlias = Annotated[T, "kept"]
"""`plan: Kept[Plan] | None` left of `*` both triggers and is remembered."""


@dataclass(unsafe_hash=True)  # nobody changes one
class Emit:
    """A body leaving through a named out port."""

    port: str
    body: object


@dataclass(frozen=True)
class Port(Generic[T]):
    """An out port; calling it makes the message that leaves through it."""

    name: str
    carries: type[T]
    keep: bool = False  # retained on its topic
    instead: str = ""  # ports of one group clear each other's retained message
    refines: str = ""  # the port it leaves through where no edge of the flow follows this one
    doc: str = ""

    def __call__(self, body: T) -> Emit:
        return Emit(self.name, body)


@dataclass(frozen=True)
class _Keep:
    instead: str = ""


def keep(instead: str = "") -> Any:
    """`car: Port[Car] = keep()` retains what leaves; ports kept under one group name clear each other."""
    return _Keep(instead)


@dataclass(frozen=True)
class _Refines:
    port: str


def refines(port: str) -> Any:
    """`gone: Port[Fault] = refines("failed")` is a finer outcome; without an edge it leaves by `failed`."""
    return _Refines(port)


class Ports:
    """Subclass it with annotations only; every annotation becomes a port."""

    all: ClassVar[dict[str, Port[Any]]] = {}

    def __init_subclass__(cls) -> None:
        hints = typing.get_type_hints(cls)
        cls.all = {}
        for name, hint in hints.items():
            if typing.get_origin(hint) is not Port:
                continue
            kept, carries = cls.__dict__.get(name), typing.get_args(hint)[0]
            if name in ("in", "all", "crashed") or name.startswith("_"):
                raise TypeError(f"{cls.__qualname__}.{name}: not a name for a port")
            if isinstance(kept, _Keep) and secret(carries):
                raise TypeError(f"{cls.__qualname__}.{name}: a secret is never retained")
            group = kept.instead if isinstance(kept, _Keep) else ""
            coarser = kept.port if isinstance(kept, _Refines) else ""
            cls.all[name] = Port(name, carries, isinstance(kept, _Keep), group, coarser)
            setattr(cls, name, cls.all[name])
        for port in cls.all.values():
            wider = cls.all.get(port.refines)
            if port.refines and (wider is None or wider.refines or wider.carries is not port.carries):
                raise TypeError(f"{cls.__qualname__}.{port.name}: {port.refines} is no port of the same body to refine")


@dataclass(frozen=True)
class In:
    """An in port, read off a parameter of the node's function."""

    name: str
    carries: type  # object: any message, only the nudge counts
    triggers: bool
    remembered: bool


@dataclass(frozen=True)
class Signature:
    """What a node's function wants: its in ports, and which parameters are the event and the time."""

    ins: dict[str, In]
    event: str | None
    now: str | None
    events: tuple[type, ...] = ()  # the kinds of event it wants to be called with


EVENTS = frozenset(typing.get_args(Event))


def signature(run: Callable[..., Any], skip: int) -> Signature:
    """Read the in ports off a function; `skip` leading parameters are the node's own (its config, its state)."""
    hints = typing.get_type_hints(run, include_extras=True)
    ins: dict[str, In] = {}
    event, now, events = None, None, ()
    for p in list(inspect.signature(run).parameters.values())[skip:]:
        hint, args = hints[p.name], _alternatives(hints[p.name])
        if hint == Now:
            now = p.name
        elif args and args <= EVENTS:
            event, events = p.name, tuple(args)
        else:
            ins[p.name] = _port(run, p, hint)
    triggers = [i for i in ins.values() if i.triggers]
    several = len(triggers) + (event is not None) > 1
    for i in triggers:
        if several and i.carries is not object and type(None) not in typing.get_args(hints[i.name]):
            raise TypeError(f"{run.__qualname__}: {i.name} is one of several that trigger; make it {i.name}: … | None")
    return Signature(ins, event, now, events)


def _port(run: Callable[..., Any], p: inspect.Parameter, hint: Any) -> In:
    triggers = p.kind is not p.KEYWORD_ONLY
    inner = [a for a in _members(hint) if a is not type(None)]
    kept = typing.get_origin(inner[0]) is Annotated and "kept" in inner[0].__metadata__
    carries: Any = inner[0].__origin__ if typing.get_origin(inner[0]) is Annotated else inner[0]
    if len(inner) != 1 or not (carries is object or dataclasses.is_dataclass(carries)):
        raise TypeError(f"{run.__qualname__}: {p.name} must be a message body, or object")
    if not triggers and carries is not object and type(None) not in _members(hint):
        raise TypeError(f"{run.__qualname__}: {p.name} may not have been seen yet; make it {p.name}: … | None")
    return In(p.name, typing.cast(type, carries), triggers, not triggers or kept)


def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)


def _alternatives(hint: Any) -> set[Any]:
    return {a for a in _members(hint) if a is not type(None)}


def secret(kind: Any) -> bool:
    """Whether a body of this type holds a Secret, at any depth."""
    if kind is Secret:
        return True
    if dataclasses.is_dataclass(kind):
        return any(secret(h) for h in typing.get_type_hints(kind).values())
    return any(secret(a) for a in typing.get_args(kind))
