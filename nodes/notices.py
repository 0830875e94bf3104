"""What is told to a person: the words, to whom, and whether they were just said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import replace
from .calls import Secret
from .payload import words

if TYPE_CHECKING:
    from apprise import Apprise

LONGEST = 1000  # characters; a phone shows no more
MOST = 20  # of what did not get there: the newest are kept
TEXT = ("text", "why", "reason")


@dataclass(frozen=True, kw_only=True)
class Missed:
    """Words that did not get there, and to whom; nobody named is everybody."""

    text: str
    to: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Words for a person. The addresses hold passwords: only the services' names are told."""

    at: datetime
    text: str
    to: tuple[str, ...] = ()  # services, such as ntfy; nobody named is everybody
    why: str = ""  # it did not get there
    before: tuple[Missed, ...] = ()  # nor did these: one message bears them all, as an edge that waits holds but one

    def at_last(self, to: Sequence[str], why: str = "") -> Notice:
        return replace(self, to=tuple(to), why=why)


@dataclass
class Owed:
    """What did not get there yet, in the order in which it was tried last."""

    _texts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def round(self, notice: Notice) -> list[Notice]:
        """What to tell: this; and if it gets there, what is owed."""
        for it in notice.before:
            self._texts.setdefault(it.text, it.to)
        notice = replace(notice, before=())
        others = [replace(notice, text=text, to=to) for text, to in self._texts.items() if text != notice.text]
        return [notice, *others]

    def settle(self, text: str, missed: Sequence[str] | None) -> None:
        """It got there, or missed these."""
        self._texts.pop(text, None)
        if missed is not None:
            self._texts = dict([*self._texts.items(), (text, tuple(missed))][-MOST:])

    def with_others(self, notice: Notice) -> Notice:
        others = (Missed(text=text, to=to) for text, to in self._texts.items() if text != notice.text)
        return replace(notice, before=tuple(others))


@dataclass
class Repeats:
    """Which words were said lately."""

    again: timedelta
    _said: dict[str, datetime] = field(default_factory=dict)

    def holds(self, text: str, now: datetime) -> bool:
        self._said = {t: at for t, at in self._said.items() if timedelta() <= now - at < self.again}
        return self._said.setdefault(text, now) is not now

    def forget(self, text: str) -> None:
        self._said.pop(text, None)


def told(body: object, now: datetime) -> Notice:
    """A body in words: its text, why or reason where it has one. A notice that failed knows whom it did not reach."""
    if not isinstance(body, Mapping):
        return Notice(at=now, text=words("something wants attention" if body is None else body, LONGEST))
    text = next((body[f] for f in TEXT if isinstance(body.get(f), str) and body[f]), body)
    before = body.get("before")
    missed = (it for it in before if isinstance(it, Mapping)) if isinstance(before, list | tuple) else ()
    return Notice(
        at=now,
        text=words(text, LONGEST),
        to=_named(body),
        before=tuple(Missed(text=words(it.get("text"), LONGEST), to=_named(it)) for it in missed)[-MOST:],
    )


def _named(body: Mapping[str, Any]) -> tuple[str, ...]:
    named = body.get("to")
    return tuple(str(t) for t in named) if isinstance(named, list | tuple) else ()


def addresses(to: Secret) -> tuple[list[tuple[str, Apprise]], list[str]]:
    """Each address by the name of its service, with a number where there are two; and what is wrong with the others."""
    from apprise import Apprise  # only here: no other node should pay for it
    from apprise.logger import logger

    found: dict[str, Apprise] = {}
    wrong, logger.disabled = [], True  # it logs what it does not understand, password and all
    for i, url in enumerate(to.reveal().split(), 1):
        service = Apprise()
        if not service.add(url):
            wrong.append(f"address {i} of to is none that Apprise understands")
            continue
        name = str(service[0].service_name)
        found[name if name not in found else f"{name} {i}"] = service
    logger.disabled = False
    return list(found.items()), wrong


def wanted(services: Sequence[tuple[str, Any]], notice: Notice) -> list[tuple[str, Any]]:
    """Who is to be told; where none of the named is known any more, everybody."""
    return [(name, s) for name, s in services if name in notice.to] or list(services)
