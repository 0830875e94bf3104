"""What a person asks of Octopus, on its way: look, write once, and believe only what the device then shows.

Longer than a page: one errand, from the look before to the reading back, whatever is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from . import replace
from .calls import Fault, Json, Reply, Request, Secret
from .kraken_budgets import calls
from .kraken_devices import candidates, one_field_of_one_device
from .kraken_errands import Entry, Errand, Settings, Settled, State, Wish, in_the_end, left, refused, waiting
from .kraken_refusals import RUNNING, hindrance, reasons
from .kraken_replies import Trouble
from .messages import Token
from .ports import Emit

Results: TypeAlias = list[Emit | Request]

READ, WRITE = "read", "write "
YOUNG = timedelta(minutes=2)
"""A newer write may still show: the looks that are used up were for an earlier wish."""


def proceed(
    errand: Errand,
    cfg: Settings,
    state: State,
    wish: Wish | None,
    spent: Fault | None,
    token: Token | None,
    now: datetime,
) -> tuple[State, Results]:
    """A new wish, or the end of what is in hand, or a further look at it."""
    if spent is not None:
        return _ended(state, spent, now)
    if wish is not None:
        state = replace(state, wishes=_one_more(state.wishes, wish))
    late = [w for w in state.wishes if now - w.at > cfg.patience]
    told: Results = [refused(w, "given up, as it took too long") for w in late]
    state = State(tuple(w for w in state.wishes if w not in late), token.token if token else None)
    if not state.wishes:
        return state, told
    if state.token is None:
        return state, [*told, Emit("unauthorised", Fault("no token yet"))]
    query = f"query Look($account: String!) {{ devices(accountNumber: $account) {{ {errand.fields} }} }}"
    return state, [*told, _request(cfg, state.token, READ, query, {"account": cfg.account})]


def answered(errand: Errand, cfg: Settings, state: State, reply: Reply) -> tuple[State, Results]:
    if reply.unknown:  # the process died in between; what it asked for is in the state
        asked = any(w.stage == "asked" for w in state.wishes)
        return state, [Emit("pending" if asked else "failed", reply.fault())]
    if reply.tag.startswith(WRITE):
        return _written(errand, state, reply)
    if wrong := hindrance(reply, spare=one_field_of_one_device):
        return _hindered(state, wrong)
    match reply.json:
        case {"errors": [_, *_], "data": {"devices": list(found)}} if None in found:
            return state, [Emit("failed", reply.fault("a device could not be read"))]
        case {"data": {"devices": list(found)}}:
            return _seen(errand, cfg, state, found, reply.at)
        case _:
            return _hindered(state, hindrance(reply) or Trouble("failed", reply.fault("the reply has no devices")))


def _hindered(state: State, wrong: Trouble) -> tuple[State, Results]:
    """A look that shows nothing."""
    if wrong.port == "refused":
        return replace(state, wishes=()), [refused(w, wrong.fault.why, wrong.fault) for w in state.wishes]
    return state, [left(wrong)]


def chosen(found: list[Json], wanted: str | None, at: datetime) -> Entry | str:
    """The device that is meant, or why none is."""
    live = candidates(found, at)
    meant = [d for d in live if wanted in (None, d.id, d.name)]
    if len(meant) == 1:
        return next(f for f in found if isinstance(f, dict) and f.get("id") == meant[0].id)
    named = ", ".join(f"{d.name or 'a device'} ({d.id})" for d in live)
    if not live:
        return "no live car or charger"
    return f"say which device: {named}" if meant else f"no such device; there are: {named}"


def _one_more(wishes: tuple[Wish, ...], wish: Wish) -> tuple[Wish, ...]:
    """Said twice in a row it is one wish."""
    last = wishes[-1] if wishes else None
    if last is not None and (last.device, last.given) == (wish.device, wish.given):
        return (*wishes[:-1], replace(last, at=wish.at))
    return (*wishes, wish)


def _ended(state: State, spent: Fault, now: datetime) -> tuple[State, Results]:
    """Retries are used up; what was written only just has its own time to show."""
    looks = spent.code is None and spent.status is None  # the retries were looks
    young = [w for w in state.wishes if looks and w.stage != "new" and w.since is not None and now - w.since < YOUNG]
    told: Results = [waiting(w) if w in young else in_the_end(w, spent) for w in state.wishes]
    return replace(state, wishes=tuple(young)), told


def _seen(errand: Errand, cfg: Settings, state: State, found: list[Json], at: datetime) -> tuple[State, Results]:
    """What the devices show: some wishes are settled, one may be written, the others wait."""
    told: Results = []
    in_hand: dict[str, tuple[Wish, Entry]] = {}
    for wish in state.wishes:
        entry = chosen(found, wish.device or cfg.device, at)
        if isinstance(entry, str):
            told.append(refused(wish, entry))
            continue
        id_ = str(entry["id"])
        if id_ in in_hand:
            wish, overtaken = _joined(errand, in_hand[id_][0], wish)
            told += overtaken
        in_hand[id_] = replace(wish, id=id_), entry
    still, write = list[Wish](), list[Request]()
    for wish, entry in in_hand.values():
        asks = errand.wanted(wish.given, entry)
        if isinstance(asks, Trouble):
            told.append(refused(wish, asks.fault.why) if asks.port == "refused" else left(asks))
            still += [] if asks.port == "refused" else [wish]
            continue
        wish = replace(wish, what=errand.words(asks, entry))
        if errand.shown(asks, entry) and (wish.stage != "new" or (errand.spare and not wish.must)):
            told.append(Emit("confirmed", Settled(at=at, device=wish.id, what=wish.what)))
            continue
        if wish.stage == "taken" or (wish.stage == "asked" and not errand.again):
            told.append(waiting(wish))
        elif not write and state.token is not None:
            given = {"wish": {"deviceId": wish.id, **asks}}
            write.append(_request(cfg, state.token, WRITE + wish.id, errand.write, given))
            wish = replace(wish, stage="asked", since=at)
        still.append(wish)
    return replace(state, wishes=tuple(still)), [*told, *write]


def _joined(errand: Errand, old: Wish, new: Wish) -> tuple[Wish, Results]:
    """Two wishes for one device."""
    if old.given == new.given:
        return old, []
    must = old.must or old.stage != "new"
    if errand.merged is not None:
        return replace(new, given=errand.merged(old.given, new.given), must=must), []
    return replace(new, must=must), [refused(old, "overtaken by a newer wish")]


def _written(errand: Errand, state: State, reply: Reply) -> tuple[State, Results]:
    id_ = reply.tag.removeprefix(WRITE)
    wish = next((w for w in state.wishes if w.id == id_ and w.stage == "asked"), None)
    if wish is None:
        return state, []
    wrong = hindrance(reply) or (None if _took(reply) else Trouble("unsure", reply.fault("Octopus did not confirm it")))
    if wrong is None or RUNNING in reasons(reply):
        wish = replace(wish, stage="taken")
        return _with(state, wish), [waiting(wish)]
    if wrong.port == "refused":
        rest = tuple(w for w in state.wishes if w is not wish)
        return replace(state, wishes=rest), [refused(wish, wrong.fault.why, wrong.fault), *(waiting(w) for w in rest)]
    if wrong.port == "unsure" and not errand.again:
        return state, [waiting(wish)]
    known = wrong.port not in ("unsure", "undone")  # not done, that is
    return _with(state, replace(wish, stage="new") if known else wish), [left(wrong)]


def _with(state: State, wish: Wish) -> State:
    return replace(state, wishes=tuple(wish if w.id == wish.id else w for w in state.wishes))


def _took(reply: Reply) -> bool:
    """Octopus answers a write with the device."""
    match reply.json:
        case {"data": dict(told)}:
            return any(isinstance(d, dict) and isinstance(d.get("id"), str) for d in told.values())
        case _:
            return False


def _request(cfg: Settings, token: Secret, tag: str, query: str, variables: Mapping[str, object]) -> Request:
    asked = {"query": query, "variables": variables}
    mine = (calls(cfg.account, most=60),)  # all of it: polling leaves some to people
    return Request(method="POST", url=cfg.url, json=asked, authorization=token, tag=tag, budgets=mine)
