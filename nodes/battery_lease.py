"""Which wishes are worth saying, and when: at once where it matters, late where it would flap, never too often."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from . import Emit, Fault, Status, Timer, replace, wishes
from .battery_memory import State, calm, holds, recent, waits_for
from .battery_seen import Seen, look
from .battery_supply import refusal
from .battery_wishes import MINUTE, Settings, aim, tired, unable, wish
from .messages import Lease
from .wishes import ByHand

NEXT_RATE = timedelta(seconds=60)
AT_ONCE = timedelta(seconds=2)  # a rate mostly follows the one that ended within this
RETURN = timedelta(minutes=1)  # after the battery could not be steered
ISLANDED = timedelta(minutes=5)  # after a power cut
REST = timedelta(minutes=5)  # after the supply was short
NOTICES = ("armed", "worn")  # what comes with a refusal's port, and refuses no lease
FIGURES = re.compile(r"\d[\d.]*")
CHARGES = 8  # said within an hour; each is a few writes to an inverter's flash


def answer(
    cfg: Settings, state: State, seen: Seen, owner: str, hand: ByHand | None, refused: Fault | None
) -> tuple[State, list[Emit | Status | Timer]]:
    """For a node: the lease where a new one is worth saying, and the reason for people to read."""
    before, lost = state, refused is not None and refused.code not in NOTICES
    state = settle(cfg, again(state, seen.now) if lost else state, seen, owner, hand)
    results: list[Emit | Status | Timer] = []
    if state.sent is not None and state.sent is not before.sent:
        results.append(Emit("lease", state.sent))
    elif may_go_on(state.sent, seen) and seen.rate is not None:
        results.append(Timer("next rate", seen.rate.until + AT_ONCE))  # if none comes, nothing else may for a minute
    if state.why != before.why and FIGURES.sub("", state.why) != FIGURES.sub("", before.why):
        results.append(Status(state.why, "yellow" if state.unable or ", but " in state.why else "green"))
    return state, results


def settle(cfg: Settings, state: State, seen: Seen, owner: str, hand: ByHand | None = None) -> State:
    """What is said after this; a new `sent` wants saying."""
    now, seen = seen.now, look(cfg, seen)
    state = noted(cfg, state, seen, hand)
    old, new = state.sent, wish(cfg, state, seen)
    if new.mode == "charge" and not state.hand and differs(cfg, old, new, now):
        new = tired(new) if len(recent(state.charges, now)) >= CHARGES else new
    if holds(state, now, "charge") and new.mode == "hold" and new.until - now < MINUTE:
        new = replace(new, mode="release", until=now + cfg.lease)
    new = replace(new, owner=wishes.OWNER if state.hand else owner)
    state = replace(state, why=new.reason) if state.why != new.reason else state
    if hand is not None:  # a person wants an answer
        return said(state, new, now)
    if old and new.mode == "release" and wishes.OWNER not in (old.owner, new.owner):
        if between(seen, NEXT_RATE) and not holds(state, now, "charge") and not state.unable:
            return state  # what was certain has just ended, and its successor is on its way
        if holds(state, now, "hold") and not state.unable:
            stopped = state.stopped if state.stopped and state.stopped <= now else now
            if now - stopped < calm(state, cfg.settle, now):
                return replace(state, stopped=stopped, why=f"held a little longer: {new.reason}")
            state = replace(state, lapses=(*recent(state.lapses, now), now))
    if new.mode == "hold" and may_go_on(old, seen):
        return state
    state = replace(state, stopped=None) if state.stopped else state
    return said(state, new, now) if differs(cfg, old, new, now) else state


def said(state: State, lease: Lease, now: datetime) -> State:
    charges = (*recent(state.charges, now), now) if lease.mode == "charge" else state.charges
    return replace(state, sent=lease, stopped=None, charges=charges)


def noted(cfg: Settings, state: State, seen: Seen, hand: ByHand | None) -> State:
    """What is seen, and what a person says, as far as it outlasts this moment."""
    now, house = seen.now, seen.house
    wished = wishes.taken(hand, now, cfg.by_hand, cfg.by_hand_most) if hand else state.hand
    wished = wishes.in_force(wished, now, cfg.by_hand_most)
    full, soc = state.full, seen.soc
    if soc is not None:
        full = soc >= aim(cfg, wished, seen) - (cfg.margin if full else 0)
    drew = now if max(seen.powers, default=0.0) > cfg.car_power else state.drew
    if wished is not state.hand or full is not state.full or drew is not state.drew:
        state = replace(state, hand=wished, full=full, drew=drew)
    if house and house.islanded is False and state.islanded:
        state = replace(state, islanded=False, back=now + ISLANDED)
    if house and (why := unable(house)) != state.unable:
        lapses = state.lapses if state.unable else (*recent(state.lapses, now), now)
        back = now + calm(replace(state, lapses=lapses[:-1]), RETURN, now)
        back = max(back, waits_for(state.back, now) or back)
        dark = state.islanded or bool(house.islanded)
        state = replace(state, unable=why, islanded=dark, back=state.back if why else back, lapses=lapses)
    if house and holds(state, now, "charge") and refusal(cfg, house, charging=True):
        rest = now + calm(state, REST, now)
        state = replace(state, rest=rest, lapses=(*recent(state.lapses, now), now))
    return state


def between(seen: Seen, most: timedelta) -> bool:
    return seen.rate is not None and timedelta() <= seen.now - seen.rate.until < most


def may_go_on(old: Lease | None, seen: Seen) -> bool:
    """A charge has just ended with its rate, and the next one, which is on its way, may charge on."""
    return old is not None and old.mode == "charge" and old.until <= seen.now and between(seen, AT_ONCE)


def again(state: State, now: datetime) -> State:
    """The lease was refused: it is said again before it would have ended, yet not at once."""
    if state.sent is None or state.sent.mode == "release":
        return state
    back = now + calm(state, RETURN, now)
    return replace(state, sent=None, stopped=None, back=back, lapses=(*recent(state.lapses, now), now))


def differs(cfg: Settings, old: Lease | None, new: Lease, now: datetime) -> bool:
    """Whether the wish is worth saying: each one costs the inverter a few writes to its flash."""
    by_hand = old is not None and (old.owner == wishes.OWNER) != (new.owner == wishes.OWNER)
    if new.mode == "release":
        return old is None or old.mode != "release" or by_hand
    if new.until - now < MINUTE:
        return False
    if old is None or by_hand:
        return True
    if old.mode != new.mode or old.until <= now or old.until > now + cfg.lease + MINUTE:  # or the clock was set back
        return True
    if new.mode == "charge" and (new.until < old.until or abs((new.soc or 0) - (old.soc or 0)) >= 1):
        return True
    return old.until - now <= cfg.renew and new.until > old.until
