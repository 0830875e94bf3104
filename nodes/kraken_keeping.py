"""What dispatchFetcher remembers: the last plan of each device, and what an answer does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from . import replace, volatile
from .calls import Fault, Reply
from .kraken_plans import beside_the_plan, dispatches, told_device
from .kraken_replies import FIELD, Trouble, refused_document, skew, trouble, unread
from .messages import Device, Dispatch, Plan, Token

UNPLUGGED = frozenset({"SMART_CONTROL_NOT_AVAILABLE", "SMART_CONTROL_OFF"})
"""Unplugged, away or suspended: then an empty list needs no second look."""

ONE_DEVICE = frozenset({"gone", "unavailable", "emptied", "failed"})
"""Troubles after which the next device may be asked all the same."""


@dataclass(frozen=True)
class Kept:
    """The last plan of a device."""

    dispatches: tuple[Dispatch, ...] = ()
    emptied: bool = False  # the last answer was an empty list in its place


@dataclass(frozen=True)
class State:
    plans: Mapping[str, Kept] = field(default_factory=dict)
    refused: datetime | None = None  # when the token ends with which a field was refused
    device: Device | None = volatile(lambda: None)  # the one that was discovered
    token: Token | None = volatile(lambda: None)
    left: tuple[str, ...] = volatile(tuple)  # devices of this poll; the first is under way
    lean: bool = volatile(bool)  # Octopus refused the query about the device: ask for the plan alone

    def polled(self, device: Device, token: Token) -> State:
        """Every live device is asked about in turn; the car's own plan comes last, and so is the one retained."""
        wanted = (*(d for d in device.also if d != device.id), device.id)
        plans = self.plans
        if not plans.keys() <= {*wanted}:
            plans = {id_: kept for id_, kept in plans.items() if id_ in wanted}
        return replace(self, plans=plans, device=device, token=token, left=wanted)


def answered(state: State, reply: Reply, device_max_age: timedelta) -> tuple[State, Plan | Trouble]:
    """The plan that a reply brings, or why there is none; and what is remembered of it."""
    id_ = state.left[0] if state.left else None
    state = replace(state, left=state.left[1:], lean=state.lean or refused_document(reply))
    told = read_plan(state, reply, id_, device_max_age)
    if isinstance(told, Plan):
        state, told = _kept(replace(state, refused=None), told)
    elif told.fault.code in FIELD:
        state, told = _repeated(state, told)
    return (state if isinstance(told, Plan) or _goes_on(told, reply) else replace(state, left=())), told


def read_plan(state: State, reply: Reply, id_: str | None, device_max_age: timedelta) -> Plan | Trouble:
    if wrong := trouble(reply, spare=beside_the_plan):
        return wrong
    found = dispatches(reply.json.get("data") if isinstance(reply.json, dict) else None)
    if isinstance(found, str):
        return unread(reply, found)
    told = Plan(at=reply.at, device=id_, dispatches=found, skew=skew(reply))
    now = told_device(reply, id_)
    known = state.device if state.device is not None and state.device.id == id_ else None
    if known and reply.at - known.at <= device_max_age and (now is None or now.state is None):
        told = _recalled(told, known)
    if now is None:
        return told
    return replace(told, state=now.state or told.state, suspended=now.suspended, power=now.power, power_at=now.power_at)


def _recalled(plan: Plan, known: Device) -> Plan:
    """With what was seen of the device before, but not its power, nor its state if a dispatch has begun since."""
    began = any(known.at < d.start <= plan.at for d in plan.dispatches)
    return replace(plan, state=None if began else known.state, suspended=known.suspended)


def _kept(state: State, plan: Plan) -> tuple[State, Plan | Trouble]:
    """An empty list in the place of a plan may be a plan in the making: it counts once it is confirmed."""
    id_ = plan.device or ""
    before = state.plans.get(id_, Kept())
    ahead = sum(d.end > plan.at for d in before.dispatches)
    if plan.dispatches or before.emptied or not ahead or plan.suspended or plan.state in UNPLUGGED:
        return replace(state, plans={**state.plans, id_: Kept(plan.dispatches)}), plan
    state = replace(state, plans={**state.plans, id_: replace(before, emptied=True)})
    what = "a dispatch was" if ahead == 1 else f"{ahead} dispatches were"
    return state, Trouble("emptied", Fault(f"an empty plan where {what} to come: ignored until confirmed", 200))


def _repeated(state: State, told: Trouble) -> tuple[State, Trouble]:
    """A new token may help once. Where it did not, another one will not."""
    ends = state.token.expires if state.token else None
    if state.refused is None or state.refused == ends:
        return replace(state, refused=ends), told
    return state, Trouble("forbidden", told.fault)


def _goes_on(told: Trouble, reply: Reply) -> bool:
    return reply.status == 200 and told.port in ONE_DEVICE
