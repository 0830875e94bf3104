"""What the simulated Octopus answers: the whole of it, as one pure function."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from . import replace
from .calls import Reply
from .linked import Answer, Asked
from .sim_octopus_car import State
from .sim_octopus_faults import http, touches
from .sim_octopus_graphql import fields, graphql
from .sim_octopus_rest import listed, rest

if TYPE_CHECKING:
    from .sim_octopus import Config


def answer(cfg: Config, state: State, request: Asked, now: datetime) -> tuple[State, Reply]:
    """Every answer tells the time, as every server's does."""
    state, reply = _answer(cfg, state, request, now)
    told = {"date": format_datetime(now.astimezone(UTC).replace(microsecond=0), usegmt=True)}
    return state, replace(reply, headers={**told, **reply.headers})


def _answer(cfg: Config, state: State, request: Asked, now: datetime) -> tuple[State, Reply]:
    asks_graphql = request.path.rstrip("/") == "/v1/graphql"
    questions = fields(request) if asks_graphql else [listed(request.path)]
    kind = cfg.fault if state.fault is None else state.fault
    if not touches(kind, questions):
        kind = "none"
    elif state.times is not None:
        left = state.times - 1
        state = replace(state, times=left or None, fault=state.fault if left else "none")
    if (whole := http(kind)) is not None:
        return state, whole
    if asks_graphql:
        state, reply = graphql(cfg, state, request, kind, now)
        return state, Reply(502) if kind == "lostReply" else reply
    return state, rest(cfg, request, kind, now)


def served(cfg: Config, state: State, request: Asked, now: datetime) -> tuple[State, Answer]:
    state, reply = answer(cfg, state, request, now)
    return state, Answer(reply)
