"""What Octopus lists as completed: late, without its kind, and relabelled at times. The kind is known from the plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import replace
from .calls import Reply, Request
from .kraken_budgets import calls
from .kraken_plans import dispatch
from .kraken_replies import Trouble, Wrong, trouble, unread
from .messages import Dispatch, Plan, Token

COMPLETED = """query Completed($account: String!) {
  completedDispatches(accountNumber: $account) { start end delta meta { source location } } }"""

REMEMBERED = timedelta(days=3)
"""The list lags by half a day, and tells of the day before that."""

MOST = 500
"""Planned entries that are remembered, in case Octopus plans a great many short ones."""


@dataclass(frozen=True, kw_only=True)
class Completed:
    """What has been charged, oldest first, as far as Octopus tells it yet. It is told per account, not per device."""

    at: datetime
    dispatches: tuple[Dispatch, ...] = ()  # with status completed; one of unknown kind is `smart`, as Octopus counts it
    unsure: tuple[datetime, ...] = ()  # starts of those whose kind no plan has told: no proof where money is concerned
    until: datetime | None = None  # end of the newest: nothing is told of what came after
    lag: float | None = None  # s, from then to `at`


def completed_request(url: str, account: str, token: Token) -> Request:
    asked = {"query": COMPLETED, "variables": {"account": account}}
    return Request(method="POST", url=url, json=asked, authorization=token.token, budgets=(calls(account),))


def remembered(known: tuple[Dispatch, ...], plan: Plan) -> tuple[Dispatch, ...]:
    """Every entry that was ever planned, for some days; a running one that is reported anew as from now is no other."""
    ends = {(d.end, d.kind) for d in known}
    new = [replace(d, kwh=None) for d in plan.dispatches if (d.end, d.kind) not in ends]
    starts = {d.start for d in new}
    young = [d for d in known if d.start not in starts and plan.at - d.end < REMEMBERED]
    return tuple(sorted((*young, *new), key=lambda d: d.start))[-MOST:] if new or len(young) < len(known) else known


def completed(reply: Reply, known: Iterable[Dispatch]) -> Completed | Trouble:
    if wrong := trouble(reply, spare=one_entry):
        return wrong
    match reply.json:
        case {"data": {"completedDispatches": list(found)}}:
            pass
        case _:
            return unread(reply, "the reply has no completed dispatches")
    planned, read, unsure = tuple(known), dict[object, Dispatch](), list[datetime]()
    for entry in found:
        try:
            told = dispatch(entry)
        except ValueError:
            continue  # the record of another time is good all the same
        as_planned = told if _source(entry) else _planned(told, planned)
        kind = as_planned.kind if as_planned else "smart"
        read[told.start, told.end, told.kwh] = replace(told, status="completed", kind=kind)
        unsure += [] if as_planned else [told.start]
    until = max((d.end for d in read.values()), default=None)
    return Completed(
        at=reply.at,
        dispatches=tuple(sorted(read.values(), key=lambda d: (d.start, d.end))),
        unsure=tuple(sorted(set(unsure))),
        until=until,
        lag=(reply.at - until).total_seconds() if until else None,
    )


def one_entry(wrong: Wrong) -> bool:
    """An error below one field of one entry leaves the others readable."""
    return len(wrong.path) > 2


def _planned(told: Dispatch, planned: tuple[Dispatch, ...]) -> Dispatch | None:
    """The plan's entry that this came of: by start, else by most overlap; None where no plan knew of it."""
    if same := [d for d in planned if d.start == told.start]:
        return same[-1]
    shared = [(min(d.end, told.end) - max(d.start, told.start), d.start, d) for d in planned]
    most = max(shared, key=lambda s: s[:2], default=None)
    return most[2] if most and most[0] > timedelta() else None


def _source(entry: object) -> str:
    meta = entry.get("meta") if isinstance(entry, dict) else None
    return str(meta.get("source") or "") if isinstance(meta, dict) else ""
